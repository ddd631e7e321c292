"""Each rule that judges launches finds what its bad fixture marks with `#! ID message`, and nothing in its good one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cfnlint.rules import Rules

from harness.cfn.provider import SchemaProvider
from harness.checks.examine import StackFinding, examine, stack_rules
from harness.checks.jobs import Given, Launch, Subject
from harness.checks.lint import all_rules, lint
from harness.checks.rehearse import rehearse
from harness.checks.stackrules import Control

FIXTURES = Path(__file__).with_name("launches")
MARK = re.compile(r" #! (?P<rule>\w+) (?P<problem>.+?)(?= #! |$)")
RULES = {rule.id: rule for rule in stack_rules()}
# Their fixtures are folders with code and events: test_function_rules.py and test_event_samples.py.
WITH_FILES = {"E9103", "E9107", "E9108", "E9109"}
# Where each service's numbers begin, see harness/checks/controls.
FIRST = {
    "SageMaker": 300, "S3": 330, "KMS": 350, "CodeBuild": 360, "Lambda": 370, "SNS": 380, "SQS": 385, "ECR": 390,
    "DynamoDB": 400, "EMR": 410, "EventBridge": 420, "ServiceCatalog": 430, "Athena": 440,
}  # fmt: skip


def found(rule: str, text: str) -> tuple[StackFinding, ...]:
    launch = Launch("fixture", text, {}, "111111111111", "eu-west-1", Given())
    rehearsed = rehearse(launch, SchemaProvider())
    assert rehearsed.state is not None, rehearsed.failures
    return examine(rehearsed.state, launch, Subject(), [RULES[rule]])


@pytest.mark.parametrize("rule", sorted(set(RULES) - WITH_FILES))
def test_a_rule_finds_what_is_marked_and_nothing_else(rule: str) -> None:
    lines = (FIXTURES / "bad" / f"{rule}.yaml").read_text(encoding="utf-8").splitlines()
    marked = [
        (number, match["rule"], match["problem"])
        for number, line in enumerate(lines, start=1)
        for match in MARK.finditer(line)
    ]
    assert marked, "a bad fixture that marks nothing proves nothing"
    # Marks may stand in a document, of which they are no part.
    text = "".join(f"{MARK.sub('', line)}\n" for line in lines)
    assert sorted((each.line, each.rule, each.problem) for each in found(rule, text)) == sorted(marked)
    assert found(rule, (FIXTURES / "good" / f"{rule}.yaml").read_text(encoding="utf-8")) == ()


def test_every_rule_has_fixtures_a_remedy_and_an_id_of_its_own() -> None:
    for folder in ("good", "bad"):
        assert {path.stem for path in (FIXTURES / folder).glob("*.yaml")} == set(RULES) - WITH_FILES
    assert set(RULES).isdisjoint(all_rules())
    for rule in RULES.values():
        assert re.fullmatch(r"E9\d{3}", rule.id)
        assert rule.remedy and rule.description and rule.shortdesc


def test_a_control_has_the_id_that_follows_from_it_and_its_tag() -> None:
    controls = [rule for rule in RULES.values() if isinstance(rule, Control)]
    assert len(controls) > 60
    for rule in controls:
        service, _, number = rule.control.partition(".")
        assert rule.id == f"E9{FIRST[service] + int(number)}"
        assert rule.control in rule.tags


BUCKET = """\
Parameters:
  Logs: { Type: String, Default: "%s" }
Conditions:
  HasLogs: !Not [!Equals [!Ref Logs, ""]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    %s
    Properties:
      LoggingConfiguration: !If [HasLogs, { DestinationBucketName: !Ref Logs }, !Ref AWS::NoValue]
"""


def test_a_condition_hides_nothing() -> None:
    assert found("E9339", BUCKET % ("logs-bucket", "Metadata: {}")) == ()
    (finding,) = found("E9339", BUCKET % ("", "Metadata: {}"))
    assert (finding.line, finding.problem) == (10, "S3.9: Bucket states no LoggingConfiguration")


def test_an_exception_with_a_reason_excuses_and_one_word_does_not() -> None:
    reasoned = 'Metadata: { Platform: { Exceptions: { E9339: "It receives the logs itself." } } }'
    assert found("E9339", BUCKET % ("", reasoned)) == ()
    assert found("E9339", BUCKET % ("", "Metadata: { Platform: { Exceptions: { E9339: no } } }"))
    assert found("E9339", BUCKET % ("", reasoned.replace("E9339", "E9338")))


def test_plain_cfn_lint_runs_a_control_on_the_launch_with_all_defaults() -> None:
    rules = Rules.create_from_module("harness.checks.controls.s3_9")
    text = (BUCKET % ("", "Metadata: {}")).replace("Metadata: {}\n", "DeletionPolicy: Retain\n")
    assert [each.rule for each in lint(text, rules, ["eu-west-1"])] == ["E9339"]
