"""What all spokes have and use, by the commands, on the served landscape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.test_publish_import_launch import DEV, PROD, add_product, new_version
from tests.support.repository import tiny_repository
from tests.support.served import Served, copy_repository, run_build, serve

pytestmark = pytest.mark.unmeasured

LAUNCH_POLICY = "- { Sid: Values, Effect: Allow, Action: ssm:*, Resource: '*' }\n"


def test_the_foundation_that_every_spoke_has_needs_nothing_and_one_with_other_options_is_deployed(
    served: Served,
) -> None:
    landscape = served.build("spokes")
    assert landscape.returncode == 0, landscape.stderr
    assert landscape.stdout == "Nothing to do: 6 stacks current.\n"
    changed = json.loads(served.build("spokes", "--parameter", "LogDays=731", "--json").stdout)
    assert changed["done"] == ["update stack set platform-spoke: parameters are set: LogDays"]
    assert {each["status"] for each in changed["stacks"]} == {"CURRENT"}
    assert served.build("spokes", "--parameter", "LogDays=400").returncode == 0


def test_the_inventory_of_spokes_that_use_nothing_is_complete_and_empty(served: Served) -> None:
    done = served.build("inventory", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["complete"], document["provisioned"]) == (True, [])
    recorded = json.loads((served.root / "inventory.json").read_text())
    assert recorded == {"format": 1, "taken": document["taken"], "complete": True, "provisioned": []}
    (served.root / "inventory.json").unlink()


def test_an_inventory_of_a_landscape_that_would_be_new_is_refused(tmp_path: Path) -> None:
    done = run_build(tiny_repository(tmp_path).root, "inventory")
    assert done.returncode == 1
    assert "no landscape is served" in done.stderr


def test_everybody_moves_to_a_version_after_its_impact_was_shown_and_the_inventory_says_so(tmp_path: Path) -> None:
    root = copy_repository(tmp_path / "moves")
    add_product(root, "value", "Value")
    (root / "products/value/launch-policy.yaml").write_text(LAUNCH_POLICY)
    assert run_build(root, "release", "value").returncode == 0
    with serve(root) as landscape:
        said(landscape, "publish", "value")
        for account in (DEV, PROD):
            said(landscape, "import", "--account", account)
            said(landscape, "launch", "value", "--account", account, "--parameter", f"Label=l{account}")
        new_version(root, "value", "1.0.0", "1.1.0")
        said(landscape, "publish", "value")
        assert "nobody has recorded who uses which version" in landscape.build("update", "value").stderr
        said(landscape, "inventory")
        assert users(root) == {(DEV, "1.0.0"), (PROD, "1.0.0")}
        told = json.loads(said(landscape, "import", "--all", "--json"))["accounts"]
        in_use = {(each["account"], each["region"]): each["in_use"] for each in told}
        one = [{"product": "value", "version": "1.0.0", "count": 1}]
        assert len(in_use) == 6
        assert {where for where, used in in_use.items() if used} == {(DEV, "eu-west-1"), (PROD, "eu-west-1")}
        assert in_use[DEV, "eu-west-1"] == one
        lead = {"portfolio": "ml-platform", "roles": ["platform-lead"]}
        assert all((each["portfolios"], each["lacks"]) == ([lead], []) for each in told)
        moved = said(landscape, "update", "value", "--account", PROD)
        assert "value 1.0.0" in moved
        assert moved.endswith("Updated 1 provisioned product of 1 to 1.1.0.\n")
        done = json.loads(said(landscape, "update", "value", "--account", DEV, "--json"))
        assert [(each["account"], each["version"], each["succeeded"]) for each in done["updates"]] == [
            (DEV, "1.0.0", True)
        ]
        assert done["impact"]
        said(landscape, "inventory")
        assert users(root) == {(DEV, "1.1.0"), (PROD, "1.1.0")}
        assert said(landscape, "update", "value") == "Nothing to do.\n"


def said(landscape: Served, *arguments: str) -> str:
    """What a command that succeeds prints."""
    done = landscape.build(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def users(root: Path) -> set[tuple[str, str]]:
    """(account, version) of all that is recorded."""
    recorded = json.loads((root / "inventory.json").read_text())
    return {(each["account"], each["version"]) for each in recorded["provisioned"]}
