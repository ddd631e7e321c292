"""What handlers make is whole, is there for the service's own API, changes in place, and goes again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from harness.emulator import background
from tests.unit.emulator.cloudformation.things import POLICY, TRUST, changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant

PIPELINE = '{"Version": "2020-12-01", "Steps": [{"Name": "Stop", "Type": "Fail"}]}'


def test_a_bucket_has_what_its_template_says(tenant: Tenant) -> None:
    bucket = made(
        tenant,
        "AWS::S3::Bucket",
        VersioningConfiguration={"Status": "Enabled"},
        BucketEncryption={
            "ServerSideEncryptionConfiguration": [
                {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
            ]
        },
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "RestrictPublicBuckets": True},
        LifecycleConfiguration={"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 10}]},
        Tags=[{"Key": "own", "Value": "yes"}],
    )
    s3 = tenant.client("s3")
    assert bucket.id == bucket.id.lower()
    assert s3.get_bucket_versioning(Bucket=bucket.id)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(Bucket=bucket.id)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert s3.get_public_access_block(Bucket=bucket.id)["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket.id)["Rules"][0]["Expiration"] == {"Days": 10}
    tags = {each["Key"]: each["Value"] for each in s3.get_bucket_tagging(Bucket=bucket.id)["TagSet"]}
    assert tags == {"own": "yes", "team": "risk"}
    assert bucket.attribute("Arn") == f"arn:aws:s3:::{bucket.id}"
    changed(bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket.id)["Status"] == "Suspended"
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket.id)


@pytest.mark.parametrize("versioned", [False, True])
def test_a_bucket_that_is_not_empty_stays(tenant: Tenant, versioned: bool) -> None:
    status = {"VersioningConfiguration": {"Status": "Enabled"}} if versioned else {}
    bucket = made(tenant, "AWS::S3::Bucket", **status)
    s3 = tenant.client("s3")
    s3.put_object(Bucket=bucket.id, Key="k", Body=b"x")
    if versioned:
        s3.delete_object(Bucket=bucket.id, Key="k")
    with pytest.raises(ResourceFailure, match="not empty"):
        removed(bucket)
    for version in s3.list_object_versions(Bucket=bucket.id).get("Versions", []):
        s3.delete_object(Bucket=bucket.id, Key="k", VersionId=version["VersionId"])
    for marker in s3.list_object_versions(Bucket=bucket.id).get("DeleteMarkers", []):
        s3.delete_object(Bucket=bucket.id, Key="k", VersionId=marker["VersionId"])
    removed(bucket)
    assert s3.list_buckets()["Buckets"] == []


def test_half_a_bucket_is_not_left_behind(tenant: Tenant) -> None:
    with pytest.raises(ResourceFailure):
        made(
            tenant,
            "AWS::S3::Bucket",
            BucketName=f"half-{tenant.id}",
            LoggingConfiguration={"DestinationBucketName": "no-such-bucket"},
        )
    assert tenant.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::S3::Bucket", {"BucketName": "taken-by-somebody"}),
        ("AWS::IAM::Role", {"RoleName": "taken", "AssumeRolePolicyDocument": TRUST}),
        ("AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "taken", "PolicyDocument": POLICY}),
        ("AWS::SSM::Parameter", {"Name": "/taken", "Type": "String", "Value": "x"}),
        ("AWS::SNS::Topic", {"TopicName": "taken"}),
        ("AWS::SQS::Queue", {"QueueName": "taken"}),
        ("AWS::Logs::LogGroup", {"LogGroupName": "taken"}),
        ("AWS::ECR::Repository", {"RepositoryName": "taken"}),
        ("AWS::Events::Rule", {"Name": "taken", "ScheduleExpression": "rate(1 hour)"}),
    ],
)
def test_a_name_that_is_taken_fails(tenant: Tenant, kind: str, properties: dict[str, Any]) -> None:
    if kind == "AWS::S3::Bucket":
        properties = {"BucketName": f"taken-{tenant.id}"}
    thing = made(tenant, kind, **properties)
    with pytest.raises(ResourceFailure, match=r"exist.*HandlerErrorCode: AlreadyExists"):
        made(tenant, kind, **properties)
    removed(thing)
    removed(made(tenant, kind, **properties))


def test_a_role_carries_its_policies_and_boundary(tenant: Tenant) -> None:
    iam = tenant.client("iam")
    boundary = made(tenant, "AWS::IAM::ManagedPolicy", ManagedPolicyName="platform-boundary", PolicyDocument=POLICY)
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    role = made(
        tenant,
        "AWS::IAM::Role",
        Path="/platform/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=boundary.id,
        ManagedPolicyArns=[managed],
        Policies=[{"PolicyName": "read", "PolicyDocument": POLICY}],
    )
    found = iam.get_role(RoleName=role.id)["Role"]
    assert found["Arn"] == role.attribute("Arn") == f"arn:aws:iam::{tenant.id}:role/platform/{role.id}"
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary.id
    assert iam.list_role_policies(RoleName=role.id)["PolicyNames"] == ["read"]
    attached = iam.list_attached_role_policies(RoleName=role.id)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [managed]
    bare = changed(role, Path="/platform/", AssumeRolePolicyDocument=TRUST)
    assert iam.list_role_policies(RoleName=role.id)["PolicyNames"] == []
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role.id)["Role"]
    removed(bare)
    removed(boundary)
    assert iam.list_roles()["Roles"] == []


def test_a_role_whose_policy_does_not_exist_is_not_made(tenant: Tenant) -> None:
    missing = f"arn:aws:iam::{tenant.id}:policy/missing"
    with pytest.raises(ResourceFailure, match="missing"):
        made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST, ManagedPolicyArns=[missing])
    assert tenant.client("iam").list_roles()["Roles"] == []


def test_a_failed_update_sets_the_old_values_again(tenant: Tenant) -> None:
    role = made(
        tenant,
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=TRUST,
        Policies=[{"PolicyName": "read", "PolicyDocument": POLICY}],
    )
    with pytest.raises(ResourceFailure):
        changed(role, AssumeRolePolicyDocument=TRUST, ManagedPolicyArns=[f"arn:aws:iam::{tenant.id}:policy/missing"])
    assert tenant.client("iam").list_role_policies(RoleName=role.id)["PolicyNames"] == ["read"]


def test_a_policy_changes_more_often_than_iam_keeps_versions(tenant: Tenant) -> None:
    policy = made(tenant, "AWS::IAM::ManagedPolicy", PolicyDocument=POLICY)
    for action in ("s3:PutObject", "s3:ListBucket", "kms:Decrypt", "kms:Encrypt", "sns:Publish", "sqs:SendMessage"):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        policy = changed(policy, PolicyDocument=document)
    version = tenant.client("iam").get_policy(PolicyArn=policy.id)["Policy"]["DefaultVersionId"]
    found = tenant.client("iam").get_policy_version(PolicyArn=policy.id, VersionId=version)["PolicyVersion"]
    assert "sqs:SendMessage" in json.dumps(found["Document"])


def test_a_key_rotates_and_has_its_alias(tenant: Tenant) -> None:
    kms = tenant.client("kms")
    key = made(tenant, "AWS::KMS::Key", EnableKeyRotation=True, Description="data")
    alias = made(tenant, "AWS::KMS::Alias", AliasName="alias/platform-data", TargetKeyId=key.attribute("Arn"))
    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]
    assert kms.describe_key(KeyId=alias.id)["KeyMetadata"]["Arn"] == key.attribute("Arn")
    removed(alias)
    removed(key)
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_network_is_there_for_ec2(tenant: Tenant) -> None:
    ec2 = tenant.client("ec2")
    vpc = made(tenant, "AWS::EC2::VPC", CidrBlock="10.64.0.0/20", EnableDnsHostnames=True)
    subnet = made(tenant, "AWS::EC2::Subnet", VpcId=vpc.id, CidrBlock="10.64.0.0/24", AvailabilityZone=f"{REGION}a")
    table = made(tenant, "AWS::EC2::RouteTable", VpcId=vpc.id)
    joined = made(tenant, "AWS::EC2::SubnetRouteTableAssociation", SubnetId=subnet.id, RouteTableId=table.id)
    group = made(
        tenant,
        "AWS::EC2::SecurityGroup",
        GroupDescription="endpoints",
        VpcId=vpc.id,
        SecurityGroupEgress=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.64.0.0/20"}],
    )
    nfs = {"GroupId": group.id, "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}
    rule = made(tenant, "AWS::EC2::SecurityGroupIngress", **nfs, SourceSecurityGroupId=group.id)
    endpoint = made(
        tenant,
        "AWS::EC2::VPCEndpoint",
        VpcId=vpc.id,
        ServiceName=f"com.amazonaws.{REGION}.sts",
        VpcEndpointType="Interface",
        SubnetIds=[subnet.id],
        SecurityGroupIds=[group.id],
        PrivateDnsEnabled=True,
    )
    assert ec2.describe_vpc_attribute(VpcId=vpc.id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    found = ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert [each["FromPort"] for each in found["IpPermissionsEgress"]] == [443]
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group.id
    assert ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint.id])["VpcEndpoints"][0]["PrivateDnsEnabled"]
    for thing in (endpoint, rule, group, joined, table, subnet, vpc):
        removed(thing)
    assert vpc.id not in {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]}


def test_a_subnet_must_lie_in_its_vpc(tenant: Tenant) -> None:
    vpc = made(tenant, "AWS::EC2::VPC", CidrBlock="10.64.0.0/20")
    with pytest.raises(ResourceFailure, match=r"10\.0\.0\.0/24"):
        made(tenant, "AWS::EC2::Subnet", VpcId=vpc.id, CidrBlock="10.0.0.0/24")


def test_a_function_takes_its_code_and_its_callers(tenant: Tenant) -> None:
    role = made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role.attribute("Arn")}
    function = made(tenant, "AWS::Lambda::Function", **common, Code={"ZipFile": "def handler(e, c): ..."}, Timeout=30)
    permission = made(
        tenant,
        "AWS::Lambda::Permission",
        FunctionName=function.id,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    client = tenant.client("lambda")
    assert client.get_function_configuration(FunctionName=function.id)["Timeout"] == 30
    policy = json.loads(client.get_policy(FunctionName=function.id)["Policy"])
    assert policy["Statement"][0]["Sid"] == permission.id
    changed(function, **common, Code={"ZipFile": "def handler(e, c): ..."}, Timeout=60)
    assert client.get_function_configuration(FunctionName=function.id)["Timeout"] == 60
    with pytest.raises(ResourceFailure, match="NoSuchBucket"):
        made(tenant, "AWS::Lambda::Function", **common, Code={"S3Bucket": "no-such-bucket", "S3Key": "k"})


def test_messages_flow_through_what_was_made(tenant: Tenant) -> None:
    topic = made(tenant, "AWS::SNS::Topic", DisplayName="alarms")
    queue = made(tenant, "AWS::SQS::Queue", MessageRetentionPeriod=1_209_600)
    made(
        tenant,
        "AWS::SNS::Subscription",
        TopicArn=topic.id,
        Protocol="sqs",
        Endpoint=queue.attribute("Arn"),
        RawMessageDelivery=True,
    )
    made(tenant, "AWS::SNS::TopicPolicy", Topics=[topic.id], PolicyDocument=POLICY)
    lets_in = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.attribute("Arn"),
        "Condition": {"ArnEquals": {"aws:SourceArn": topic.id}},
    }
    made(tenant, "AWS::SQS::QueuePolicy", Queues=[queue.id], PolicyDocument={"Statement": [lets_in]})
    tenant.client("sns").publish(TopicArn=topic.id, Message="hello")
    assert background.wait_until_idle(10)
    received = tenant.client("sqs").receive_message(QueueUrl=queue.id)["Messages"]
    assert [each["Body"] for each in received] == ["hello"]


def test_a_rule_sends_to_its_targets(tenant: Tenant) -> None:
    queue = made(tenant, "AWS::SQS::Queue")
    lets_in = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.attribute("Arn"),
    }
    made(tenant, "AWS::SQS::QueuePolicy", Queues=[queue.id], PolicyDocument={"Statement": [lets_in]})
    target = {"Id": "queue", "Arn": queue.attribute("Arn")}
    rule = made(tenant, "AWS::Events::Rule", EventPattern={"source": ["platform"]}, Targets=[target])
    tenant.client("events").put_events(Entries=[{"Source": "platform", "DetailType": "t", "Detail": "{}"}])
    assert background.wait_until_idle(10)
    assert tenant.client("sqs").receive_message(QueueUrl=queue.id)["Messages"]
    removed(rule)
    assert tenant.client("events").list_rules()["Rules"] == []


def test_a_domain_looks_as_at_aws_and_changes_in_place(tenant: Tenant) -> None:
    given = {
        "DomainName": "studio",
        "AuthMode": "IAM",
        "DefaultUserSettings": {"ExecutionRole": "arn:aws:iam::1:role/a"},
    }
    domain = made(tenant, "AWS::SageMaker::Domain", **given, VpcId="vpc-1", SubnetIds=["subnet-1"])
    client = tenant.client("sagemaker")
    assert client.describe_domain(DomainId=domain.id)["DomainArn"] == domain.attribute("DomainArn")
    assert domain.attribute("Url") == f"https://{domain.id}.studio.{REGION}.sagemaker.aws"
    settings = {"ExecutionRole": "arn:aws:iam::1:role/b"}
    changed(domain, **(given | {"DefaultUserSettings": settings}), VpcId="vpc-1", SubnetIds=["subnet-1"])
    assert client.describe_domain(DomainId=domain.id)["DefaultUserSettings"] == settings
    with pytest.raises(ResourceFailure, match="already exists"):
        made(tenant, "AWS::SageMaker::Domain", **given, VpcId="vpc-1", SubnetIds=["subnet-1"])
    removed(domain)
    assert client.list_domains()["Domains"] == []


def test_a_group_that_holds_models_stays(tenant: Tenant) -> None:
    group = made(tenant, "AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName="churn")
    client = tenant.client("sagemaker")
    client.create_model_package(ModelPackageGroupName="churn", SourceUri="s3://models/first")
    with pytest.raises(ResourceFailure, match="contains model packages"):
        removed(group)


def test_the_rest_is_made_and_goes_again(tenant: Tenant) -> None:
    role = made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    things = [
        made(tenant, "AWS::IAM::RolePolicy", RoleName=role.id, PolicyName="p", PolicyDocument=POLICY),
        made(tenant, "AWS::IAM::Policy", Roles=[role.id], PolicyName="q", PolicyDocument=POLICY),
        made(tenant, "AWS::IAM::InstanceProfile", Roles=[role.id]),
        made(tenant, "AWS::Logs::LogGroup", RetentionInDays=30),
        made(tenant, "AWS::ECR::Repository", ImageTagMutability="IMMUTABLE"),
        made(
            tenant,
            "AWS::DynamoDB::Table",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ),
        made(
            tenant,
            "AWS::SageMaker::Pipeline",
            PipelineName="train",
            PipelineDefinition={"PipelineDefinitionBody": PIPELINE},
            RoleArn=role.attribute("Arn"),
        ),
        made(tenant, "AWS::SageMaker::NotebookInstance", InstanceType="ml.t3.medium", RoleArn=role.attribute("Arn")),
    ]
    logs = tenant.client("logs").describe_log_groups()["logGroups"]
    assert [each["retentionInDays"] for each in logs] == [30]
    repository = tenant.client("ecr").describe_repositories()["repositories"][0]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    table = tenant.client("dynamodb").list_tables()["TableNames"][0]
    backups = tenant.client("dynamodb").describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    for thing in reversed(things):
        removed(thing)
        removed(thing)  # what is gone already is no failure
    removed(role)
    assert tenant.client("iam").list_roles()["Roles"] == []
    assert tenant.client("sagemaker").list_notebook_instances()["NotebookInstances"] == []
