"""Buses, schedules, versions, alarms and what belongs to them, as stacks make, change and remove them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from tests.unit.emulator.cloudformation.things import TRUST, Made, changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import invoked, queue, role


def function(tenant: Tenant, source: str = "def handler(e, c): return 1", **given: Any) -> Made:
    lambda_role = made(tenant, "AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": lambda_role.attribute("Arn")}
    return made(tenant, "AWS::Lambda::Function", **common, Code={"ZipFile": source}, **given)


def test_a_bus_has_the_statements_of_several_policies(tenant: Tenant) -> None:
    bus = made(tenant, "AWS::Events::EventBus", Name="own", Description="one")
    assert bus.attribute("Arn") == f"arn:aws:events:{REGION}:{tenant.id}:event-bus/own"
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus.attribute("Arn")}
    registry = {**allowed, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}
    one = made(tenant, "AWS::Events::EventBusPolicy", EventBusName="own", StatementId="One", Statement=registry)
    two = made(
        tenant,
        "AWS::Events::EventBusPolicy",
        EventBusName="own",
        StatementId="Two",
        Action="events:PutEvents",
        Principal="*",
        Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"},
    )
    assert {each["Sid"] for each in statements(tenant)} == {"One", "Two"}
    changed(one, EventBusName="own", StatementId="One", Statement={**registry, "Principal": {"AWS": "222222222222"}})
    assert {"AWS": "222222222222"} in [each["Principal"] for each in statements(tenant)]
    removed(two)
    assert [each["Sid"] for each in statements(tenant)] == ["One"]
    changed(bus, Name="own", Description="two")
    assert tenant.client("events").describe_event_bus(Name="own")["Description"] == "two"
    removed(bus)
    with pytest.raises(ResourceFailure, match="does not exist"):
        made(tenant, "AWS::Events::EventBusPolicy", EventBusName="own", StatementId="One", Statement=registry)


def statements(tenant: Tenant) -> list[dict[str, Any]]:
    found = json.loads(tenant.client("events").describe_event_bus(Name="own")["Policy"])["Statement"]
    return list(found)


def test_an_archive_comes_and_goes(tenant: Tenant) -> None:
    source = f"arn:aws:events:{REGION}:{tenant.id}:event-bus/default"
    archive = made(tenant, "AWS::Events::Archive", SourceArn=source, EventPattern={"source": ["a"]}, RetentionDays="7")
    changed(archive, SourceArn=source, EventPattern={"source": ["b"]}, RetentionDays=9)
    found = tenant.client("events").describe_archive(ArchiveName=archive.id)
    assert (json.loads(found["EventPattern"]), found["RetentionDays"]) == ({"source": ["b"]}, 9)
    removed(archive)
    assert tenant.client("events").list_archives()["Archives"] == []


def test_a_schedule_changes_in_its_group(tenant: Tenant) -> None:
    group = made(tenant, "AWS::Scheduler::ScheduleGroup", Name="training")
    target = {
        "Arn": queue(tenant, "q"),
        "RoleArn": role(tenant, "r", "scheduler.amazonaws.com"),
        "RetryPolicy": {"MaximumRetryAttempts": "3"},
    }
    given = {"GroupName": "training", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    schedule = made(tenant, "AWS::Scheduler::Schedule", **given, ScheduleExpression="rate(1 day)")
    assert schedule.attribute("Arn").endswith(f":schedule/training/{schedule.id}")
    changed(schedule, **given, ScheduleExpression="cron(0 3 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    found = tenant.client("scheduler").get_schedule(Name=schedule.id, GroupName="training")
    assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == ("cron(0 3 * * ? *)", "Europe/Berlin")
    assert found["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 3
    with pytest.raises(ResourceFailure, match="Invalid Schedule Expression"):
        made(tenant, "AWS::Scheduler::Schedule", **given, ScheduleExpression="daily")
    removed(schedule)
    removed(group)
    assert len(tenant.client("scheduler").list_schedule_groups()["ScheduleGroups"]) == 1


def test_versions_and_aliases_follow_the_code(tenant: Tenant) -> None:
    own = function(tenant)
    first = made(tenant, "AWS::Lambda::Version", FunctionName=own.id)
    alias = made(tenant, "AWS::Lambda::Alias", FunctionName=own.id, Name="live", FunctionVersion="1")
    with pytest.raises(ResourceFailure, match=r"A version for this Lambda function exists \( 1 \)"):
        made(tenant, "AWS::Lambda::Version", FunctionName=own.id)
    changed(own, **{**own.request.properties, "Code": {"ZipFile": "def handler(e, c): return 2"}})
    second = made(tenant, "AWS::Lambda::Version", FunctionName=own.id)
    assert (first.attribute("Version"), second.attribute("Version")) == ("1", "2")
    assert invoked(tenant, own.id, Qualifier="live")[0] == 1
    changed(alias, FunctionName=own.id, Name="live", FunctionVersion="2")
    removed(first)
    assert invoked(tenant, own.id, Qualifier="live")[0] == 2
    removed(alias)
    assert tenant.client("lambda").list_aliases(FunctionName=own.id)["Aliases"] == []


def test_a_function_goes_back_to_what_its_template_no_longer_says(tenant: Tenant) -> None:
    own = function(tenant, Timeout=30, Environment={"Variables": {"A": "1"}}, LoggingConfig={"LogGroup": "/own"})
    plain = {key: own.request.properties[key] for key in ("Runtime", "Handler", "Role", "Code")}
    changed(own, **plain)
    found = tenant.client("lambda").get_function_configuration(FunctionName=own.id)
    assert (found["Timeout"], found.get("Environment")) == (3, None)
    assert found["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{own.id}"


def test_event_sources_and_invoke_configs(tenant: Tenant) -> None:
    own, source = function(tenant), queue(tenant, "q")
    given = {"EventSourceArn": source, "FunctionName": own.id}
    mapping = made(tenant, "AWS::Lambda::EventSourceMapping", **given, BatchSize="5")
    changed(mapping, **given, BatchSize=7, Enabled="false")
    client = tenant.client("lambda")
    found = client.get_event_source_mapping(UUID=mapping.id)
    assert (found["BatchSize"], found["State"]) == (7, "Disabled")
    named = {"FunctionName": own.id, "Qualifier": "$LATEST"}
    config = made(tenant, "AWS::Lambda::EventInvokeConfig", **named, MaximumRetryAttempts="0")
    assert client.get_function_event_invoke_config(FunctionName=own.id)["MaximumRetryAttempts"] == 0
    removed(config)
    removed(mapping)
    assert client.list_event_source_mappings()["EventSourceMappings"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_event_invoke_config(FunctionName=own.id)


def test_alarms_and_dashboards(tenant: Tenant) -> None:
    given = {
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": "60",
        "EvaluationPeriods": "1",
        "Threshold": "1.5",
        "ComparisonOperator": "GreaterThanThreshold",
    }
    alarm = made(tenant, "AWS::CloudWatch::Alarm", **given, AlarmName="a")
    both = made(tenant, "AWS::CloudWatch::CompositeAlarm", AlarmName="c", AlarmRule="ALARM(a)", ActionsEnabled="false")
    changed(alarm, **{**given, "Threshold": 3}, AlarmName="a")
    client = tenant.client("cloudwatch")
    found = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert found["MetricAlarms"][0]["Threshold"] == 3
    assert (found["CompositeAlarms"][0]["AlarmRule"], found["CompositeAlarms"][0]["ActionsEnabled"]) == (
        "ALARM(a)",
        False,
    )
    assert alarm.attribute("Arn") == f"arn:aws:cloudwatch:{REGION}:{tenant.id}:alarm:a"
    board = made(tenant, "AWS::CloudWatch::Dashboard", DashboardName="d", DashboardBody='{"widgets": []}')
    changed(board, DashboardName="d", DashboardBody='{"widgets": [], "start": "-P1D"}')
    assert "-P1D" in client.get_dashboard(DashboardName="d")["DashboardBody"]
    for each in (board, both, alarm):
        removed(each)
    assert client.describe_alarms()["MetricAlarms"] == []
    assert client.list_dashboards()["DashboardEntries"] == []


@pytest.mark.parametrize("enabled", [True, "true"])
def test_a_bucket_tells_eventbridge_as_its_template_says(tenant: Tenant, enabled: Any) -> None:
    bridge = {"EventBridgeConfiguration": {"EventBridgeEnabled": enabled}}
    bucket = made(tenant, "AWS::S3::Bucket", NotificationConfiguration=bridge)
    s3 = tenant.client("s3")
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket.id)
    changed(bucket, NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": "false"}})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket.id)
