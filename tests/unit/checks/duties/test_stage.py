"""What stands on the stage, and what cannot: neither stops a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog.render import foundations
from harness.checks.duties.proof import prove, stage_of
from harness.checks.duties.stage import set_up
from harness.checks.launching.job import LaunchingJob, answer, findings
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
    assert {unit for unit, _ in stage.failures} >= {"demo"}
    told = [each.what for each in prove(stage) if each.unit == "demo"]
    assert told == [
        f"the separation of duties is not proved, for {why}" for unit, why in stage.failures if unit == "demo"
    ]
    assert all(each.startswith("the separation of duties is not proved, for demo does not stand in ") for each in told)
    assert answer(LaunchingJob("", repository, "demo", texts)) == []
    assert stage_of(repository, texts).things == ()


def test_a_policy_that_cannot_be_read_is_told_by_both_proofs(tmp_path: Path) -> None:
    repository = tiny_repository(tmp_path).load()
    role = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: platform-launch-demo
      AssumeRolePolicyDocument: { Statement: { Effect: Allow, Principal: "*", Action: sts:AssumeRole } }
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Sid: Odd, Effect: allow, Action: 's3:*' }] } }]
"""
    texts = {"demo": REFUSED[1], **{f"foundation/{name}": role for name in foundations(repository.catalog)}}
    missing, hole = prove(stage_of(repository, texts))
    assert missing.what.startswith("the separation of duties is not proved, for demo does not stand in ")
    assert hole.what.startswith("the separation of duties cannot be judged: ")
    rows = answer(LaunchingJob("", repository, "demo", texts))
    (found,) = findings(rows)
    assert found.place.path == "products/demo/launch-policy.yaml"
    assert found.problem.startswith("the launch role cannot be judged: ")
    assert "statement Odd: its Effect is neither Allow nor Deny" in found.problem
