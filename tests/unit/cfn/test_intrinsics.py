"""Intrinsic functions, by known answers."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from harness.cfn.body import read_body
from harness.cfn.intrinsics import NO_VALUE, resolve
from harness.cfn.model import StackError
from tests.unit.cfn.engine import scope

PARAMETERS = {"Name": "app", "List": ["a", "b", "c"], "Count": "2"}
MAPPINGS = {"Sizes": {"dev": {"type": "ml.t3.medium", "zones": ["a", "b"]}}}


def _resolve(expression: str) -> Any:
    around = scope(PARAMETERS, mappings=MAPPINGS, conditions={"Is": True, "Never": False}, notification_arns=("arn:x",))
    return resolve(read_body(f"V: {expression}\n")["V"], around)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Name", "app"),
        ("!Ref List", ["a", "b", "c"]),
        ("!Ref AWS::AccountId", "111111111111"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::StackName", "app"),
        ("!Ref AWS::StackId", "arn:aws:cloudformation:eu-west-1:111111111111:stack/app/1"),
        ("!Ref AWS::NotificationARNs", ["arn:x"]),
        ("!Sub '${Name}-${AWS::Region}'", "app-eu-west-1"),
        ("!Sub 'keep ${!Literal} and ${ Name }'", "keep ${Literal} and app"),
        ("!Sub ['${x}/${Name}', {x: !Join ['-', [1, true]]}]", "1-true/app"),
        ("!Join ['', []]", ""),
        ("!Join [',', !Ref List]", "a,b,c"),
        ("!Join [',', [a, !If [Never, b, !Ref 'AWS::NoValue'], c]]", "a,c"),
        ("!Select [1, !Ref List]", "b"),
        ("!Select [!Ref Count, !Ref List]", "c"),
        ("!Select [0, !Split ['/', a/b/c]]", "a"),
        ("!Split [',', 'a,b,']", ["a", "b", ""]),
        ("!If [Is, 1, 2]", 1),
        ("!If [Never, 1, {a: !Ref Name}]", {"a": "app"}),
        ("!FindInMap [Sizes, dev, type]", "ml.t3.medium"),
        ("!FindInMap [Sizes, dev, zones]", ["a", "b"]),
        ("!FindInMap [Sizes, prod, type, {DefaultValue: !Ref Name}]", "app"),
        ("!FindInMap [Nope, prod, type, {DefaultValue: x}]", "x"),
        ("!ImportValue shared-topic", "arn:aws:sns:eu-west-1:111111111111:shared"),
        ("!GetAZs ''", ["eu-west-1a", "eu-west-1b"]),
        ("!GetAZs {Ref: 'AWS::Region'}", ["eu-west-1a", "eu-west-1b"]),
        ("!GetAZs us-east-1", ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!Cidr [10.0.0.0/16, 3]", ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
        ("!Cidr [10.0.0.0/24, 2, 5]", ["10.0.0.0/27", "10.0.0.32/27"]),
        ("!Cidr ['2001:db8::/56', 1, 64]", ["2001:db8::/64"]),
        ("!Base64 hello", "aGVsbG8="),
        ("{Fn::Length: !Ref List}", 3),
        ("{Fn::ToJsonString: {a: !Ref Name}}", '{"a":"app"}'),
        ("{a: !Ref 'AWS::NoValue', b: 1}", {"b": 1}),
        ("[a, !Ref 'AWS::NoValue']", ["a"]),
        ("{Condition: {StringEquals: {a: b}}}", {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
)
def test_a_function_gives_the_known_answer(expression: str, value: object) -> None:
    assert _resolve(expression) == value


def test_no_value_on_its_own_is_no_value() -> None:
    assert _resolve("!Ref AWS::NoValue") is NO_VALUE


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("!Ref Nope", "Unresolved resource dependencies [Nope]"),
        ("!Sub '${Na-me}'", "variable names in Fn::Sub syntax must contain only"),
        ("!Sub [a]", "One or more Fn::Sub intrinsic functions don't specify expected arguments."),
        ("!Sub '${List}'", "variable List in Fn::Sub expression does not resolve to a string"),
        ("!Join [1, [a]]", "every Fn::Join object requires two parameters"),
        ("!Join [',', a]", "every Fn::Join object requires two parameters"),
        ("!Select [3, !Ref List]", "Fn::Select cannot select nonexistent value at index 3"),
        ("!Select [-1, !Ref List]", "Fn::Select cannot select nonexistent value at index -1"),
        ("!Select [x, !Ref List]", "Fn::Select requires a list argument"),
        ("!Split ['', a]", "every Fn::Split object requires two parameters"),
        ("!If [Is, 1]", "Fn::If requires a list argument"),
        ("!FindInMap [Sizes, prod, type]", "Unable to get mapping for Sizes::prod::type"),
        ("!FindInMap [Nope, a, b]", "Mapping named 'Nope' is not present in the 'Mappings' section of template."),
        ("!FindInMap [Sizes, dev]", "every Fn::FindInMap object requires three parameters"),
        ("!ImportValue nope", "No export named nope found"),
        ("!Cidr [10.0.0.0/24, 9, 5]", "Fn::Cidr cannot make 9 blocks out of 10.0.0.0/24"),
        ("!Base64 [a]", "every Fn::Base64 object must have a String-typed value."),
    ],
)
def test_a_function_refuses_wrong_arguments(expression: str, message: str) -> None:
    with pytest.raises(StackError) as caught:
        _resolve(expression)
    assert message in caught.value.message


def test_resolving_leaves_the_template_as_it_was() -> None:
    value = yaml.safe_load("{a: [{Ref: Name}], b: {'Fn::Join': ['', [{Ref: Name}]]}}")
    before = yaml.safe_dump(value)
    resolve(value, scope(PARAMETERS))
    assert yaml.safe_dump(value) == before
