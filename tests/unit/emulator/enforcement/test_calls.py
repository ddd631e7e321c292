"""What calls of the services take: their actions, resources and condition keys, and the roles that they hand on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator import organization
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.enforcement.roles import allow, deny, document, refused, role

TRUSTS_SAGEMAKER = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
DEFINITION = json.dumps(
    {"Version": "2020-12-01", "Steps": [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]}
)


def arn(service: str, tenant: Tenant, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{tenant.id}:{resource}"


def execution_role(tenant: Tenant, name: str = "run") -> str:
    made = tenant.client("iam").create_role(
        RoleName=name, Path="/platform/developer/", AssumeRolePolicyDocument=document(TRUSTS_SAGEMAKER)
    )
    return str(made["Role"]["Arn"])


def test_a_role_is_handed_only_to_the_service_that_the_policy_names(tenant: Tenant) -> None:
    run = execution_role(tenant)
    mine = allow("sagemaker:CreatePipeline", on=arn("sagemaker", tenant, "pipeline/dev-*"))
    developer = role(tenant, "developer", mine)
    asked = {"PipelineName": "dev-a", "RoleArn": run, "PipelineDefinition": DEFINITION, "ClientRequestToken": "a" * 32}
    told = refused(developer.client("sagemaker").create_pipeline, **asked)
    assert f"not authorized to perform: iam:PassRole on resource: {run} because no identity-based policy" in told
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    developer.may(mine, allow("iam:PassRole", on=run, Condition=to_lambda))
    assert "iam:PassRole" in refused(developer.client("sagemaker").create_pipeline, **asked)
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    developer.may(mine, allow("iam:PassRole", on=run, Condition=to_sagemaker))
    assert developer.client("sagemaker").create_pipeline(**asked)["PipelineArn"]
    elsewhere = {**asked, "PipelineName": "prod-a"}
    assert "pipeline/prod-a" in refused(developer.client("sagemaker").create_pipeline, **elsewhere)


def group(tenant: Tenant) -> str:
    """A model package group with one version, whose ARN is the answer."""
    sagemaker, s3, bucket = tenant.client("sagemaker"), tenant.client("s3"), f"models-{tenant.id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="a.tar.gz", Body=b"")
    sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    container = {"Image": f"{tenant.id}.dkr.ecr.{REGION}.amazonaws.com/a:1", "ModelDataUrl": f"s3://{bucket}/a.tar.gz"}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    made = sagemaker.create_model_package(
        ModelPackageGroupName="churn", InferenceSpecification=specification, ModelApprovalStatus="PendingManualApproval"
    )
    return str(made["ModelPackageArn"])


def test_a_decision_about_a_model_is_known_by_its_status(tenant: Tenant) -> None:
    version = group(tenant)
    decision = {"StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}}
    approver = role(tenant, "approver", allow("sagemaker:UpdateModelPackage", Condition=decision)).client("sagemaker")
    assert approver.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    refused(approver.update_model_package, ModelPackageArn=version, ApprovalDescription="no decision at all")
    refused(approver.update_model_package, ModelPackageArn=version, ModelApprovalStatus="PendingManualApproval")


def test_a_denial_names_the_kind_of_policy_that_denies(tenant: Tenant) -> None:
    version = group(tenant)
    approving = {"ModelPackageArn": version, "ModelApprovalStatus": "Approved"}
    developer = role(tenant, "developer", allow("sagemaker:*"), deny("sagemaker:UpdateModelPackage"))
    assert refused(developer.client("sagemaker").update_model_package, **approving) == (
        f"User: arn:aws:sts::{tenant.id}:assumed-role/developer/jane is not authorized to perform: "
        f"sagemaker:UpdateModelPackage on resource: {version} with an explicit deny in an identity-based policy"
    )
    other = role(tenant, "other", allow("sagemaker:*")).within(
        allow("*"), deny("sagemaker:UpdateModelPackage", Condition={"Null": {"sagemaker:ModelApprovalStatus": "false"}})
    )
    told = refused(other.client("sagemaker").update_model_package, **approving)
    assert told.endswith("with an explicit deny in a permissions boundary")
    assert other.client("sagemaker").update_model_package(ModelPackageArn=version, ApprovalDescription="seen")


def test_the_answer_names_the_statement_that_denied(tenant: Tenant) -> None:
    role_ = role(tenant, "denied", {**deny("sqs:*"), "Sid": "NoQueues"}).client("sqs")
    with pytest.raises(ClientError) as caught:
        role_.list_queues()
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-platform-decided-by"] == "statement NoQueues of the identity-based policy duties"


def test_a_boundary_that_allows_nothing_leaves_nothing(tenant: Tenant) -> None:
    bounded = role(tenant, "bounded", allow("*")).within(allow("sqs:*"))
    assert bounded.client("sqs").list_queues()
    told = refused(bounded.client("sns").list_topics)
    assert told.endswith("because no permissions boundary allows the sns:ListTopics action")


def test_tags_of_a_resource_are_asked_for_when_a_policy_does(tenant: Tenant) -> None:
    sagemaker = tenant.client("sagemaker")
    for name in ("ours", "theirs"):
        sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=[{"Key": "team", "Value": name}])
    own = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    member = role(tenant, "member", allow("sagemaker:DescribeModelPackageGroup", Condition=own))
    client = member.client("sagemaker", Tags=[{"Key": "team", "Value": "ours"}])
    assert client.describe_model_package_group(ModelPackageGroupName="ours")
    refused(client.describe_model_package_group, ModelPackageGroupName="theirs")


def test_tags_given_at_creation_take_the_right_to_tag(tenant: Tenant) -> None:
    maker = role(tenant, "maker", allow("sagemaker:CreateModelPackageGroup"))
    tagged = {"ModelPackageGroupName": "churn", "Tags": [{"Key": "team", "Value": "risk"}]}
    assert "sagemaker:AddTags" in refused(maker.client("sagemaker").create_model_package_group, **tagged)
    only = {"StringEquals": {"aws:RequestTag/team": "risk"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    maker.may(allow("sagemaker:CreateModelPackageGroup", "sagemaker:AddTags", Condition=only))
    assert maker.client("sagemaker").create_model_package_group(**tagged)


def test_a_queue_and_a_topic_let_in_whom_their_policies_name(tenant: Tenant) -> None:
    nobody = role(tenant, "nobody")
    named = {"Effect": "Allow", "Principal": {"AWS": nobody.arn}}
    queue = tenant.client("sqs").create_queue(
        QueueName="q",
        Attributes={"Policy": document({**named, "Action": "sqs:SendMessage", "Resource": arn("sqs", tenant, "q")})},
    )["QueueUrl"]
    assert nobody.client("sqs").send_message(QueueUrl=queue, MessageBody="x")
    assert "sqs:ReceiveMessage" in refused(nobody.client("sqs").receive_message, QueueUrl=queue)
    topic = tenant.client("sns").create_topic(Name="t")["TopicArn"]
    assert "SNS:Publish" in refused(nobody.client("sns").publish, TopicArn=topic, Message="x").replace("sns:", "SNS:")
    tenant.client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=document({**named, "Action": "sns:Publish", "Resource": topic}),
    )
    assert nobody.client("sns").publish(TopicArn=topic, Message="x")


def test_an_encrypted_topic_takes_its_key_besides(tenant: Tenant) -> None:
    key = tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic = tenant.client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    sender = role(tenant, "sender", allow("sns:Publish"))
    assert "kms:GenerateDataKey" in refused(sender.client("sns").publish, TopicArn=topic, Message="x")
    sender.may(allow("sns:Publish"), allow("kms:GenerateDataKey", "kms:Decrypt", on=key))
    assert sender.client("sns").publish(TopicArn=topic, Message="x")


def function(tenant: Tenant, name: str) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    trusts = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = tenant.client("iam").create_role(RoleName=f"run-{name}", AssumeRolePolicyDocument=document(trusts))
    tenant.client("lambda").create_function(
        FunctionName=name, Runtime="python3.13", Handler="index.handler", Role=made["Role"]["Arn"],
        Code={"ZipFile": packed.getvalue()},
    )  # fmt: skip


def test_a_function_is_invoked_by_name_or_arn_where_the_policy_names_it(tenant: Tenant) -> None:
    function(tenant, "start")
    starter = role(tenant, "starter", allow("lambda:InvokeFunction", on=arn("lambda", tenant, "function:start")))
    client = starter.client("lambda")
    for name in ("start", arn("lambda", tenant, "function:start")):
        assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    refused(client.invoke, FunctionName="other")
    refused(client.get_function, FunctionName="start")


def test_events_are_put_on_the_bus_and_from_the_source_that_a_policy_names(tenant: Tenant) -> None:
    only = {"StringEquals": {"events:source": "platform.training"}}
    sender = role(
        tenant, "sender", allow("events:PutEvents", on=arn("events", tenant, "event-bus/default"), Condition=only)
    )
    entry = {"Source": "platform.training", "DetailType": "Done", "Detail": "{}"}
    assert sender.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    refused(sender.client("events").put_events, Entries=[{**entry, "Source": "aws.sagemaker"}])
    refused(sender.client("events").put_events, Entries=[{**entry, "EventBusName": "other"}])


def test_metrics_are_written_under_the_namespace_that_a_policy_names(tenant: Tenant) -> None:
    only = {"StringEquals": {"cloudwatch:namespace": "Platform/Models"}}
    writer = role(tenant, "writer", allow("cloudwatch:PutMetricData", Condition=only)).client("cloudwatch")
    datum = {"MetricName": "DriftViolations", "Value": 1}
    assert writer.put_metric_data(Namespace="Platform/Models", MetricData=[datum])
    refused(writer.put_metric_data, Namespace="Platform/Other", MetricData=[datum])


def test_parameters_tables_logs_and_repositories_are_known_by_name(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/platform/network/vpc-id", Value="vpc-1", Type="String")
    tenant.client("logs").create_log_group(logGroupName="/platform/a")
    allowed = role(
        tenant,
        "reader",
        allow("ssm:GetParameter*", on=arn("ssm", tenant, "parameter/platform/*")),
        allow("logs:CreateLogStream", on=arn("logs", tenant, "log-group:/platform/*:*")),
        allow("dynamodb:PutItem", on=arn("dynamodb", tenant, "table/runs")),
        allow("ecr:DescribeImages", on=arn("ecr", tenant, "repository/platform/*")),
    )
    ssm = allowed.client("ssm")
    assert ssm.get_parameter(Name="/platform/network/vpc-id")
    assert ssm.get_parameters(Names=["/platform/network/vpc-id"])
    assert ssm.get_parameters_by_path(Path="/platform/network")
    assert "parameter/other" in refused(ssm.get_parameters, Names=["/platform/network/vpc-id", "/other"])
    assert allowed.client("logs").create_log_stream(logGroupName="/platform/a", logStreamName="s")
    refused(allowed.client("logs").create_log_stream, logGroupName="/aws/a", logStreamName="s")
    refused(allowed.client("dynamodb").put_item, TableName="other", Item={"id": {"S": "1"}})
    with pytest.raises(ClientError, match="ResourceNotFound"):
        allowed.client("dynamodb").put_item(TableName="runs", Item={"id": {"S": "1"}})
    refused(allowed.client("ecr").describe_images, repositoryName="other/a")


def test_a_stack_takes_the_call_and_the_right_to_pass_its_role(tenant: Tenant) -> None:
    trusts = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    stacks = tenant.client("iam").create_role(RoleName="stacks", AssumeRolePolicyDocument=document(trusts))["Role"][
        "Arn"
    ]
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    deployer = role(tenant, "deployer", allow("cloudformation:*", on=arn("cloudformation", tenant, "stack/model-*/*")))
    asked = {"StackName": "model-a", "TemplateBody": body}
    assert deployer.client("cloudformation").create_stack(**asked)["StackId"]
    refused(deployer.client("cloudformation").create_stack, **{**asked, "StackName": "other"})
    assert "iam:PassRole" in refused(
        deployer.client("cloudformation").create_stack, **{**asked, "StackName": "model-b", "RoleARN": stacks}
    )


def test_a_role_is_made_only_with_the_boundary_that_a_policy_names(tenant: Tenant) -> None:
    boundary = f"arn:aws:iam::{tenant.id}:policy/cap"
    tenant.client("iam").create_policy(PolicyName="cap", PolicyDocument=document(allow("*")))
    only = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    on = f"arn:aws:iam::{tenant.id}:role/platform/*"
    maker = role(tenant, "maker", allow("iam:CreateRole", "iam:PutRolePolicy", on=on, Condition=only)).client("iam")
    asked: dict[str, Any] = {"AssumeRolePolicyDocument": document(TRUSTS_SAGEMAKER), "RoleName": "a"}
    refused(maker.create_role, **asked, Path="/platform/")
    refused(maker.create_role, **asked, PermissionsBoundary=boundary)
    assert maker.create_role(**asked, Path="/platform/", PermissionsBoundary=boundary)
    # The boundary of the role that is there counts when its policies change.
    assert maker.put_role_policy(RoleName="a", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    tenant.client("iam").delete_role_permissions_boundary(RoleName="a")
    refused(maker.put_role_policy, RoleName="a", PolicyName="p", PolicyDocument=document(allow("s3:*")))


def test_assuming_a_role_takes_both_sides_across_accounts_and_one_within(tenant: Tenant) -> None:
    goal = tenant.role("goal", {"Effect": "Allow", "Principal": {"AWS": tenant.id}, "Action": "sts:AssumeRole"})
    caller = role(tenant, "caller")
    asked = {"RoleArn": goal, "RoleSessionName": "jane"}
    assert "because no identity-based policy allows the sts:AssumeRole action" in refused(
        caller.client("sts").assume_role, **asked
    )
    named = tenant.role("named", {"Effect": "Allow", "Principal": {"AWS": caller.arn}, "Action": "sts:AssumeRole"})
    assert caller.client("sts").assume_role(**{**asked, "RoleArn": named})
    caller.may(allow("sts:AssumeRole", on=goal))
    assert caller.client("sts").assume_role(**asked)
    untrusting = tenant.role("shut", TRUSTS_SAGEMAKER)
    caller.may(allow("*"))
    assert "because no role trust policy allows the sts:AssumeRole action" in refused(
        caller.client("sts").assume_role, **{**asked, "RoleArn": untrusting}
    )


def test_everybody_may_ask_who_they_are(tenant: Tenant) -> None:
    assert role(tenant, "nobody").client("sts").get_caller_identity()["Account"] == tenant.id


def test_what_the_emulator_cannot_decide_is_refused_by_name(tenant: Tenant) -> None:
    source = {"StringEquals": {"aws:UserAgent": "x"}}
    admin = role(tenant, "admin", allow("*"), deny("sqs:ListQueues", Condition=source))
    told = refused(admin.client("sqs").list_queues)
    assert "the emulated landscape cannot decide it" in told
    assert "condition key aws:UserAgent is not modelled" in told


def test_users_are_held_to_their_policies_too(tenant: Tenant) -> None:
    from tests.unit.emulator.conftest import signed

    iam = tenant.client("iam")
    iam.create_user(UserName="joe")
    key = iam.create_access_key(UserName="joe")["AccessKey"]
    joe = signed("sqs", tenant.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert f"User: arn:aws:iam::{tenant.id}:user/joe is not authorized" in refused(joe.list_queues)
    iam.create_group(GroupName="readers")
    iam.put_group_policy(GroupName="readers", PolicyName="reading", PolicyDocument=document(allow("sqs:List*")))
    iam.add_user_to_group(GroupName="readers", UserName="joe")
    assert joe.list_queues()


def test_of_a_service_without_a_table_what_could_never_be_allowed_is_refused(tenant: Tenant) -> None:
    nobody = role(tenant, "nobody", allow("s3:*"))
    told = refused(nobody.client("efs").describe_file_systems)
    assert told.endswith("because no identity-based policy allows the elasticfilesystem:DescribeFileSystems action")
    bounded = role(tenant, "bounded", allow("*")).within(allow("s3:*"))
    told = refused(bounded.client("efs").describe_file_systems)
    assert told.endswith("because no permissions boundary allows the elasticfilesystem:DescribeFileSystems action")
    denied = role(tenant, "denied", allow("*"), deny("elasticfilesystem:Describe*"))
    assert refused(denied.client("efs").describe_file_systems).endswith("explicit deny in an identity-based policy")
    somebody = role(tenant, "somebody", allow("elasticfilesystem:Describe*", on="arn:aws:elasticfilesystem:*:*:*"))
    assert somebody.client("efs").describe_file_systems()["FileSystems"] == []


def test_a_service_control_policy_of_any_level_holds_every_role_of_its_accounts(
    new_tenant: Callable[[], Tenant],
) -> None:
    management, team = new_tenant(), new_tenant()
    unit = f"ou-team-{management.id[-8:]}"
    organization.seed(f"o-test{management.id}", management.id, {unit: "workload"}, {team.id: ("team-dev", unit)})
    organizations = management.client("organizations")

    def attach(target: str, *statements: Mapping[str, Any]) -> None:
        made = organizations.create_policy(
            Name=target, Description="-", Type="SERVICE_CONTROL_POLICY", Content=document(*statements)
        )
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)

    everybody = role(team, "everybody", allow("*"))
    sqs, sns = everybody.client("sqs"), everybody.client("sns")
    attach(unit, allow("*"), deny("sqs:ListQueues"))
    assert refused(sqs.list_queues).endswith("with an explicit deny in a service control policy")
    attach(team.id, allow("sqs:*"))
    assert refused(sns.list_topics).endswith("because no service control policy allows the sns:ListTopics action")
    assert sqs.create_queue(QueueName="a")
    assert "no service control policy allows the sts:AssumeRole action" in refused(everybody.client, service="sqs")
