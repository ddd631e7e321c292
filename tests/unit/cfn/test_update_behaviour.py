"""What an update of a property means, in a second opinion: both agree, or the difference is listed with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cfn.registry import ResourceType, known_type
from tests.unit.cfn import library

DATA = Path(__file__).parent / "data"
OPINION: dict[str, dict[str, list[str]]] = yaml.safe_load((DATA / "second_opinion.yaml").read_text())
DISAGREEMENTS: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((DATA / "disagreements.yaml").read_text())
SAME = {"Always": "replaces", "Sometimes": "may replace", "Conditionally": "may replace", "Never": "updates"}


def _ours(kind: ResourceType, name: str) -> str:
    if (name,) in kind.create_only:
        return "Always"
    if any(path[0] == name for path in kind.create_only):
        return "Sometimes"
    return "Conditionally" if any(path[0] == name for path in kind.conditional_create_only) else "Never"


def test_the_opinion_covers_every_type_and_property_of_the_library() -> None:
    asked = {kind: {name for names in told.values() for name in names} for kind, told in OPINION.items()}
    missing = {kind: names - asked.get(kind, set()) for kind, names in library.types().items()}
    assert {kind: names for kind, names in missing.items() if names} == {}


@pytest.mark.parametrize("kind", OPINION)
def test_disagreements_are_those_that_are_listed(kind: str) -> None:
    declared = known_type(kind, "eu-west-1")
    found: dict[str, Any] = {}
    for theirs, names in OPINION[kind].items():
        for name in names:
            ours = _ours(declared, name)
            if SAME[ours] != theirs:
                found[name] = {"ours": ours, "theirs": theirs}
    listed = DISAGREEMENTS.get(kind, {})
    assert found == {name: {"ours": each["ours"], "theirs": each["theirs"]} for name, each in listed.items()}
    assert all(each["reason"] for each in listed.values())
