"""What a launcher sees change between two templates, and the step that it needs."""

from __future__ import annotations

import pytest

from harness.catalog.interface import differences
from harness.catalog.versions import Step
from harness.cfn.template import parse_template

BEFORE = """
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - {Label: {default: Size}, Parameters: [Count, Kind]}
      - {Label: {default: People}, Parameters: [Owner]}
    ParameterLabels: {Count: {default: How many}}
Parameters:
  Count: {Type: Number, Default: 3, MinValue: 1, MaxValue: 10}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Owner: {Type: String, AllowedPattern: "[a-z]+", MinLength: 2, MaxLength: 8}
Rules:
  Few: {Assertions: [{Assert: !Equals [!Ref Kind, a], AssertDescription: Only a.}]}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: duties
          PolicyDocument:
            Statement: [{Effect: Allow, Action: [sns:Publish, sns:Subscribe], Resource: !Ref Topic}]
Outputs:
  Topic: {Value: !Ref Topic, Description: The topic., Export: {Name: topic}}
"""


def seen(*changes: tuple[str, str]) -> list[tuple[Step, str]]:
    after = BEFORE
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)
    return [(each.step, str(each)) for each in differences(parse_template(BEFORE), parse_template(after))]


def test_the_same_template_differs_in_nothing() -> None:
    assert seen() == []


def test_what_no_launcher_sees_is_no_difference() -> None:
    assert (
        seen(("Topic: {Type: AWS::SNS::Topic}", "Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: x}}")) == []
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  Kind: {", "  More: {Type: String}\n  Kind: {", "parameter More is new and required"),
        ("Default: 3, ", "", "parameter Count became required (was optional)"),
        ("Type: Number", "Type: String", "parameter Count has type String (was Number)"),
        ("AllowedValues: [a, b]", "AllowedValues: [a]", "parameter Kind no longer allows 'b'"),
        ("MinValue: 1,", "MinValue: 2,", "parameter Count has least value 2 (was 1)"),
        ("MaxValue: 10", "MaxValue: 9", "parameter Count has greatest value 9 (was 10)"),
        ("MinLength: 2", "MinLength: 3", "parameter Owner has shortest length 3 (was 2)"),
        ("MaxLength: 8", "MaxLength: 7", "parameter Owner has longest length 7 (was 8)"),
        ('"[a-z]+"', '"[a-y]+"', "parameter Owner no longer allows 'z', only what matches [a-y]+ (was [a-z]+)"),
        (
            '"[a-z]+"',
            '"(?!x)[a-z]+"',
            "parameter Owner allows only what matches (?!x)[a-z]+ (was [a-z]+); whether that is all that it did "
            "cannot be told",
        ),
        ("Default: 3", "Default: 3, AllowedValues: [3]", "parameter Count allows only '3' (was any)"),
        ("!Ref Kind, a]", "!Ref Kind, b]", "rule Few asks for something else: it may refuse what was accepted"),
        ("Name: topic", "Name: news", "output Topic is exported as news (was topic)"),
        (", Export: {Name: topic}", "", "output Topic is exported as nothing (was topic)"),
    ],
)
def test_what_may_refuse_somebody_is_major(old: str, new: str, told: str) -> None:
    assert (Step.MAJOR, told) in seen((old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  Kind: {", "  More: {Type: String, Default: x}\n  Kind: {", "parameter More is new (default 'x')"),
        ("Default: 3", "Default: 4", "parameter Count has default '4' (was '3')"),
        ("Owner: {", "Owner: {Default: eve, ", "parameter Owner became optional (default 'eve')"),
        ("AllowedValues: [a, b]", "AllowedValues: [a, b, c]", "parameter Kind allows 'c' too"),
        ("AllowedValues: [a, b]", "AllowedValues: [b, a]", "parameter Kind lists its values in another order"),
        (", AllowedValues: [a, b]", "", "parameter Kind allows any value (was a list)"),
        ("MinValue: 1,", "MinValue: 0,", "parameter Count has least value 0 (was 1)"),
        (", MaxValue: 10", "", "parameter Count has no greatest value any more (was 10)"),
        ("MaxLength: 8", "MaxLength: 9", "parameter Owner has longest length 9 (was 8)"),
        (
            '"[a-z]+"',
            '"[a-z0-9]+"',
            "parameter Owner allows what matches [a-z0-9]+ (was [a-z]+), all that it did and more",
        ),
        (', AllowedPattern: "[a-z]+"', "", "parameter Owner has no pattern any more"),
        ("MinLength: 2", "MinLength: 2, NoEcho: true", "parameter Owner is hidden now (NoEcho)"),
        (
            "MinLength: 2",
            "MinLength: 2, ConstraintDescription: a name",
            "parameter Owner explains its constraint in other words",
        ),
        ("{default: How many}", "{default: Number}", "parameter Count is labelled 'Number' (was 'How many')"),
        ("[Count, Kind]", "[Kind, Count]", "group of parameters stand in another order"),
        ("The topic.", "News.", "output Topic is described in other words"),
        ("Outputs:", "Outputs:\n  Role: {Value: !Ref Role}", "output Role is new"),
        ("  Role:\n", "  More: {Type: AWS::SNS::Topic}\n  Role:\n", "resource More is new (AWS::SNS::Topic)"),
        ("sns:Publish, sns:Subscribe]", "sns:Publish]", "role Role no longer has: Allow sns:Subscribe on ${Topic}"),
        ("lambda.amazonaws.com", "states.amazonaws.com", "role Role has now: trusts Service states.amazonaws.com"),
    ],
)
def test_what_only_looks_different_is_minor(old: str, new: str, told: str) -> None:
    found = seen((old, new))
    assert (Step.MINOR, told) in found
    assert all(step == Step.MINOR for step, _ in found)


@pytest.mark.parametrize("groups", ["[Size, {Parameters: 3}, 5]", "{Size: [Count]}", "Size"])
def test_groups_that_are_none_are_no_groups(groups: str) -> None:
    without = BEFORE[BEFORE.index("    ParameterGroups:") : BEFORE.index("    ParameterLabels:")]
    told = [text for _, text in seen((without, f"    ParameterGroups: {groups}\n"))]
    assert told == [
        "parameter Count stands in group '' (was 'Size')",
        "parameter Kind stands in group '' (was 'Size')",
        "parameter Owner stands in group '' (was 'People')",
    ]


def test_what_is_gone_is_told_once() -> None:
    without = BEFORE[BEFORE.index("  Role:\n") : BEFORE.index("Outputs:")]
    assert seen((without, "")) == [(Step.MINOR, "resource Role was removed (AWS::IAM::Role)")]
    rule = "Rules:\n  Few: {Assertions: [{Assert: !Equals [!Ref Kind, a], AssertDescription: Only a.}]}\n"
    assert seen((rule, "")) == [(Step.MINOR, "rule Few was removed")]
    assert seen(
        ("Outputs:\n", "Outputs:\n  Other: {Value: x}\n"),
        ("  Topic: {Value: !Ref Topic, Description: The topic., Export: {Name: topic}}\n", ""),
    ) == [
        (Step.MINOR, "output Other is new"),
        (Step.MAJOR, "output Topic was removed"),
    ]
