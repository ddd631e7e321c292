"""Parameter values: types, constraints, defaults, look-ups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.model import StackError
from harness.cfn.parameters import ParameterValues, masked, resolve_parameters
from harness.cfn.template import parse_template
from tests.unit.cfn.engine import AROUND, create, one, story


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
        ("{Type: Number, MaxValue: 3}", "NaN", "Parameter 'P' must be a number."),
        ("{Type: Number}", "1_000", "Parameter 'P' must be a number."),
        ("{Type: List<Number>}", "1,b", "Parameter 'P' must be a number."),
        ("{Type: Number, MinValue: 3}", "2", "Parameter 'P' must be a number not less than 3"),
        ("{Type: Number, MinValue: 2.5}", "2", "Parameter 'P' must be a number not less than 2.5"),
        ("{Type: Number, MaxValue: 86400000}", "86400001", "Parameter 'P' must be a number not greater than 86400000"),
        ("{Type: Number, MaxValue: 3}", "4", "Parameter 'P' must be a number not greater than 3"),
        ("{Type: String, MinLength: 3}", "ab", "Parameter 'P' must contain at least 3 characters"),
        ("{Type: String, MaxLength: 3}", "abcd", "Parameter 'P' must contain at most 3 characters"),
        ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues"),
        ("{Type: CommaDelimitedList, AllowedValues: [a]}", "a,c", "Parameter 'P' must be one of AllowedValues"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "abc1", "Parameter 'P' must match pattern [a-z]+"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: only letters}",
            "1",
            "Parameter P failed to satisfy constraint: only letters",
        ),
        (
            "{Type: 'AWS::SSM::Parameter::Value<String>'}",
            "/nope",
            "Unable to fetch parameters [/nope] from parameter store for this account.",
        ),
    ],
)
def test_a_bad_value_is_refused_in_cloudformations_words(declared: str, value: str, message: str) -> None:
    assert _refusal(declared, {"P": value}) == message


@pytest.mark.parametrize(
    ("declared", "value", "missed"),
    [
        ("{Type: AWS::EC2::VPC::Id}", "", ""),
        ("{Type: AWS::EC2::VPC::Id}", "vpc-0123456789abcdef1", "vpc-0123456789abcdef1"),
        ("{Type: 'List<AWS::EC2::Subnet::Id>'}", "subnet-00000001,vpc-00000001", "vpc-00000001"),
        ("{Type: AWS::EC2::AvailabilityZone::Name}", "eu-west-1c", "eu-west-1c"),
        ("{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Subnet::Id>'}", "/network/vpc", "vpc-0123456789abcdef0"),
        ("{Type: AWS::SSM::Parameter::Name}", "/nope", "/nope"),
        ("{Type: AWS::EC2::VPC::Id, NoEcho: true}", "hush", "****"),
    ],
)
def test_a_value_that_names_nothing_in_the_account_fails_the_stack_before_its_first_resource(
    declared: str, value: str, missed: str
) -> None:
    around = replace(AROUND, existing={"AWS::EC2::VPC::Id": {"vpc-0123456789abcdef0"}})
    outcome = create(f"Parameters: {{P: {declared}}}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n", around, P=value)
    assert story(outcome) == ["app CREATE_IN_PROGRESS", "app ROLLBACK_IN_PROGRESS", "app ROLLBACK_COMPLETE"]
    assert outcome.state.reason == (
        f"Parameter validation failed: parameter value {missed} for parameter name P does not exist. "
        "Rollback requested by user."
    )


@pytest.mark.parametrize(
    ("declared", "name", "message"),
    [
        (
            "String",
            "/db/password",
            "Parameters [/db/password] referenced by template have types not supported by CloudFormation.",
        ),
        (
            "List<String>",
            "/network/vpc",
            "Types for SSM parameters [/network/vpc] defined in CFN template and SSM are incompatible",
        ),
        (
            "String",
            "/network/subnets",
            "Types for SSM parameters [/network/subnets] defined in CFN template and SSM are incompatible",
        ),
    ],
)
def test_ssm_types_have_to_agree_with_what_is_kept(declared: str, name: str, message: str) -> None:
    assert _refusal(f"{{Type: 'AWS::SSM::Parameter::Value<{declared}>'}}", {"P": name}) == message


def test_ssm_values_can_be_taken_at_a_version() -> None:
    declared = "{Type: 'AWS::SSM::Parameter::Value<String>'}"
    assert _value(declared, "/network/vpc:1") == "vpc-0123456789abcdef0"
    assert _refusal(declared, {"P": "/network/vpc:9"}) == (
        "Unable to fetch parameters [/network/vpc:9] from parameter store for this account."
    )


def test_constraints_of_an_ssm_parameter_concern_its_name() -> None:
    assert _value("{Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: '/network/.*'}", "/network/vpc")
    assert _refusal(
        "{Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: 'vpc-.*'}", {"P": "/network/vpc"}
    ) == ("Parameter 'P' must match pattern vpc-.*")


def test_a_default_may_refer_to_ssm_at_a_version_only() -> None:
    declared = "{Type: String, Default: '{{resolve:ssm:/network/vpc%s}}'}"
    pinned = f"Parameters: {{P: {declared % ':1'}}}\n" + one("AWS::SNS::Topic", "{DisplayName: !Ref P}")
    assert create(pinned).state.resources[0].properties == {"DisplayName": "vpc-0123456789abcdef0"}
    assert _refusal(declared % "", {}) == "Template error: parameter P should not contain ssm versionless resolver"


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


def test_a_value_has_at_most_4096_bytes() -> None:
    assert _value("{Type: String}", "x" * 4096) == "x" * 4096
    place = "at 'parameters.1.member.parameterValue'"
    told = _refusal("{Type: String}", {"P": "é" * 2049})
    assert told.endswith(f"{place} failed to satisfy constraint: Member must have length less than or equal to 4096")
    assert _refusal("{Type: String, NoEcho: true}", {"P": "x" * 4097}).startswith(
        f"1 validation error detected: Value '****' {place}"
    )
