"""What S3 tells of objects that come and go, and whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import allow, bodies, function, letting_in, queue, settle, url_of

BRIDGE = {"EventBridgeConfiguration": {}}


def bucket(tenant: Tenant, configuration: Any = None, versioned: bool = False) -> str:
    name, s3 = f"data-{tenant.id}", tenant.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if configuration is not None:
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
    return name


def listening(tenant: Tenant) -> str:
    """A queue that gets what S3 puts on the bus."""
    target = queue(tenant, "heard", "events.amazonaws.com")
    tenant.client("events").put_rule(Name="s3", EventPattern='{"source": ["aws.s3"]}')
    tenant.client("events").put_targets(Rule="s3", Targets=[{"Id": "1", "Arn": target}])
    return target


def heard(tenant: Tenant, target: str) -> list[tuple[str, str, str]]:
    settle()
    return [
        (
            each["detail-type"],
            each["detail"]["object"]["key"],
            each["detail"].get("deletion-type", each["detail"]["reason"]),
        )
        for each in bodies(tenant, target)
    ]


def test_eventbridge_hears_of_each_new_object_once(tenant: Tenant) -> None:
    target, name, s3 = listening(tenant), bucket(tenant, BRIDGE), tenant.client("s3")
    s3.put_object(Bucket=name, Key="data/new file.csv", Body=b"12345")
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/data/new file.csv")
    upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=name, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert heard(tenant, target) == [
        ("Object Created", "data/new file.csv", "PutObject"),
        ("Object Created", "copy", "CopyObject"),
        ("Object Created", "parts", "CompleteMultipartUpload"),
    ]


def test_the_event_has_what_rules_ask_for(tenant: Tenant) -> None:
    target, name = listening(tenant), bucket(tenant, BRIDGE, versioned=True)
    put = tenant.client("s3").put_object(Bucket=name, Key="k", Body=b"12345")
    settle()
    (event,) = bodies(tenant, target)
    assert (event["account"], event["region"], event["resources"]) == (tenant.id, REGION, [f"arn:aws:s3:::{name}"])
    assert event["detail"]["bucket"] == {"name": name}
    told = event["detail"]["object"]
    assert (told["size"], told["etag"], told["version-id"]) == (5, put["ETag"].strip('"'), put["VersionId"])


def test_deletions_are_told_by_their_kind(tenant: Tenant) -> None:
    target, name, s3 = listening(tenant), bucket(tenant, BRIDGE, versioned=True), tenant.client("s3")
    version = s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_object(Bucket=name, Key="k", VersionId=version)
    s3.delete_object(Bucket=name, Key="k", VersionId="gone")
    assert heard(tenant, target)[1:] == [
        ("Object Deleted", "k", "Delete Marker Created"),
        ("Object Deleted", "k", "Permanently Deleted"),
    ]


def test_without_versions_a_deletion_is_for_good_and_of_nothing_it_is_none(tenant: Tenant) -> None:
    target, name, s3 = listening(tenant), bucket(tenant, BRIDGE), tenant.client("s3")
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k"}, {"Key": "never"}]})
    assert heard(tenant, target)[1:] == [("Object Deleted", "k", "Permanently Deleted")]


def test_a_bucket_without_eventbridge_tells_nothing(tenant: Tenant) -> None:
    target, name = listening(tenant), bucket(tenant)
    tenant.client("s3").put_object(Bucket=name, Key="k", Body=b"1")
    assert heard(tenant, target) == []


def test_the_owner_hears_of_what_another_account_writes(new_tenant: Callable[[], Tenant]) -> None:
    owner, writer = new_tenant(), new_tenant()
    target, name = listening(owner), bucket(owner, BRIDGE)
    statement = {"Effect": "Allow", "Principal": {"AWS": writer.id}, "Action": "s3:PutObject"}
    policy = json.dumps({"Statement": [{**statement, "Resource": f"arn:aws:s3:::{name}/*"}]})
    owner.client("s3").put_bucket_policy(Bucket=name, Policy=policy)
    writer.client("s3").put_object(Bucket=name, Key="k", Body=b"1")
    settle()
    (event,) = bodies(owner, target)
    assert (event["account"], event["detail"]["requester"]) == (owner.id, writer.id)


def test_queues_and_functions_are_told_directly_by_prefix(tenant: Tenant) -> None:
    source = f"arn:aws:s3:::data-{tenant.id}"
    told = queue(tenant, "told", "s3.amazonaws.com", source)
    received = queue(tenant, "received")
    code = f"""
        import boto3
        def handler(event, context):
            key = event["Records"][0]["s3"]["object"]["key"]
            boto3.client("sqs").send_message(QueueUrl="{url_of(received)}", MessageBody="got " + key)
    """
    listener = function(tenant, "f", code, "sqs:SendMessage")
    allow(tenant, "f", "s3.amazonaws.com", source)
    only = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "data/"}]}}
    configuration = {
        "QueueConfigurations": [{"QueueArn": told, "Events": ["s3:ObjectCreated:*"], "Filter": only}],
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": listener, "Events": ["s3:ObjectCreated:Put"], "Filter": only}
        ],
    }
    name = bucket(tenant, configuration)
    assert bodies(tenant, told)[0]["Event"] == "s3:TestEvent"
    for key in ("other", "data/a b"):
        tenant.client("s3").put_object(Bucket=name, Key=key, Body=b"1")
    settle()
    (message,) = bodies(tenant, told)
    assert message["Records"][0]["s3"]["object"]["key"] == "data/a+b"
    assert bodies(tenant, received) == ["got data/a+b"]


def test_a_destination_that_does_not_let_s3_in_is_refused(tenant: Tenant) -> None:
    shut = queue(tenant, "shut")
    configuration = {"QueueConfigurations": [{"QueueArn": shut, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        bucket(tenant, configuration)
    policy = json.dumps({"Statement": [letting_in("s3.amazonaws.com", "sqs:SendMessage", shut)]})
    tenant.client("sqs").set_queue_attributes(QueueUrl=url_of(shut), Attributes={"Policy": policy})
    tenant.client("s3").put_bucket_notification_configuration(
        Bucket=f"data-{tenant.id}", NotificationConfiguration=configuration
    )
