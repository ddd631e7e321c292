"""An update sets what its template says anew, and takes back what the template no longer says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from harness.emulator import background
from tests.unit.emulator.cloudformation.things import POLICY, TRUST, changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant

TABLE: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def test_a_queue_goes_back_to_the_defaults_of_what_is_no_longer_set(tenant: Tenant) -> None:
    queue = made(tenant, "AWS::SQS::Queue", VisibilityTimeout=60, DelaySeconds=5)
    changed(queue, DelaySeconds=9, Tags=[{"Key": "own", "Value": "yes"}])
    client = tenant.client("sqs")
    found = client.get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])["Attributes"]
    assert (found["VisibilityTimeout"], found["DelaySeconds"]) == ("30", "9")
    assert client.list_queue_tags(QueueUrl=queue.id)["Tags"] == {"own": "yes", "team": "risk"}


def test_a_queue_policy_leaves_the_queues_that_it_no_longer_names(tenant: Tenant) -> None:
    one, other = made(tenant, "AWS::SQS::Queue"), made(tenant, "AWS::SQS::Queue")
    policy = made(tenant, "AWS::SQS::QueuePolicy", Queues=[one.id], PolicyDocument=POLICY)
    policy = changed(policy, Queues=[other.id], PolicyDocument=POLICY)
    client = tenant.client("sqs")

    def policies() -> list[Any]:
        answers = (client.get_queue_attributes(QueueUrl=each.id, AttributeNames=["Policy"]) for each in (one, other))
        texts = [each.get("Attributes", {}).get("Policy") for each in answers]
        return [json.loads(each) if each else None for each in texts]

    assert policies() == [None, POLICY]
    removed(policy)
    assert policies() == [None, None]


def test_a_topic_follows_its_list_of_subscriptions(tenant: Tenant) -> None:
    def subscription(name: str) -> dict[str, str]:
        return {"Protocol": "email", "Endpoint": f"{name}@example.com"}

    topic = made(tenant, "AWS::SNS::Topic", DisplayName="one", Subscription=[subscription("anna"), subscription("ben")])
    changed(topic, DisplayName="two", Subscription=[subscription("ben"), subscription("cem")])
    client = tenant.client("sns")
    found = client.list_subscriptions_by_topic(TopicArn=topic.id)["Subscriptions"]
    assert sorted(each["Endpoint"] for each in found) == ["ben@example.com", "cem@example.com"]
    assert client.get_topic_attributes(TopicArn=topic.id)["Attributes"]["DisplayName"] == "two"


def test_a_topic_without_its_policy_is_its_own_accounts_alone(tenant: Tenant) -> None:
    topic = made(tenant, "AWS::SNS::Topic")
    policy = made(tenant, "AWS::SNS::TopicPolicy", Topics=[topic.id], PolicyDocument=POLICY)
    client = tenant.client("sns")

    def statement() -> Any:
        return json.loads(client.get_topic_attributes(TopicArn=topic.id)["Attributes"]["Policy"])["Statement"][0]

    assert statement() == POLICY["Statement"][0]
    removed(policy)
    assert statement()["Condition"] == {"StringEquals": {"AWS:SourceOwner": tenant.id}}


def test_a_table_changes_its_billing_its_stream_its_expiry_and_its_backups(tenant: Tenant) -> None:
    provisioned = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    table = made(tenant, "AWS::DynamoDB::Table", **TABLE, ProvisionedThroughput=provisioned)
    changed(
        table,
        **TABLE,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        TimeToLiveSpecification={"AttributeName": "until", "Enabled": True},
    )
    client = tenant.client("dynamodb")
    found = client.describe_table(TableName=table.id)["Table"]
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    expiry = client.describe_time_to_live(TableName=table.id)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "until")
    backups = client.describe_continuous_backups(TableName=table.id)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_function_changes_its_code_and_gives_its_reserved_concurrency_back(tenant: Tenant) -> None:
    role = made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role.attribute("Arn")}
    function = made(
        tenant, "AWS::Lambda::Function", **common, Code={"ZipFile": "one = 1"}, ReservedConcurrentExecutions=2
    )
    client = tenant.client("lambda")
    before = client.get_function(FunctionName=function.id)
    assert before["Concurrency"] == {"ReservedConcurrentExecutions": 2}
    changed(function, **common, Code={"ZipFile": "two = 2"})
    after = client.get_function(FunctionName=function.id)
    assert "Concurrency" not in after
    assert after["Configuration"]["CodeSha256"] != before["Configuration"]["CodeSha256"]


def test_a_permission_is_taken_back_alone(tenant: Tenant) -> None:
    role = made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role.attribute("Arn")}
    function = made(tenant, "AWS::Lambda::Function", **common, Code={"ZipFile": "one = 1"})
    call = {"FunctionName": function.id, "Action": "lambda:InvokeFunction"}
    first = made(tenant, "AWS::Lambda::Permission", **call, Principal="events.amazonaws.com")
    second = made(tenant, "AWS::Lambda::Permission", **call, Principal="sns.amazonaws.com")
    removed(first)
    removed(first)
    policy = json.loads(tenant.client("lambda").get_policy(FunctionName=function.id)["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == [second.id]


def test_a_key_changes_its_policy_its_description_and_whether_it_works(tenant: Tenant) -> None:
    def policy(action: str) -> dict[str, Any]:
        root = {"AWS": f"arn:aws:iam::{tenant.id}:root"}
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": root, "Action": action, "Resource": "*"}],
        }

    key = made(tenant, "AWS::KMS::Key", KeyPolicy=policy("kms:*"), Description="one")
    changed(key, KeyPolicy=policy("kms:Decrypt"), Description="two", Enabled=False)
    client = tenant.client("kms")
    found = client.describe_key(KeyId=key.id)["KeyMetadata"]
    assert (found["Description"], found["KeyState"]) == ("two", "Disabled")
    assert json.loads(client.get_key_policy(KeyId=key.id, PolicyName="default")["Policy"]) == policy("kms:Decrypt")


def test_a_bucket_tells_and_lets_browsers_in_only_as_long_as_its_template_says(tenant: Tenant) -> None:
    queue = made(tenant, "AWS::SQS::Queue")
    lets_in = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.attribute("Arn"),
    }
    made(tenant, "AWS::SQS::QueuePolicy", Queues=[queue.id], PolicyDocument={"Statement": [lets_in]})
    told = {
        "Event": "s3:ObjectCreated:*",
        "Queue": queue.attribute("Arn"),
        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in-"}]}},
    }
    bucket = made(
        tenant,
        "AWS::S3::Bucket",
        NotificationConfiguration={"QueueConfigurations": [told]},
        CorsConfiguration={"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 60}]},
        LifecycleConfiguration={
            "Rules": [
                {
                    "Id": "cold",
                    "Status": "Enabled",
                    "Prefix": "old/",
                    "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 30}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
                }
            ]
        },
    )
    s3 = tenant.client("s3")
    found = s3.get_bucket_notification_configuration(Bucket=bucket.id)
    (shown,) = found["QueueConfigurations"]
    assert (shown["QueueArn"], shown["Events"]) == (queue.attribute("Arn"), ["s3:ObjectCreated:*"])
    assert shown["Filter"]["Key"]["FilterRules"][0]["Value"] == "in-"
    assert s3.get_bucket_cors(Bucket=bucket.id)["CORSRules"][0]["MaxAgeSeconds"] == 60
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket.id)["Rules"]
    assert rule["Filter"] == {"Prefix": "old/"}
    assert rule["Transitions"] == [{"StorageClass": "GLACIER", "Days": 30}]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    for key in ("out-data.csv", "in-data.csv"):
        s3.put_object(Bucket=bucket.id, Key=key, Body=b"1")
    assert background.wait_until_idle(10)
    received = tenant.client("sqs").receive_message(QueueUrl=queue.id, MaxNumberOfMessages=10)["Messages"]
    told_of = [json.loads(each["Body"]).get("Records") for each in received]  # S3 sends a test event first
    assert [each[0]["s3"]["object"]["key"] for each in told_of if each] == ["in-data.csv"]
    changed(bucket)
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket.id)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket=bucket.id)


def test_a_function_and_a_log_group_have_the_tags_of_their_template_and_no_others(tenant: Tenant) -> None:
    logs, functions = tenant.client("logs"), tenant.client("lambda")
    role = tenant.role("f", TRUST["Statement"][0])
    given = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Code": {"ZipFile": "x = 1"}}
    kinds: dict[str, dict[str, Any]] = {"AWS::Logs::LogGroup": {}, "AWS::Lambda::Function": given}
    for kind, properties in kinds.items():
        thing = made(tenant, kind, **properties, Tags=[{"Key": "old", "Value": "1"}])
        changed(thing, **properties, Tags=[{"Key": "new", "Value": "2"}])
        arn = thing.attribute("Arn").removesuffix(":*")
        if kind == "AWS::Logs::LogGroup":
            found = logs.list_tags_for_resource(resourceArn=arn)["tags"]
        else:
            found = functions.list_tags(Resource=arn)["Tags"]
        assert found == {"new": "2", "team": "risk"}


def test_another_key_for_a_log_group_is_refused_by_name_and_not_left_out(tenant: Tenant) -> None:
    group = made(tenant, "AWS::Logs::LogGroup")
    key = f"arn:aws:kms:{REGION}:{tenant.id}:key/1"
    with pytest.raises(ResourceFailure, match="does not model associate_kms_key of logs"):
        changed(group, KmsKeyId=key)
