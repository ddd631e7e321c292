"""Rules over parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cfn.engine import AROUND, create, refusal

TEMPLATE = """
Parameters:
  Size: {{Type: String, Default: small}}
  Sizes: {{Type: CommaDelimitedList, Default: 'a,b'}}
  Subnets: {{Type: 'List<AWS::EC2::Subnet::Id>', Default: 'subnet-00000001,subnet-00000002'}}
  Vpc: {{Type: 'AWS::EC2::VPC::Id', Default: vpc-00000001}}
Rules:
  Fits:
    {condition}
    Assertions: [{{Assert: {assertion}, AssertDescription: it must fit}}]
Resources: {{T: {{Type: AWS::SNS::Topic}}}}
"""
NETWORK = replace(
    AROUND,
    attributes={
        "subnet-00000001": {"VpcId": "vpc-00000001", "Tags.Tier": "private"},
        "subnet-00000002": {"VpcId": "vpc-00000001", "Tags.Tier": "public"},
    },
)


def _template(assertion: str, condition: str = "") -> str:
    return TEMPLATE.format(assertion=assertion, condition=condition)


HOLDING = [
    "{'Fn::Equals': [!Ref Size, small]}",
    "{'Fn::Not': [{'Fn::Equals': [!Ref Size, large]}]}",
    "{'Fn::And': [{'Fn::Equals': [a, a]}, {'Fn::Equals': [b, b]}]}",
    "{'Fn::Or': [{'Fn::Equals': [a, b]}, {'Fn::Equals': [b, b]}]}",
    "{'Fn::Contains': [[small, large], !Ref Size]}",
    "{'Fn::EachMemberIn': [!Ref Sizes, [a, b, c]]}",
    "{'Fn::EachMemberEquals': [[small, small], !Ref Size]}",
    "{'Fn::EachMemberEquals': [{'Fn::ValueOf': [Subnets, VpcId]}, !Ref Vpc]}",
    "{'Fn::EachMemberIn': [{'Fn::ValueOfAll': ['AWS::EC2::Subnet::Id', VpcId]}, {'Fn::RefAll': 'AWS::EC2::VPC::Id'}]}",
    "{'Fn::Contains': [{'Fn::RefAll': 'AWS::EC2::VPC::Id'}, vpc-00000001]}",
]
FAILING = [
    "{'Fn::Equals': [!Ref Size, large]}",
    "{'Fn::Not': [{'Fn::Equals': [!Ref Size, small]}]}",
    "{'Fn::And': [{'Fn::Equals': [a, a]}, {'Fn::Equals': [b, c]}]}",
    "{'Fn::Or': [{'Fn::Equals': [a, b]}, {'Fn::Equals': [b, c]}]}",
    "{'Fn::Contains': [[medium, large], !Ref Size]}",
    "{'Fn::EachMemberIn': [!Ref Sizes, [a, c]]}",
    "{'Fn::EachMemberEquals': [[small, large], !Ref Size]}",
    "{'Fn::EachMemberEquals': [{'Fn::ValueOf': [Subnets, Tags.Tier]}, private]}",
]


@pytest.mark.parametrize("assertion", HOLDING)
def test_an_assertion_that_holds_lets_the_stack_be(assertion: str) -> None:
    assert create(_template(assertion), NETWORK).state.status == "CREATE_COMPLETE"


@pytest.mark.parametrize("assertion", FAILING)
def test_an_assertion_that_fails_refuses_with_its_description(assertion: str) -> None:
    assert refusal(_template(assertion), NETWORK) == "Template validation error: rule Fits failed: it must fit"


def test_a_rule_whose_condition_is_false_is_not_asked() -> None:
    template = _template("{'Fn::Equals': [a, b]}", "RuleCondition: {'Fn::Equals': [!Ref Size, large]}")
    assert create(template, NETWORK).state.status == "CREATE_COMPLETE"
    assert "it must fit" in refusal(template, NETWORK, Size="large")


def test_an_attribute_that_nobody_knows_is_refused() -> None:
    assertion = "{'Fn::EachMemberEquals': [{'Fn::ValueOf': [Subnets, VpcId]}, !Ref Vpc]}"
    assert refusal(_template(assertion)) == "Template validation error: attribute VpcId of subnet-00000001 is not known"


def test_a_function_that_is_not_a_rule_function_is_refused() -> None:
    assert refusal(_template("{'Fn::Sub': x}")) == (
        "Template format error: Rules can only be rule-specific intrinsic functions on parameters"
    )


def test_rules_need_assertions() -> None:
    assert refusal("Rules: {R: {}}\nResources: {T: {Type: AWS::SNS::Topic}}\n") == (
        "Template format error: Rule R must contain a list of Assertions."
    )
