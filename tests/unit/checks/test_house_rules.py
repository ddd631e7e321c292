"""Each house rule finds what its bad fixture marks with `#! ID message`, nothing more, and nothing in its good one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cfnlint.rules import Rules

from harness.checks.house import HouseRule
from harness.checks.lint import house_rules, lint

FIXTURES = Path(__file__).with_name("rules")
MARK = re.compile(r"#! (?P<rule>\w+) (?P<problem>.+)$")
CONTRACT = ["/platform/network/vpc-id String", "/platform/network/private-subnet-ids StringList"]


@pytest.fixture(scope="module")
def rules() -> Rules:
    return house_rules()


def found(rules: Rules, path: Path) -> list[tuple[int, str]]:
    """Line and problem of what the fixture's own rule finds."""
    findings = lint(path.read_text(encoding="utf-8"), rules, ["eu-west-1"], {"E9030": {"contract": CONTRACT}})
    return sorted((each.line, each.problem) for each in findings if each.rule == path.stem)


def holds(rules: Rules, rule: str) -> bool:
    """Whether the rule finds what is marked in its bad fixture, and nothing in its good one."""
    bad = FIXTURES / "bad" / f"{rule}.yaml"
    marked = []
    for number, line in enumerate(bad.read_text(encoding="utf-8").splitlines(), start=1):
        if match := MARK.search(line):
            assert match["rule"] == rule
            marked.append((number, match["problem"]))
    assert marked, "a bad fixture that marks nothing proves nothing"
    assert found(rules, bad) == marked
    assert found(rules, FIXTURES / "good" / f"{rule}.yaml") == []
    return True


def test_sections_stand_in_one_order(rules: Rules) -> None:
    assert holds(rules, "E9001")


def test_every_parameter_is_described(rules: Rules) -> None:
    assert holds(rules, "E9002")


def test_every_parameter_stands_in_exactly_one_labelled_group(rules: Rules) -> None:
    assert holds(rules, "E9003")


def test_optional_parameters_have_one_shape(rules: Rules) -> None:
    assert holds(rules, "E9004")


def test_every_stack_outputs_its_version(rules: Rules) -> None:
    assert holds(rules, "E9005")


def test_a_template_without_its_version_output_is_found(rules: Rules) -> None:
    text = "Outputs:\n  ProductVersion: { Value: 1.0.0 }\n"
    problems = [each.problem for each in lint(text, rules, ["eu-west-1"], {"E9005": {"output": "FoundationVersion"}})]
    assert "there is no output FoundationVersion" in problems


def test_no_transforms_or_macros(rules: Rules) -> None:
    assert holds(rules, "E9006")


def test_logical_ids_are_short_and_in_capitals(rules: Rules) -> None:
    assert holds(rules, "E9007")


def test_every_output_is_described(rules: Rules) -> None:
    assert holds(rules, "E9008")


def test_every_role_carries_the_boundary(rules: Rules) -> None:
    assert holds(rules, "E9010")


def test_no_broad_managed_policy_is_used(rules: Rules) -> None:
    assert holds(rules, "E9011")


def test_no_statement_allows_a_whole_service(rules: Rules) -> None:
    assert holds(rules, "E9012")


def test_actions_that_take_a_resource_are_limited_to_resources(rules: Rules) -> None:
    assert holds(rules, "E9013")


def test_no_statement_allows_everyone(rules: Rules) -> None:
    assert holds(rules, "E9014")


def test_what_holds_data_states_both_policies(rules: Rules) -> None:
    assert holds(rules, "E9020")


def test_ssm_parameters_are_those_of_the_contract(rules: Rules) -> None:
    assert holds(rules, "E9030")


def test_names_are_left_to_cloudformation(rules: Rules) -> None:
    assert holds(rules, "E9040")


def test_exceptions_give_their_reason(rules: Rules) -> None:
    assert holds(rules, "E9050")


def test_every_house_rule_has_fixtures_a_remedy_and_an_id_of_ours(rules: Rules) -> None:
    ours = {rule.id: rule for rule in rules.values() if isinstance(rule, HouseRule)}
    assert sorted(ours) == sorted(path.stem for path in (FIXTURES / "bad").glob("*.yaml"))
    assert sorted(ours) == sorted(path.stem for path in (FIXTURES / "good").glob("*.yaml"))
    for rule in ours.values():
        assert re.fullmatch(r"[EW]9\d{3}", rule.id)
        assert rule.remedy
        assert rule.description
