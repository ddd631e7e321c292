"""What we find is what the cfn-lint command finds, and what the house rules add."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint.rules import Rules

from harness.catalog.load import load_repository
from harness.catalog.render import render_foundation, render_product
from harness.checks.lint import LintFinding, all_rules, lint
from tests.support.repository import PROJECT

REGIONS = ("eu-west-1", "eu-central-1")

BROKEN = {
    "properties": """\
Parameters:
  Unused: { Type: String }
Conditions:
  IsOdd: !Equals [!Ref Missing, a]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DependsOn: Nothing
    Properties:
      BucketNam: a
      VersioningConfiguration: { Status: Sometimes }
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python2.7
      Timeout: many
      Role: !GetAtt Bucket.Role
      Code: { ZipFile: a }
  Odd: { Type: AWS::Odd::Thing }
Outputs:
  Bucket: { Value: !Ref Buckets }
""",
    "iam": """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, Action: sts:AssumeRol, Principal: a }] }
      Policies:
        - PolicyName: a
          PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Perhaps, Action: s3:Fly, Resource: "*" }] }
  First: { Type: AWS::SNS::Topic, Properties: { DisplayName: !GetAtt Second.TopicName } }
  Second: { Type: AWS::SNS::Topic, Properties: { DisplayName: !GetAtt First.TopicName } }
""",
    "syntax": "Resources:\n  Bucket: { Type: AWS::S3::Bucket\n  Other: 1\n",
    "twice": "Resources:\n  Bucket: { Type: AWS::S3::Bucket }\n  Bucket: { Type: AWS::S3::Bucket }\n",
    "list": "- Resources\n",
    "empty_resources": "Resources: {}\n",
    "silenced": """\
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: { cfn-lint: { config: { ignore_checks: [E3002] } } }
    Properties: { BucketNam: a, Tags: b }
""",
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return all_rules()


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The broken ones, and everything that this repository renders."""
    repository = load_repository(PROJECT)
    texts = dict(BROKEN)
    texts |= {each.name: render_product(repository, each.name).text for each in repository.products}
    texts["hub"] = render_foundation(repository, "hub").text
    folder = tmp_path_factory.mktemp("templates")
    paths = {}
    for name, text in texts.items():
        paths[name] = folder / f"{name}.yaml"
        paths[name].write_text(text, encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def plain(templates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[int, str, str]]]:
    """What the command says of each: line, rule and message."""
    home = tmp_path_factory.mktemp("home")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", "--regions", *REGIONS]
    done = subprocess.run(
        [*command, "--", *map(str, templates.values())],
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, "HOME": str(home)},
        check=False,
    )
    found: dict[str, set[tuple[int, str, str]]] = {name: set() for name in templates}
    for each in json.loads(done.stdout):
        place = (each["Location"]["Start"]["LineNumber"], each["Rule"]["Id"], each["Message"])
        found[Path(each["Filename"]).stem].add(place)
    return found


def ours(findings: tuple[LintFinding, ...], *, house: bool) -> set[tuple[int, str, str]]:
    return {(each.line, each.rule, each.problem) for each in findings if (each.rule[1] == "9") == house}


@pytest.mark.unmeasured
def test_findings_are_those_of_plain_cfn_lint_in_any_order(
    rules: Rules, templates: dict[str, Path], plain: dict[str, set[tuple[int, str, str]]]
) -> None:
    assert sum(len(found) for found in plain.values()) > 15, "the broken templates must break something"
    for name in [*templates, *reversed(BROKEN)]:  # rules that remember would differ the second time
        findings = lint(templates[name].read_text(encoding="utf-8"), rules, REGIONS)
        assert ours(findings, house=False) == plain[name], name


def test_house_rules_are_found_beside_those_of_cfn_lint(rules: Rules) -> None:
    found = {rule for _, rule, _ in ours(lint(BROKEN["iam"], rules, REGIONS), house=True)}
    assert {"E9005", "E9010"} <= found


def test_a_configuration_file_of_the_user_changes_nothing(rules: Rules, tmp_path: Path) -> None:
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E]\n", encoding="utf-8")
    program = (
        "from harness.checks.lint import all_rules, lint; import sys;"
        "print(len(lint(sys.stdin.read(), all_rules(), ['eu-west-1'])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=BROKEN["iam"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)},
        check=True,
    )
    assert int(done.stdout) == len(lint(BROKEN["iam"], rules, ["eu-west-1"]))


def test_a_finding_of_cfn_lint_says_where_its_rule_is_explained(rules: Rules) -> None:
    finding = next(each for each in lint(BROKEN["properties"], rules, REGIONS) if each.rule == "E3002")
    assert finding.remedy.startswith("cfn-lint: ")
    assert "https://" in finding.remedy


def test_a_region_that_is_none_is_a_finding() -> None:
    (found,) = lint("Resources: {}\n", Rules(), ("eu-west-1", "eu-wset-1"))
    assert found.problem == "cfn-lint knows no region eu-wset-1, so nothing can be linted"
    assert found.remedy == "correct `regions` in catalog.yaml"


@pytest.mark.parametrize(
    "said",
    [
        "ignore_checks: [E, W]",
        "configure_rules: { E9030: { contract: [/platform/own String] } }",
        "regions: [us-east-1]",
    ],
)
def test_a_template_has_no_say_in_how_it_is_judged(rules: Rules, said: str) -> None:
    template = """
Metadata: {}
Resources:
  Own: {{ Type: AWS::SSM::Parameter, Properties: {{ Type: String, Name: /platform/own, Value: x }} }}
"""
    plain = {each.rule for each in lint(template.format("{}"), rules, REGIONS)}
    spoken = {
        each.rule for each in lint(template.format(f"{{ cfn-lint: {{ config: {{ {said} }} }} }}"), rules, REGIONS)
    }
    assert {"E9005", "E9030"} <= plain
    assert spoken - {"E9050"} == plain - {"E9050"}
    assert "E9050" in spoken


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("[1]", "Metadata of resource Own is no mapping"),
        ("{ cfn-lint: all }", "cfn-lint of resource Own is no mapping"),
        ("{ cfn-lint: { config: [1] } }", "config of resource Own is no mapping"),
    ],
)
def test_metadata_of_another_shape_is_a_finding(rules: Rules, metadata: str, told: str) -> None:
    text = f"Resources:\n  Own:\n    Type: AWS::SNS::Topic\n    Metadata: {metadata}\n"
    (found,) = lint(text, rules, REGIONS)
    assert (found.line, found.rule, found.problem) == (2, "E4002", told)
    assert "E4002" in {each.rule for each in lint("Metadata: [1]\n" + text.partition("    Meta")[0], rules, REGIONS)}
