"""A rule is shown events that it must hear and events that it must not: E9103."""

from __future__ import annotations

from pathlib import Path

from harness.cfn.provider import SchemaProvider
from harness.checks.examine import examine, stack_rules
from harness.checks.jobs import Given, Launch, Subject
from harness.checks.rehearse import rehearse

RULES = [rule for rule in stack_rules() if rule.id == "E9103"]
TEMPLATE = """\
Parameters:
  Group: { Type: String, Default: models }
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Approved:
    Type: AWS::Events::Rule
    Properties:
      EventPattern:
        source: [aws.sagemaker]
        account: [!Ref AWS::AccountId]
        detail: { Group: [!Ref Group], Status: [Approved] }
      Targets: [{ Id: a, Arn: !GetAtt Queue.Arn }]
"""
SAMPLES = """\
event:
  source: aws.sagemaker
  detail: { Group: "${Group}", Status: Approved }
matches:
  a version is approved: {}
ignores:
  a version is rejected: { detail: { Status: Rejected } }
  another group: { detail: { Group: "${Group}-next" } }
  another account: { account: "222222222222" }
  a program says so: { source: own.programs }
"""


def found(
    root: Path, samples: str | None, name: str = "Approved", template: str = TEMPLATE
) -> list[tuple[str, int, str]]:
    given = {}
    if samples is not None:
        given[name] = f"products/demo/events/{name}.yaml"
        (root / "products/demo/events").mkdir(parents=True, exist_ok=True)
        (root / given[name]).write_text(samples)
    launch = Launch("fixture", template, {}, "111111111111", "eu-west-1", Given())
    rehearsed = rehearse(launch, SchemaProvider())
    assert rehearsed.state is not None, rehearsed.failures
    findings = examine(rehearsed.state, launch, Subject(str(root), samples=given, example="defaults"), RULES)
    return [(each.path, each.line, each.problem) for each in findings]


FILE = "products/demo/events/Approved.yaml"


def test_a_rule_whose_cases_prove_every_part_of_it_is_fine(tmp_path: Path) -> None:
    assert found(tmp_path, SAMPLES) == []


def test_a_rule_without_samples_is_found_at_its_pattern(tmp_path: Path) -> None:
    assert found(tmp_path, None) == [("", 8, "the rule has no sample events")]


def test_a_rule_that_hears_rejections_is_found_at_the_counter_example(tmp_path: Path) -> None:
    wide = TEMPLATE.replace(", Status: [Approved]", "")
    assert (FILE, 7, "the rule hears 'a version is rejected', which it must not") in found(
        tmp_path, SAMPLES, template=wide
    )


def test_a_rule_that_misses_an_event_is_found_at_the_case(tmp_path: Path) -> None:
    samples = SAMPLES.replace("ignores:", "  a later version: { detail: { Status: Later } }\nignores:")
    assert found(tmp_path, samples) == [(FILE, 6, "the rule does not hear 'a later version'")]


def test_each_field_of_a_pattern_needs_its_counter_example(tmp_path: Path) -> None:
    for line, field in (("another group", "detail.Group"), ("another account", "account"), ("a program", "source")):
        less = "".join(each for each in SAMPLES.splitlines(keepends=True) if not each.strip().startswith(line))
        assert found(tmp_path, less) == [
            (FILE, 6, f"no counter-example shows why the pattern asks for {field}"),
        ]


def test_each_of_several_values_needs_its_event(tmp_path: Path) -> None:
    two = TEMPLATE.replace("Status: [Approved]", "Status: [Approved, Confirmed]")
    assert found(tmp_path, SAMPLES, template=two) == [
        (FILE, 4, "no event shows that the pattern takes 'Confirmed' as detail.Status")
    ]


def test_samples_of_no_rule_and_names_that_the_launch_does_not_know_are_found(tmp_path: Path) -> None:
    assert (f"{FILE.replace('Approved', 'Approves')}", 1, "there is no rule Approves") in found(
        tmp_path, SAMPLES, name="Approves"
    )
    assert found(tmp_path, SAMPLES.replace("${Group}-next", "${Groups}")) == [(FILE, 1, "the launch knows no Groups")]


def test_samples_for_one_example_are_left_out_in_others(tmp_path: Path) -> None:
    wrong = SAMPLES.replace("source: aws.sagemaker", "source: aws.s3")
    assert found(tmp_path, f"example: full\n{wrong}") == []
    assert found(tmp_path, f"example: defaults\n{wrong}") != []


def test_a_file_that_holds_no_samples_says_what_it_lacks(tmp_path: Path) -> None:
    assert found(tmp_path, "event: { source: aws.s3 }\nmatch: {}\n") == [
        (FILE, 1, "there is no ignores"),
        (FILE, 1, "there is no matches"),
        (FILE, 2, "unknown key 'match'"),
    ]
