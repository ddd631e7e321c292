"""Template summaries."""

from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.validate import ParamValidator

from harness.cfn.model import StackError
from harness.cfn.summary import summarize

TEMPLATE = """
Description: what it is
Metadata: {AWS::CloudFormation::Interface: {ParameterGroups: []}}
Parameters:
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 10, Description: how big}
  Word: {Type: String, NoEcho: true, AllowedPattern: '[a-z]+', ConstraintDescription: letters,
         MinLength: 2, MaxLength: 9}
  Kind: {Type: String, AllowedValues: [a, b]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Topic: {Type: AWS::SNS::Topic}
  Second: {Type: AWS::SNS::Topic}
"""


def test_a_summary_tells_what_the_template_declares() -> None:
    found = summarize(TEMPLATE, "eu-west-1").as_template_summary()
    assert found["Description"] == "what it is"
    assert found["ResourceTypes"] == ["AWS::IAM::Role", "AWS::SNS::Topic"]
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"
    assert json.loads(found["Metadata"]) == {"AWS::CloudFormation::Interface": {"ParameterGroups": []}}
    size, word, kind = found["Parameters"]
    assert size == {
        "ParameterKey": "Size",
        "ParameterType": "Number",
        "DefaultValue": "3",
        "NoEcho": False,
        "Description": "how big",
        "ParameterConstraints": {},
    }
    assert word["NoEcho"] is True
    assert "DefaultValue" not in word
    assert kind["ParameterConstraints"] == {"AllowedValues": ["a", "b"]}


@pytest.mark.parametrize(
    ("shape", "method"),
    [("GetTemplateSummaryOutput", "as_template_summary"), ("ValidateTemplateOutput", "as_validation")],
)
def test_summaries_have_the_shape_of_the_api(shape: str, method: str) -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    summary = summarize(TEMPLATE, "eu-west-1")
    answer = summary.as_template_summary() if method == "as_template_summary" else summary.as_validation()
    assert not ParamValidator().validate(answer, model.shape_for(shape)).has_errors()
    assert set(answer) <= set(model.shape_for(shape).members)


def test_a_template_that_needs_nothing_asks_for_no_capability() -> None:
    found = summarize("Resources: {T: {Type: AWS::SNS::Topic}}\n", "eu-west-1").as_validation()
    assert "Capabilities" not in found


def test_a_wrong_template_has_no_summary() -> None:
    with pytest.raises(StackError, match="Unrecognized resource types"):
        summarize("Resources: {T: {Type: AWS::SNS::Nope}}\n", "eu-west-1")
