"""What is refused about a template before any value is known."""

from __future__ import annotations

import pytest

from tests.unit.cfn.engine import one, refusal

TOPIC = "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Foo: 1\n" + TOPIC, "Invalid template property or properties [Foo]"),
        (
            "AWSTemplateFormatVersion: '2011-01-01'\n" + TOPIC,
            "Template format error: AWSTemplateFormatVersion value is not supported.",
        ),
        ("Resources: {}\n", "Template format error: At least one Resources member must be defined."),
        (
            "Resources: {A-b: {Type: AWS::SNS::Topic}}\n",
            "Template format error: Resource name A-b is non alphanumeric.",
        ),
        (
            "Resources: {A: {Properties: {}}}\n",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        ("Resources: {A: {Type: AWS::SNS::Topic, Foo: 1}}\n", "Invalid template resource property 'Foo'"),
        (
            "Resources: {A: {Type: AWS::SNS::Nope}, B: {Type: Foo::Bar::Baz}}\n",
            "Template format error: Unrecognized resource types: [AWS::SNS::Nope, Foo::Bar::Baz]",
        ),
        (
            one("AWS::SNS::Topic", "{TopicName: !Ref Nope}"),
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
        ),
        (
            one("AWS::SNS::Topic", "{TopicName: !Sub '${Nope}-x'}"),
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template",
        ),
        (
            one("AWS::SNS::Topic", outputs="{O: {Value: !Ref Nope}}"),
            "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: [B]}}\n",
            "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
        ),
        (
            one("AWS::SNS::Topic", outputs="{O: {Value: !GetAtt Nope.Arn}}"),
            "Template error: instance of Fn::GetAtt references undefined resource Nope",
        ),
        (
            one("AWS::SNS::Topic", outputs="{O: {Value: !GetAtt Thing.Nope}}"),
            "Template error: resource Thing does not support attribute type Nope in Fn::GetAtt",
        ),
        (
            one("AWS::SNS::Topic", "{TopicName: !If [Nope, a, b]}"),
            "Template format error: Unresolved condition dependency Nope in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Condition: Nope}}\n",
            "Template format error: Unresolved condition dependency Nope in the Resources block of the template",
        ),
        (
            one("AWS::SNS::Topic", "{TopicName: !FindInMap [M, a, b]}"),
            "Template error: Mapping named 'M' is not present in the 'Mappings' section of template.",
        ),
        (
            one("AWS::SNS::Topic", "{TopicName: null}"),
            "[/Resources/Thing/Type/TopicName] 'null' values are not allowed in templates",
        ),
        (
            "Conditions: {C: !Equals [!Ref Topic, a]}\n" + TOPIC,
            "Template format error: Unresolved dependencies [Topic]. Cannot reference resources in the "
            "Conditions block "
            "of the template",
        ),
        (
            "Parameters: {P: {Type: Text}}\n" + TOPIC,
            "Template format error: Unrecognized parameter type: Text",
        ),
        (
            "Parameters: {P: {Default: x}}\n" + TOPIC,
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        ("Parameters: {P: {Type: String, Foo: x}}\n" + TOPIC, "Invalid template parameter property 'Foo'"),
        (
            "Transform: AWS::Serverless-2016-10-31\n" + TOPIC,
            "Transforms are not modelled by this emulation: [AWS::Serverless-2016-10-31]",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: Keep}}\n",
            "Template error: Unrecognized DeletionPolicy Keep for resource A",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: Snapshot}}\n",
            "Template error: resource type AWS::SNS::Topic does not support DeletionPolicy Snapshot",
        ),
        (
            "Outputs: {O: {Description: x}}\n" + TOPIC,
            "Template format error: Every Outputs member must contain a Value object. [/Outputs/O]",
        ),
        ("Hooks: {}\n" + TOPIC, "Hooks are not modelled by this emulation"),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, CreationPolicy: {ResourceSignal: {Count: 1}}}}\n",
            "CreationPolicy is not modelled by this emulation [/Resources/A]",
        ),
        ("Description: [a]\n" + TOPIC, "Template format error: Description must be a string."),
    ],
)
def test_a_wrong_template_is_refused_in_cloudformations_words(template: str, message: str) -> None:
    assert refusal(template) == message


def test_an_unknown_function_is_refused_with_those_there_are() -> None:
    message = refusal(one("AWS::SNS::Topic", "{TopicName: {'Fn::Upper': x}}"))
    assert message.startswith(
        "Template format error: Encountered unsupported function: Fn::Upper Supported functions are: ["
    )
    assert "Fn::Base64" in message
    assert "Fn::ToJsonString" not in message  # needs a transform


def test_a_circle_names_its_members_and_not_those_that_only_need_them() -> None:
    template = """
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}
  B: {Type: AWS::SNS::Topic, DependsOn: A}
  Outside: {Type: AWS::SNS::Topic, DependsOn: A}
"""
    assert refusal(template) == "Circular dependency between resources: [A, B]"


def test_a_resource_that_needs_itself_is_a_circle() -> None:
    assert refusal(one("AWS::SNS::Topic", "{DisplayName: !Ref Thing}")) == (
        "Circular dependency between resources: [Thing]"
    )


@pytest.mark.parametrize("kind", ["Custom::Thing", "AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack"])
def test_types_that_run_code_are_refused_by_name(kind: str) -> None:
    assert refusal(one(kind)).startswith(f"Resource types not modelled by this emulation: [{kind}]")


def test_a_default_for_a_map_needs_the_language_extensions() -> None:
    template = (
        one("AWS::SNS::Topic", "{DisplayName: !FindInMap [M, a, b, {DefaultValue: x}]}")
        + "Mappings: {M: {k: {l: v}}}\n"
    )
    assert "needs the transform AWS::LanguageExtensions" in refusal(template)


def test_a_resource_that_a_condition_removes_may_not_be_referred_to() -> None:
    template = """
Conditions: {Never: !Equals [a, b]}
Resources:
  Gone: {Type: AWS::SNS::Topic, Condition: Never}
  Left: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Gone}}
"""
    assert refusal(template) == (
        "Template format error: Unresolved resource dependencies [Gone] in the Resources block of the template"
    )


def test_more_than_500_resources_are_refused() -> None:
    many = "Resources:\n" + "".join(f"  A{index}: {{Type: AWS::SNS::Topic}}\n" for index in range(501))
    assert refusal(many) == "Template format error: Number of resources, 501, is greater than maximum allowed, 500"
