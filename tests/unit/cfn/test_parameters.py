"""Parameter values: types, constraints, defaults, look-ups."""

from __future__ import annotations

import pytest

from harness.cfn.model import StackError
from harness.cfn.parameters import ParameterValues, masked, resolve_parameters
from harness.cfn.template import parse_template
from tests.unit.cfn.engine import AROUND


def _resolve(
    declared: str, given: dict[str, str | None] | None = None, previous: dict[str, str] | None = None
) -> ParameterValues:
    template = parse_template(f"Parameters: {{P: {declared}}}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n")
    return resolve_parameters(template, given or {}, AROUND, previous)


def _value(declared: str, value: str) -> object:
    return _resolve(declared, {"P": value}).resolved["P"]


def _refusal(declared: str, given: dict[str, str | None], previous: dict[str, str] | None = None) -> str:
    with pytest.raises(StackError) as caught:
        _resolve(declared, given, previous)
    return caught.value.message


@pytest.mark.parametrize(
    ("declared", "value", "seen"),
    [
        ("{Type: String}", "x", "x"),
        ("{Type: Number}", "1.5", "1.5"),
        ("{Type: List<Number>}", "1, 2", ["1", "2"]),
        ("{Type: CommaDelimitedList}", "a, b ,c", ["a", "b", "c"]),
        ("{Type: CommaDelimitedList}", "", []),
        ("{Type: AWS::EC2::VPC::Id}", "vpc-0123456789abcdef0", "vpc-0123456789abcdef0"),
        (
            "{Type: 'List<AWS::EC2::Subnet::Id>'}",
            "subnet-00000001,subnet-00000002",
            ["subnet-00000001", "subnet-00000002"],
        ),
        ("{Type: 'AWS::SSM::Parameter::Value<String>'}", "/network/vpc", "vpc-0123456789abcdef0"),
        ("{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>'}", "/network/vpc", "vpc-0123456789abcdef0"),
        (
            "{Type: 'AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>'}",
            "/network/subnets",
            ["subnet-00000001", "subnet-00000002"],
        ),
        ("{Type: AWS::SSM::Parameter::Name}", "/network/vpc", "/network/vpc"),
        ("{Type: String, AllowedValues: [a, b]}", "b", "b"),
        ("{Type: String, AllowedValues: [true, 1]}", "true", "true"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "abc", "abc"),
        ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a,b", ["a", "b"]),
    ],
)
def test_a_good_value_is_seen_by_ref_in_its_type(declared: str, value: str, seen: object) -> None:
    assert _value(declared, value) == seen


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("{Type: Number}", "one", "Parameter 'P' must be a number."),
        ("{Type: List<Number>}", "1,b", "Parameter 'P' must be a number."),
        ("{Type: Number, MinValue: 3}", "2", "Parameter 'P' must be a number not less than 3"),
        ("{Type: Number, MaxValue: 3}", "4", "Parameter 'P' must be a number not greater than 3"),
        ("{Type: String, MinLength: 3}", "ab", "Parameter 'P' must contain at least 3 characters"),
        ("{Type: String, MaxLength: 3}", "abcd", "Parameter 'P' must contain at most 3 characters"),
        ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues [a, b]"),
        ("{Type: CommaDelimitedList, AllowedValues: [a]}", "a,c", "Parameter 'P' must be one of AllowedValues [a]"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "abc1", "Parameter 'P' must match pattern [a-z]+"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: only letters}",
            "1",
            "Parameter P failed to satisfy constraint: only letters",
        ),
        (
            "{Type: AWS::EC2::VPC::Id}",
            "",
            "Parameter validation failed: parameter value  for parameter name P does not exist",
        ),
        (
            "{Type: 'List<AWS::EC2::Subnet::Id>'}",
            "subnet-00000001,vpc-00000001",
            "Parameter validation failed: parameter value vpc-00000001 for parameter name P does not exist",
        ),
        (
            "{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Subnet::Id>'}",
            "/network/vpc",
            "Parameter validation failed: parameter value vpc-0123456789abcdef0 for parameter name P does not exist",
        ),
        (
            "{Type: 'AWS::SSM::Parameter::Value<String>'}",
            "/nope",
            "Unable to fetch parameters [/nope] from parameter store for this account.",
        ),
        (
            "{Type: AWS::SSM::Parameter::Name}",
            "/nope",
            "Parameter validation failed: parameter value /nope for parameter name P does not exist",
        ),
    ],
)
def test_a_bad_value_is_refused_in_cloudformations_words(declared: str, value: str, message: str) -> None:
    assert _refusal(declared, {"P": value}) == message


def test_the_default_is_used_where_nothing_is_given() -> None:
    assert _resolve("{Type: String, Default: x}").resolved == {"P": "x"}


def test_the_default_is_checked_too() -> None:
    assert _refusal("{Type: String, Default: '', MinLength: 1}", {}) == (
        "Parameter 'P' must contain at least 1 characters"
    )


def test_a_number_as_default_is_text_for_ref() -> None:
    assert _resolve("{Type: Number, Default: 5}").resolved == {"P": "5"}


def test_an_ssm_parameter_keeps_its_name_as_the_supplied_value() -> None:
    values = _resolve("{Type: 'AWS::SSM::Parameter::Value<String>', Default: /network/vpc}")
    assert values.supplied == {"P": "/network/vpc"}
    assert values.resolved == {"P": "vpc-0123456789abcdef0"}


def test_all_missing_ssm_parameters_are_named_at_once() -> None:
    template = parse_template(
        "Parameters:\n"
        "  A: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}\n"
        "  B: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /b}\n"
        "Resources: {T: {Type: AWS::SNS::Topic}}\n"
    )
    with pytest.raises(StackError, match=r"Unable to fetch parameters \[/a,/b\] from parameter store"):
        resolve_parameters(template, {}, AROUND)


def test_a_parameter_without_value_or_default_is_missing() -> None:
    assert _refusal("{Type: String}", {}) == "Parameters: [P] must have values"


def test_an_unknown_parameter_is_refused() -> None:
    assert _refusal("{Type: String, Default: x}", {"Q": "1"}) == "Parameters: [Q] do not exist in the template"


def test_use_previous_value_takes_the_previous_value() -> None:
    assert _resolve("{Type: String, Default: x}", {"P": None}, {"P": "old"}).resolved == {"P": "old"}


def test_use_previous_value_without_one_is_refused() -> None:
    assert _refusal("{Type: String, Default: x}", {"P": None}) == (
        "Invalid input for parameter key P. Cannot specify usePreviousValue as true for a parameter key not in the "
        "previous template"
    )


def test_no_echo_values_are_masked_and_others_shown() -> None:
    template = parse_template(
        "Parameters: {Secret: {Type: String, NoEcho: true}, Open: {Type: String}}\n"
        "Resources: {T: {Type: AWS::SNS::Topic}}\n"
    )
    assert masked(template, {"Secret": "x", "Open": "y"}) == {"Secret": "****", "Open": "y"}
