"""Physical ids, Ref values and attributes: the shapes that people know."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.cfn.model import ResourceRequest
from harness.cfn.references import Identity, generated_name, identify, suffix_of
from harness.cfn.registry import NOT_MODELLED, known_type
from harness.cfn.schema import matches


def _identity(kind: str, suffix: str = "ABCDEFGHIJKL", **properties: Any) -> Identity:
    request = ResourceRequest(
        logical_id="Thing",
        type=kind,
        properties=properties,
        stack_name="app",
        stack_id="arn:aws:cloudformation:eu-west-1:111111111111:stack/app/1",
        account_id="111111111111",
        region="eu-west-1",
        tags={},
        suffix=suffix,
    )
    return identify(known_type(kind, "eu-west-1"), request)


HERE = "eu-west-1:111111111111"


@pytest.mark.parametrize(
    ("kind", "properties", "ref"),
    [
        ("AWS::S3::Bucket", {}, "app-thing-abcdefghijkl"),
        ("AWS::S3::Bucket", {"BucketName": "mine"}, "mine"),
        ("AWS::IAM::Role", {}, "app-Thing-ABCDEFGHIJKL"),
        (
            "AWS::IAM::ManagedPolicy",
            {"Path": "/platform/"},
            "arn:aws:iam::111111111111:policy/platform/app-Thing-ABCDEFGHIJKL",
        ),
        ("AWS::Lambda::Function", {"FunctionName": "f"}, "f"),
        ("AWS::SNS::Topic", {"TopicName": "t"}, f"arn:aws:sns:{HERE}:t"),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "https://sqs.eu-west-1.amazonaws.com/111111111111/q"),
        ("AWS::SSM::Parameter", {"Name": "/a/b"}, "/a/b"),
        ("AWS::SageMaker::UserProfile", {"DomainId": "d-1", "UserProfileName": "anna"}, "anna"),
        ("AWS::SageMaker::Space", {"DomainId": "d-1", "SpaceName": "s"}, "d-1|s"),
        (
            "AWS::SageMaker::ModelPackageGroup",
            {"ModelPackageGroupName": "g"},
            f"arn:aws:sagemaker:{HERE}:model-package-group/g",
        ),
        ("AWS::SageMaker::Pipeline", {"PipelineName": "p"}, "p"),
        ("AWS::StepFunctions::StateMachine", {"StateMachineName": "m"}, f"arn:aws:states:{HERE}:stateMachine:m"),
        ("AWS::Events::Rule", {"Name": "r"}, "r"),
        ("AWS::Events::Rule", {"Name": "r", "EventBusName": "bus"}, "bus|r"),
        ("AWS::CodeBuild::Project", {"Name": "b"}, "b"),
        ("AWS::KMS::Alias", {"AliasName": "alias/x", "TargetKeyId": "k"}, "alias/x"),
        ("AWS::Logs::LogGroup", {"LogGroupName": "/x"}, "/x"),
    ],
)
def test_ref_gives_what_the_documentation_says(kind: str, properties: dict[str, Any], ref: str) -> None:
    assert _identity(kind, **properties).ref == ref


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("AWS::SageMaker::Domain", r"d-[a-z0-9]{12}"),
        ("AWS::EC2::VPC", r"vpc-[0-9a-f]{17}"),
        ("AWS::EC2::SecurityGroup", r"sg-[0-9a-f]{17}"),
        ("AWS::EC2::Subnet", r"subnet-[0-9a-f]{17}"),
        ("AWS::EC2::VPCEndpoint", r"vpce-[0-9a-f]{17}"),
        ("AWS::EC2::EIP", r"198\.1[89]\.\d{1,3}\.\d{1,3}"),
        ("AWS::KMS::Key", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        ("AWS::EFS::FileSystem", r"fs-[0-9a-f]{17}"),
        ("AWS::EMR::Cluster", r"j-[A-Z0-9]{12}"),
        ("AWS::ServiceCatalog::Portfolio", r"port-[a-z0-9]{13}"),
        ("AWS::ServiceCatalog::CloudFormationProduct", r"prod-[a-z0-9]{13}"),
        ("AWS::SecretsManager::Secret", r"arn:aws:secretsmanager:eu-west-1:111111111111:secret:.+-[A-Za-z0-9]{6}"),
    ],
)
def test_generated_ids_have_their_shape(kind: str, pattern: str) -> None:
    assert re.fullmatch(pattern, _identity(kind).ref)


@pytest.mark.parametrize(
    ("kind", "properties", "attribute", "value"),
    [
        ("AWS::S3::Bucket", {"BucketName": "b"}, "Arn", "arn:aws:s3:::b"),
        ("AWS::S3::Bucket", {"BucketName": "b"}, "DomainName", "b.s3.amazonaws.com"),
        ("AWS::S3::Bucket", {"BucketName": "b"}, "RegionalDomainName", "b.s3.eu-west-1.amazonaws.com"),
        ("AWS::IAM::Role", {"RoleName": "r", "Path": "/platform/"}, "Arn", "arn:aws:iam::111111111111:role/platform/r"),
        ("AWS::IAM::Role", {"RoleName": "r"}, "Arn", "arn:aws:iam::111111111111:role/r"),
        ("AWS::Lambda::Function", {"FunctionName": "f"}, "Arn", f"arn:aws:lambda:{HERE}:function:f"),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "Arn", f"arn:aws:sqs:{HERE}:q"),
        ("AWS::SQS::Queue", {"QueueName": "q"}, "QueueName", "q"),
        ("AWS::SNS::Topic", {"TopicName": "t"}, "TopicName", "t"),
        ("AWS::DynamoDB::Table", {"TableName": "t"}, "Arn", f"arn:aws:dynamodb:{HERE}:table/t"),
        (
            "AWS::ECR::Repository",
            {"RepositoryName": "r"},
            "RepositoryUri",
            "111111111111.dkr.ecr.eu-west-1.amazonaws.com/r",
        ),
        ("AWS::Logs::LogGroup", {"LogGroupName": "/g"}, "Arn", f"arn:aws:logs:{HERE}:log-group:/g:*"),
        ("AWS::CodePipeline::Pipeline", {"Name": "p"}, "Arn", f"arn:aws:codepipeline:{HERE}:p"),
        ("AWS::Scheduler::Schedule", {"Name": "s"}, "Arn", f"arn:aws:scheduler:{HERE}:schedule/default/s"),
        (
            "AWS::SageMaker::UserProfile",
            {"DomainId": "d-1", "UserProfileName": "u"},
            "UserProfileArn",
            f"arn:aws:sagemaker:{HERE}:user-profile/d-1/u",
        ),
        ("AWS::StepFunctions::StateMachine", {"StateMachineName": "m"}, "Name", "m"),
        (
            "AWS::CodeArtifact::Repository",
            {"DomainName": "d", "RepositoryName": "r"},
            "Arn",
            f"arn:aws:codeartifact:{HERE}:repository/d/r",
        ),
        ("AWS::EC2::SecurityGroup", {"GroupDescription": "x", "VpcId": "vpc-1"}, "VpcId", "vpc-1"),
    ],
)
def test_attributes_have_their_value(kind: str, properties: dict[str, Any], attribute: str, value: str) -> None:
    assert _identity(kind, **properties).attributes[attribute] == value


def test_a_domain_arn_carries_its_id() -> None:
    domain = _identity("AWS::SageMaker::Domain")
    assert domain.attributes["DomainArn"] == f"arn:aws:sagemaker:{HERE}:domain/{domain.ref}"
    assert domain.attributes["Url"] == f"https://{domain.ref}.studio.eu-west-1.sagemaker.aws"


def test_a_key_arn_carries_its_id() -> None:
    key = _identity("AWS::KMS::Key")
    assert key.attributes["Arn"] == f"arn:aws:kms:{HERE}:key/{key.ref}"


def test_another_suffix_gives_another_id() -> None:
    for kind in ("AWS::S3::Bucket", "AWS::EC2::VPC", "AWS::KMS::Key", "AWS::SageMaker::Domain"):
        assert _identity(kind).ref != _identity(kind, suffix="ZZZZZZZZZZZZ").ref


def test_suffixes_follow_from_stack_logical_id_and_generation_alone() -> None:
    assert suffix_of("s", "A", 0) == suffix_of("s", "A", 0)
    assert len({suffix_of("s", "A", 0), suffix_of("s", "A", 1), suffix_of("s", "B", 0), suffix_of("t", "A", 0)}) == 4
    assert re.fullmatch(r"[A-Z0-9]{12}", suffix_of("s", "A", 0))


@pytest.mark.parametrize("limit", [20, 32, 63, 64, 255])
def test_generated_names_keep_to_their_limit_and_end_in_the_suffix(limit: int) -> None:
    name = generated_name(
        "a-stack-with-a-rather-long-name", "ALogicalIdThatIsLongAsWellAsItGoes", "ABCDEFGHIJKL", limit
    )
    assert len(name) <= limit
    assert name.endswith("-ABCDEFGHIJKL")


def test_every_type_gets_an_identity_that_its_own_schema_allows() -> None:
    """A generated identifier never contradicts the pattern of a name that a service would refuse."""
    wrong = []
    for name in sorted(set(PROVIDER_SCHEMA_MANAGER.get_resource_types("eu-west-1")) - NOT_MODELLED):
        kind = known_type(name, "eu-west-1")
        path = kind.primary_identifier[0] if len(kind.primary_identifier) == 1 else ()
        if not path or path in kind.read_only or path[0] in kind.schema.get("required", ()):
            continue  # not a name that is generated
        pattern = kind.node(path).get("pattern", "")
        if pattern.startswith("^arn"):
            continue  # the ARN of something else, which nobody makes up
        if name == "AWS::CloudWatch::View":
            continue  # its names need a prefix that no generated name has
        made = _identity(name).physical_id
        if not matches(pattern, made) or len(made) > kind.node(path).get("maxLength", 2048):
            wrong.append((name, made, pattern))
    assert wrong == []
