"""Rules that write to log groups."""

from __future__ import annotations

import json

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import failures, settle


def test_a_log_group_needs_a_resource_policy_of_cloudwatch_logs(tenant: Tenant) -> None:
    events, logs = tenant.client("events"), tenant.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    arn = f"arn:aws:logs:{REGION}:{tenant.id}:log-group:/aws/events/all"
    events.put_rule(Name="r", EventPattern='{"source": ["platform"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "platform", "DetailType": "t", "Detail": '{"n": 1}'}
    events.put_events(Entries=[entry])
    settle()
    assert "no resource policy of CloudWatch Logs allows logs:CreateLogStream" in failures(tenant)[-1]["reason"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_resource_policy(policyName="events", policyDocument=document)
    events.put_events(Entries=[entry])
    settle()
    (line,) = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert json.loads(line["message"])["detail"] == {"n": 1}
