"""Plans as files: performed as they were reviewed, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import KnownError
from harness.publish.model import Live
from harness.publish.plan import Plan, make_plan
from harness.publish.planfile import read_plan, write_plan
from tests.unit.publish.hubs import CATALOG, desired, product, version

PLAN = Plan(
    CATALOG,
    (
        make_plan(
            desired(product("domain", version("1.0.0"), version("1.1.0", "b", guidance="DEPRECATED"))),
            Live("111111111111", "eu-west-1"),
        ),
    ),
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    write_plan(path, PLAN, "local")
    return path


def test_what_is_read_is_what_was_saved(saved: Path) -> None:
    assert read_plan(saved, CATALOG, "local") == PLAN


def test_a_saved_plan_says_its_format_and_can_be_read_by_people(saved: Path) -> None:
    document = json.loads(saved.read_text())
    assert (document["format"], document["kind"]) == (1, "plan")
    made = [each for each in document["plan"]["regions"][0]["actions"] if each["kind"] == "create-version"]
    assert [(each["product"], each["version"]["name"]) for each in made] == [("domain", "1.1.0")]


def edit(change: Callable[[Any], None], path: Path) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_an_edited_plan_is_refused(saved: Path) -> None:
    edit(lambda document: document["plan"]["regions"][0]["actions"].pop(), saved)
    with pytest.raises(KnownError, match="the plan was edited after it was made"):
        read_plan(saved, CATALOG, "local")


def test_a_plan_of_another_format_is_refused(saved: Path) -> None:
    edit(lambda document: document.update(format=2), saved)
    with pytest.raises(KnownError, match=r"a plan of format 2, and this build\.py reads format 1"):
        read_plan(saved, CATALOG, "local")


def test_a_plan_of_another_catalog_is_refused(saved: Path) -> None:
    with pytest.raises(KnownError, match="a plan of catalog tiny, and this is large"):
        read_plan(saved, "large", "local")


def test_a_plan_for_another_target_is_refused(saved: Path) -> None:
    """An emulated hub has the number of the real one."""
    with pytest.raises(KnownError, match="a plan for the target local, and this is aws"):
        read_plan(saved, CATALOG, "aws")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "plan"}', "plan: yes"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(KnownError, match="not a plan"):
        read_plan(path, CATALOG, "local")
