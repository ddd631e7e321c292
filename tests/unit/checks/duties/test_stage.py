"""What stands on the stage, and what cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog.render import foundations
from harness.checks.duties.proof import stage_of
from harness.checks.duties.stage import set_up
from harness.checks.launching.job import LaunchingJob, answer
from tests.support.repository import tiny_repository

REFUSED = [
    "",
    "Resources: []\n",
    "Resources:\n  Topic:\n    Typ: AWS::SNS::Topic\n",
    "Resources: { A: { Type: AWS::SNS::Topic } }\nResources: { B: { Type: AWS::SNS::Topic } }\n",
    "Parameters: { X: { Default: [1] } }\nResources: { A: { Type: AWS::SNS::Topic } }\n",
]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_template_that_cloudformation_refuses_stands_nowhere_and_stops_no_proof(tmp_path: Path, refused: str) -> None:
    repository = tiny_repository(tmp_path).load()
    texts = {"demo": refused, **{f"foundation/{name}": refused for name in foundations(repository.catalog)}}
    stage = set_up(repository, texts, "demo")
    assert stage.things == ()
    assert any(each.startswith("demo in ") for each in stage.failures)
    assert answer(LaunchingJob("", str(tmp_path), "demo", texts)) == []
    assert stage_of(repository, texts).things == ()
