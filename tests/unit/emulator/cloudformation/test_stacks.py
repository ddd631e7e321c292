"""Stacks through the CloudFormation API, as boto3 and its waiters see them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.unit.emulator import plumbing
from tests.unit.emulator.conftest import REGION, Tenant

NAMED = ["CAPABILITY_NAMED_IAM"]


def parameter(name: str, value: Any = "x", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}, **more}


def body(outputs: dict[str, Any] | None = None, parameters: dict[str, Any] | None = None, **resources: Any) -> str:
    template: dict[str, Any] = {"Resources": resources}
    if outputs:
        template["Outputs"] = outputs
    if parameters:
        template["Parameters"] = parameters
    return json.dumps(template)


def settled(cloudformation: Any, name: str, waiter: str) -> dict[str, Any]:
    cloudformation.get_waiter(waiter).wait(StackName=name)
    return dict(cloudformation.describe_stacks(StackName=name)["Stacks"][0])


def test_a_created_stack_is_described_with_what_was_asked(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    template = body(
        {"Name": {"Value": {"Ref": "P"}, "Description": "It", "Export": {"Name": "the-name"}}},
        {"Value": {"Type": "String", "Default": "v"}, "Secret": {"Type": "String", "NoEcho": True}},
        P=parameter("/one", {"Ref": "Value"}),
    )
    given = [{"ParameterKey": "Secret", "ParameterValue": "hidden"}]
    made = cloudformation.create_stack(
        StackName="one", TemplateBody=template, Parameters=given, Tags=[{"Key": "team", "Value": "risk"}]
    )
    stack = settled(cloudformation, "one", "stack_create_complete")
    assert made["StackId"] == stack["StackId"]
    assert stack["StackId"].startswith(f"arn:aws:cloudformation:{REGION}:{tenant.id}:stack/one/")
    assert {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]} == {
        "Value": "v",
        "Secret": "****",
    }
    assert stack["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert stack["Outputs"] == [
        {"OutputKey": "Name", "OutputValue": "/one", "Description": "It", "ExportName": "the-name"}
    ]
    assert cloudformation.list_exports()["Exports"] == [
        {"ExportingStackId": stack["StackId"], "Name": "the-name", "Value": "/one"}
    ]


def test_what_a_stack_makes_is_there_for_other_services(tenant: Tenant) -> None:
    tenant.client("cloudformation").create_stack(StackName="one", TemplateBody=body(P=parameter("/one", "seen")))
    assert tenant.client("ssm").get_parameter(Name="/one")["Parameter"]["Value"] == "seen"


def test_a_template_reads_parameters_of_its_account(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/list", Value="a,b", Type="StringList")
    template = body(
        {"Joined": {"Value": {"Fn::Join": ["+", {"Ref": "List"}]}}},
        {"List": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/list"}},
        P=parameter("/copy", "{{resolve:ssm:/list}}"),
    )
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=template)
    stack = settled(cloudformation, "one", "stack_create_complete")
    assert stack["Outputs"][0]["OutputValue"] == "a+b"
    assert stack["Parameters"][0]["ResolvedValue"] == "a,b"
    assert tenant.client("ssm").get_parameter(Name="/copy")["Parameter"]["Value"] == "a,b"


def test_a_failure_rolls_everything_back_and_says_why(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/taken", Value="x", Type="String")
    cloudformation = tenant.client("cloudformation")
    template = body(First=parameter("/first"), Second=parameter("/taken", DependsOn="First"))
    cloudformation.create_stack(StackName="one", TemplateBody=template)
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="one")
    assert cloudformation.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        tenant.client("ssm").get_parameter(Name="/first")
    events = cloudformation.describe_stack_events(StackName="one")["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert [each["LogicalResourceId"] for each in failed] == ["Second"]
    assert "already exists" in failed[0]["ResourceStatusReason"]
    assert len({each["EventId"] for each in events}) == len(events)


def test_an_update_changes_what_changed_and_a_second_one_is_refused(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one", "a")))
    after = body(P=parameter("/one", "b"))
    cloudformation.update_stack(StackName="one", TemplateBody=after)
    assert settled(cloudformation, "one", "stack_update_complete")["StackStatus"] == "UPDATE_COMPLETE"
    assert tenant.client("ssm").get_parameter(Name="/one")["Parameter"]["Value"] == "b"
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        cloudformation.update_stack(StackName="one", UsePreviousTemplate=True)
    assert cloudformation.get_template(StackName="one")["TemplateBody"]


def test_a_failed_update_restores_what_was(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/taken", Value="x", Type="String")
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one", "a")))
    after = body(P=parameter("/one", "b"), Q=parameter("/taken", DependsOn="P"))
    cloudformation.update_stack(StackName="one", TemplateBody=after)
    assert cloudformation.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert tenant.client("ssm").get_parameter(Name="/one")["Parameter"]["Value"] == "a"


def test_a_deleted_stack_is_found_by_its_arn_alone(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    arn = cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))["StackId"]
    cloudformation.delete_stack(StackName="one")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="one")
    with pytest.raises(ClientError, match="Stack with id one does not exist"):
        cloudformation.describe_stacks(StackName="one")
    gone = cloudformation.describe_stacks(StackName=arn)["Stacks"][0]
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert gone["DeletionTime"] >= gone["CreationTime"]
    with pytest.raises(ClientError, match="ParameterNotFound"):
        tenant.client("ssm").get_parameter(Name="/one")


def test_a_protected_stack_is_not_deleted(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(
        StackName="one", TemplateBody=body(P=parameter("/one")), EnableTerminationProtection=True
    )
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName="one")
    cloudformation.update_termination_protection(StackName="one", EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName="one")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="one")


def test_a_stack_whose_export_is_used_stays(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    exporting = body({"Out": {"Value": "v", "Export": {"Name": "used"}}}, P=parameter("/one"))
    cloudformation.create_stack(StackName="one", TemplateBody=exporting)
    importing = body(Q=parameter("/two", {"Fn::ImportValue": "used"}))
    cloudformation.create_stack(StackName="two", TemplateBody=importing)
    assert cloudformation.list_imports(ExportName="used")["Imports"] == ["two"]
    cloudformation.delete_stack(StackName="one")
    kept = cloudformation.describe_stacks(StackName="one")["Stacks"][0]
    assert kept["StackStatus"] == "CREATE_COMPLETE"
    assert "Cannot delete export used as it is in use by two" in kept["StackStatusReason"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"TemplateBody": "Resources: ["}, "Template format error"),
        ({"TemplateBody": "x" * 51_201}, "less than or equal to 51200"),
        ({}, "Either Template URL or Template Body must be specified"),
        ({"TemplateURL": "https://no-such-bucket.s3.eu-west-1.amazonaws.com/t.yaml"}, "bucket does not exist"),
        ({"TemplateBody": body(P={"Type": "AWS::No::Such"})}, "AWS::No::Such"),
        (
            {"TemplateBody": body(P=parameter("/p")), "OnFailure": "DELETE", "DisableRollback": True},
            "either DisableRollback or OnFailure",
        ),
    ],
)
def test_a_bad_request_is_refused_and_leaves_nothing(tenant: Tenant, given: dict[str, Any], message: str) -> None:
    cloudformation = tenant.client("cloudformation")
    with pytest.raises(ClientError, match=message) as error:
        cloudformation.create_stack(StackName="one", **given)
    assert error.value.response["Error"]["Code"] == "ValidationError"
    assert cloudformation.list_stacks()["StackSummaries"] == []


def test_powers_over_iam_must_be_acknowledged(tenant: Tenant) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust}}
    with pytest.raises(ClientError) as error:
        tenant.client("cloudformation").create_stack(StackName="one", TemplateBody=body(R=role))
    assert error.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"


@pytest.mark.parametrize("address", ["https://{bucket}.s3.eu-west-1.amazonaws.com/{key}", "{url}/{bucket}/{key}"])
def test_a_large_template_comes_from_a_bucket(tenant: Tenant, address: str) -> None:
    bucket, key = f"templates-{tenant.id}", "a folder/t.json"
    s3 = tenant.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    large = body({"Long": {"Value": "v" * 1000, "Description": "d"}}, P=parameter("/one")) + " " * 60_000
    s3.put_object(Bucket=bucket, Key=key, Body=large.encode())
    cloudformation = tenant.client("cloudformation")
    url = address.format(bucket=bucket, key=key.replace(" ", "%20"), url=tenant.url)
    cloudformation.create_stack(StackName="one", TemplateURL=url)
    settled(cloudformation, "one", "stack_create_complete")


def test_a_name_is_taken_until_its_stack_is_deleted(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))
    with pytest.raises(ClientError) as error:
        cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/two")))
    assert error.value.response["Error"]["Code"] == "AlreadyExistsException"
    tenant.client("cloudformation", "eu-central-1").create_stack(StackName="one", TemplateBody=body(P=parameter("/a")))


def test_resources_say_whether_something_stands_behind_them(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    alarm_action = {"Type": "AWS::SSM::Association", "Properties": {"Name": "AWS-RunPatchBaseline"}}
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one"), A=alarm_action))
    shown = {
        name: cloudformation.describe_stack_resource(StackName="one", LogicalResourceId=name)["StackResourceDetail"]
        for name in ("P", "A")
    }
    assert {name: each["Description"] for name, each in shown.items()} == {"P": "native", "A": "schema-only"}
    by_id = cloudformation.describe_stack_resources(PhysicalResourceId="/one")["StackResources"]
    assert {each["LogicalResourceId"] for each in by_id} == {"P", "A"}


def test_a_template_is_summed_up(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    template = body(None, {"Size": {"Type": "String", "AllowedValues": ["s", "l"], "Default": "s"}}, P=parameter("/p"))
    summary = cloudformation.get_template_summary(TemplateBody=template)
    assert summary["ResourceTypes"] == ["AWS::SSM::Parameter"]
    assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["s", "l"]}
    assert cloudformation.validate_template(TemplateBody=template)["Parameters"][0]["DefaultValue"] == "s"


def test_every_event_of_a_stack_is_told_to_its_topics(tenant: Tenant) -> None:
    sns, cloudformation = tenant.client("sns"), tenant.client("cloudformation")
    queue = plumbing.queue(tenant, "told", "sns.amazonaws.com")
    topic, gone = (sns.create_topic(Name=each)["TopicArn"] for each in ("told", "gone"))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.delete_topic(TopicArn=gone)
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")), NotificationARNs=[gone, topic])
    plumbing.settle()
    told = plumbing.bodies(tenant, queue)
    events = cloudformation.describe_stack_events(StackName="one")["StackEvents"]
    assert {each["Subject"] for each in told} == {"AWS CloudFormation Notification"}
    messages = [dict(line.split("=", 1) for line in each["Message"].splitlines()) for each in told]
    assert {each["EventId"] for each in messages} == {f"'{each['EventId']}'" for each in events}
    assert messages[0]["ResourceType"] == "'AWS::CloudFormation::Stack'"


def test_what_is_no_topic_cannot_be_notified(tenant: Tenant) -> None:
    with pytest.raises(ClientError, match="nonsense is not the ARN of an SNS topic"):
        tenant.client("cloudformation").create_stack(
            StackName="one", TemplateBody=body(P=parameter("/one")), NotificationARNs=["nonsense"]
        )


def test_a_deletion_that_is_under_way_may_be_asked_for_again(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    many = {f"P{number}": parameter(f"/many/{number}") for number in range(40)}
    made = cloudformation.create_stack(StackName="one", TemplateBody=body(**many))["StackId"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: cloudformation.delete_stack(StackName=made), range(8)))
    assert {each["ResponseMetadata"]["HTTPStatusCode"] for each in answers} == {200}
    stack = settled(cloudformation, made, "stack_delete_complete")
    assert stack["StackStatus"] == "DELETE_COMPLETE"
    assert tenant.client("ssm").describe_parameters()["Parameters"] == []
