"""What a set of launches says of itself, in words and as a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from harness.commands.launch_set import launch_set
from harness.publish.launch import OfferedVersion, Result, SetAction, SetPlan
from harness.publish.launcher import Launcher, PlannedSet

PROFILE = "AWS::SageMaker::UserProfile"
ENDS = {
    "ada": Result("ada", "launch", "rec-1", schema_only=(PROFILE,)),
    "ben": Result("ben", "launch", "rec-2", schema_only=("AWS::EMR::Cluster", PROFILE)),
    "cid": Result("cid", "launch", "rec-3"),
}


class Lead:
    """Launches whatever is wanted, and it ends as `ENDS` says."""

    def plan_set(self, _set: str, wanted: tuple[Any, ...], _version: str | None) -> PlannedSet:
        actions = tuple(SetAction("launch", each.name, "new") for each in wanted)
        return PlannedSet(SetPlan(actions, ()), OfferedVersion("pa-1", "1.0.0", "DEFAULT"), {})

    def perform_set(self, _set: str, planned: PlannedSet, *_others: Any) -> tuple[Result, ...]:
        return tuple(ENDS[each.name] for each in planned.plan.changes)


def launched(path: Path, *names: str, as_json: bool) -> int:
    path.write_text("set: people\nlaunches:\n" + "".join(f"  - {{name: {each}}}\n" for each in names))
    return launch_set(cast(Launcher, Lead()), path, None, "local", yes=True, as_json=as_json)


def test_types_that_are_known_by_their_schema_only_are_named_once_as_a_single_launch_names_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launched(tmp_path / "set.yaml", "ada", "ben", "cid", as_json=False) == 0
    said = capsys.readouterr().err
    assert f"Known by their schema only, with nothing real behind them here: AWS::EMR::Cluster, {PROFILE}.\n" in said


def test_where_all_are_real_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launched(tmp_path / "set.yaml", "cid", as_json=False) == 0
    assert "schema only" not in capsys.readouterr().err


def test_a_program_is_told_for_each_launch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launched(tmp_path / "set.yaml", "ada", "cid", as_json=True) == 0
    launches = json.loads(capsys.readouterr().out)["launches"]
    assert {each["name"]: each["schema_only"] for each in launches} == {"ada": [PROFILE], "cid": []}
