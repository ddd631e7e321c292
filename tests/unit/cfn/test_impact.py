"""What an update does to a stack, resource by resource, and what is at stake."""

from __future__ import annotations

import pytest

from harness.cfn.effects import Effect, Impact
from harness.cfn.impact import foresee
from harness.cfn.model import StackError
from harness.cfn.provider import SchemaProvider
from tests.unit.cfn.engine import AROUND, FailingProvider, create, one, request

BEFORE = """
Parameters: {Name: {Type: String, Default: data}}
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
  Reader: {Type: AWS::SSM::Parameter, Properties: {Name: /demo/bucket, Type: String, Value: !Ref Bucket}}
  Domain:
    Type: AWS::SageMaker::Domain
    UpdateReplacePolicy: Retain
    Properties:
      AuthMode: IAM
      DomainName: d
      VpcId: vpc-00000001
      SubnetIds: [subnet-00000001]
      KmsKeyId: !GetAtt Key.Arn
      DefaultUserSettings: {ExecutionRole: 'arn:aws:iam::111111111111:role/x'}
  Profile: {Type: AWS::SageMaker::UserProfile, Properties: {DomainId: !Ref Domain, UserProfileName: anna}}
Outputs:
  Bucket: {Value: !Ref Bucket, Export: {Name: the-bucket}}
  Domain: {Value: !Ref Domain}
"""


def foreseen(template: str, provider: SchemaProvider | None = None, **parameters: str) -> Impact:
    return foresee(request(template, **parameters), AROUND, create(BEFORE).state, provider or SchemaProvider())


def effects(template: str, **parameters: str) -> dict[str, Effect]:
    return {each.logical_id: each for each in foreseen(template, **parameters).effects}


def test_nothing_changed_keeps_all_and_is_no_error() -> None:
    found = foreseen(BEFORE)
    assert {each.kind for each in found.effects} == {"kept"}
    assert (found.failures, found.outputs_lost, found.outputs_changed) == ((), (), ())


def test_a_change_in_place_names_what_changes_and_puts_nothing_at_stake() -> None:
    found = effects(BEFORE.replace("KeyPolicy: {Statement: []}", "KeyPolicy: {Statement: []}, EnableKeyRotation: true"))
    assert found["Key"] == Effect("Key", "AWS::KMS::Key", "changed", ("EnableKeyRotation",))
    assert not found["Key"].at_risk
    assert found["Domain"].kind == "kept"


def test_a_replacement_loses_data_and_the_name_that_others_know() -> None:
    found = effects(BEFORE, Name="other")
    assert found["Bucket"] == Effect(
        "Bucket", "AWS::S3::Bucket", "replaced", ("BucketName",), "deleted", "objects", "data"
    )
    assert found["Bucket"].at_risk
    assert found["Reader"].kind == "changed"
    assert foreseen(BEFORE, Name="other").outputs_changed == ("Bucket",)


def test_what_refers_to_a_replaced_resource_is_replaced_for_certain() -> None:
    found = effects(BEFORE.replace("AuthMode: IAM", "AuthMode: SSO"))
    assert (found["Domain"].kind, found["Domain"].fate) == ("replaced", "kept")
    assert (found["Profile"].kind, found["Profile"].causes) == ("replaced", ("DomainId",))


def test_what_may_be_replaced_makes_what_refers_to_it_so_too() -> None:
    found = effects(BEFORE.replace("vpc-00000001", "vpc-00000002"))
    assert (found["Domain"].kind, found["Domain"].causes) == ("may be replaced", ("VpcId",))
    assert found["Profile"].kind == "may be replaced"
    assert found["Domain"].at_risk


def test_a_reference_to_a_new_resource_replaces_for_certain() -> None:
    found = effects(
        BEFORE.replace("!GetAtt Key.Arn", "!GetAtt Second.Arn").replace(
            "  Bucket: {Type",
            "  Second: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}\n  Bucket: {Type",
        )
    )
    assert found["Second"].kind == "added"
    assert (found["Domain"].kind, found["Domain"].causes) == ("replaced", ("KmsKeyId",))


def test_a_removal_takes_data_and_name_unless_the_policy_keeps_them() -> None:
    reader = (
        "  Reader: {Type: AWS::SSM::Parameter, Properties: {Name: /demo/bucket, Type: String, Value: !Ref Bucket}}\n"
    )
    found = effects(BEFORE.replace(reader, ""))["Reader"]
    assert (found.kind, found.fate, found.name, found.data, found.at_risk) == (
        "removed",
        "deleted",
        "/demo/bucket",
        "",
        True,
    )
    bucket = "Resources:\n  Thing: {Type: AWS::SNS::Topic}\n  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}\n"
    state = create(bucket).state
    impact = foresee(request("Resources:\n  Thing: {Type: AWS::SNS::Topic}\n"), AROUND, state, SchemaProvider())
    (gone,) = [each for each in impact.effects if each.kind == "removed"]
    assert (gone.fate, gone.data, gone.at_risk) == ("kept", "objects", False)


def test_outputs_and_exports_that_are_gone_are_told() -> None:
    found = foreseen(BEFORE.replace("  Bucket: {Value: !Ref Bucket, Export: {Name: the-bucket}}\n", ""))
    assert (found.outputs_lost, found.exports_lost) == (("Bucket",), ("the-bucket",))


def test_an_update_that_fails_tells_what_failed_and_what_was_planned() -> None:
    template = BEFORE.replace("KeyPolicy: {Statement: []}", "KeyPolicy: {Statement: []}, EnableKeyRotation: true")
    found = foreseen(template.replace("BucketName: !Ref Name", "BucketName: other"), FailingProvider("update Key"))
    assert [(each.logical_id, each.reason) for each in found.failures] == [("Key", "cannot update Key")]
    assert {each.kind for each in found.effects if each.logical_id == "Bucket"} == {"replaced"}


def test_what_the_call_refuses_is_raised() -> None:
    with pytest.raises(StackError, match="do not exist in the template"):
        foreseen(BEFORE, Nme="x")


@pytest.mark.parametrize(
    ("kind", "properties", "at_risk"),
    [
        ("AWS::SNS::Topic", "{TopicName: alerts}", True),
        ("AWS::SNS::Topic", "{TopicName: !Sub '${AWS::StackName}-alerts'}", False),
        ("AWS::SNS::Topic", "{DisplayName: alerts}", False),
        ("AWS::SNS::Topic", "{TopicName: !Ref AWS::NoValue}", False),
        ("AWS::KMS::Alias", "{AliasName: alias/data, TargetKeyId: abc}", True),
        ("AWS::IAM::RolePolicy", "{PolicyName: duties, RoleName: keeper}", False),
        ("AWS::IAM::Policy", "{PolicyName: duties, Roles: [keeper], PolicyDocument: {}}", False),
        (
            "AWS::SageMaker::Pipeline",
            '{PipelineName: train, RoleArn: "arn:aws:iam::111111111111:role/a", '
            'PipelineDefinition: {PipelineDefinitionBody: "{}"}}',
            True,
        ),
        (
            "AWS::SageMaker::StudioLifecycleConfig",
            "{StudioLifecycleConfigName: !Join [-, [a, !Select [2, !Split [/, !Ref AWS::StackId]]]], "
            "StudioLifecycleConfigAppType: JupyterLab, StudioLifecycleConfigContent: abcd}",
            False,
        ),
    ],
)
def test_a_name_that_the_template_gives_is_at_stake_unless_it_is_the_stacks_own(
    kind: str, properties: str, at_risk: bool
) -> None:
    state = create(one(kind, properties)).state
    assert state.status == "CREATE_COMPLETE", state.reason
    other = "Resources:\n  Other: {Type: AWS::SNS::Topic}\n"
    gone = foresee(request(other), AROUND, state, SchemaProvider()).effects[0]
    assert (gone.kind, gone.at_risk) == ("removed", at_risk)
