"""Launch roles in an account: each has all that its product's file says, in a second policy where it must."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.catalog.load import Repository
from harness.catalog.render import Rendered, render_foundation
from harness.cfn.model import StackRequest, StackState, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.products import launched
from tests.support.repository import PROJECT, tiny_repository
from tests.unit.foundation.test_stacks import DEV, ZONES, deployed, letters

HOME, ELSEWHERE = "eu-west-1", "eu-central-1"
TOPIC = "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:SC-${AWS::AccountId}-pp-*-Topic"
PLATFORM = f"arn:aws:iam::{DEV}:policy/platform-launching"


def policy(statements: int) -> str:
    """A launch policy; each statement has about a thousand characters."""
    listed = "".join(f"    - sns:Action{number:02}{'x' * 30}\n" for number in range(20))
    says = "# topic {0}\n- Sid: Topic{0}\n  Effect: Allow\n  Action:\n{1}  Resource: !Sub {2}{0}-*\n"
    return "".join(says.format(number, listed, TOPIC) for number in range(statements))


@pytest.fixture
def catalog(tmp_path: Path) -> Repository:
    """The project's foundations with one product, whose launch role takes more than a role holds inline."""
    tiny = tiny_repository(tmp_path)
    shutil.copytree(PROJECT / "templates", tmp_path / "templates")
    tiny.write("products/demo/launch-policy.yaml", policy(14))
    return tiny.load()


def made(rendered: Rendered, region: str) -> StackState:
    request = StackRequest("platform-spoke", rendered.text, {}, capabilities=("CAPABILITY_NAMED_IAM",))
    return create_stack(request, Surroundings(DEV, region, zones=ZONES), SchemaProvider()).state


def documents(state: StackState, role: str) -> list[Any]:
    """The documents of a launch role's own policies: the inline one, and the one that is attached for this product."""
    found = state.resource(role)
    assert found is not None
    (inline,) = found.properties["Policies"]
    (everybodys, *own) = found.properties["ManagedPolicyArns"]
    assert everybodys.endswith(":policy/platform-launching")
    managed = {each.ref: each for each in state.resources if each.type == "AWS::IAM::ManagedPolicy"}
    return [inline["PolicyDocument"], *(managed[arn].properties["PolicyDocument"] for arn in own)]


def sids(document: Any) -> list[str]:
    return [each["Sid"] for each in document["Statement"]]


def test_what_a_role_has_no_room_for_is_in_a_policy_of_its_own(catalog: Repository) -> None:
    state = made(render_foundation(catalog, "spoke"), HOME)
    inline, managed = documents(state, "LaunchDemo")
    assert sids(inline) + sids(managed) == [f"Topic{number}" for number in range(14)]
    assert letters(inline) <= 10_240 < letters(inline) + letters(managed["Statement"][0]) + 1
    assert letters(managed) <= 6_144
    role = state.resource("LaunchDemo")
    assert role is not None
    assert role.properties["ManagedPolicyArns"] == [PLATFORM, f"{PLATFORM}-demo"]


def test_policies_of_launch_roles_are_made_once_in_an_account(catalog: Repository) -> None:
    there = {each.logical_id for each in made(render_foundation(catalog, "spoke"), ELSEWHERE).resources}
    assert there
    assert not {"Launching", "LaunchingDemo", "LaunchDemo"} & there


def test_lines_of_the_second_policy_are_told_in_the_products_file(catalog: Repository) -> None:
    rendered = render_foundation(catalog, "spoke")
    file = (catalog.root / "products/demo/launch-policy.yaml").read_text(encoding="utf-8").splitlines()
    line = 1 + next(at for at, each in enumerate(rendered.text.splitlines()) if "Sid: Topic13" in each)
    assert rendered.source_line(line).path == "products/demo/launch-policy.yaml"
    assert rendered.source_line(line).line == 1 + file.index("- Sid: Topic13")


@pytest.mark.parametrize("name", [each.name for each in launched.repository().products if not each.for_registry])
def test_a_launch_role_has_all_that_its_products_file_says_in_that_order(name: str) -> None:
    role = f"Launch{name.title().replace('-', '')}"
    found = [sid for document in documents(deployed("spoke", HOME), role) for sid in sids(document)]
    assert found == [each["Sid"] for each in launched.launch_policy(name)]
