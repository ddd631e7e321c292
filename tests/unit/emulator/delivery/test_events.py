"""Events of pipelines and builds arrive at rules in the shapes that AWS documents."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import action, approval, place, source, stage


def listener(tenant: Tenant, service: str) -> str:
    """A queue that gets every event of a service; gives its URL."""
    arn = f"arn:aws:sqs:{REGION}:{tenant.id}:events"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queue = tenant.client("sqs").create_queue(QueueName="events", Attributes={"Policy": policy})["QueueUrl"]
    events = tenant.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": [f"aws.{service}"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])
    return str(queue)


def heard(tenant: Tenant, queue: str, wanted: int) -> list[dict[str, Any]]:
    """At least so many events, in the order of their arrival."""
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        answer = tenant.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        found.extend(json.loads(each["Body"]) for each in answer.get("Messages", ()))
        return len(found) >= wanted

    things.until(enough)
    return found


def told(event: dict[str, Any]) -> tuple[str, str, str]:
    kind = event["detail-type"].removeprefix("CodePipeline ").removesuffix(" Execution State Change")
    detail = event["detail"]
    return kind, str(detail.get("action") or detail.get("stage") or detail["pipeline"]), str(detail["state"])


def test_pipelines_tell_of_themselves_their_stages_and_their_actions(tenant: Tenant) -> None:
    here, queue = place(tenant), listener(tenant, "codepipeline")
    first = here.create("telling", stage("Source", source(here.sources)), stage("Gate", approval()))
    here.decide("telling", "Gate", "Rejected", "no")
    found = heard(tenant, queue, 10)
    assert {told(each) for each in found} == {
        ("Pipeline", "telling", "STARTED"),
        ("Stage", "Source", "STARTED"),
        ("Action", "Fetch", "STARTED"),
        ("Action", "Fetch", "SUCCEEDED"),
        ("Stage", "Source", "SUCCEEDED"),
        ("Stage", "Gate", "STARTED"),
        ("Action", "Decide", "STARTED"),
        ("Action", "Decide", "FAILED"),
        ("Stage", "Gate", "FAILED"),
        ("Pipeline", "telling", "FAILED"),
    }
    by_kind = {told(each): each for each in found}
    ended = by_kind["Pipeline", "telling", "FAILED"]
    assert ended["resources"] == [f"arn:aws:codepipeline:{REGION}:{tenant.id}:telling"]
    assert ended["detail"]["execution-id"] == first
    assert ended["detail"]["execution-trigger"]["trigger-type"] == "CreatePipeline"
    failed = by_kind["Stage", "Gate", "FAILED"]["detail"]["failed-actions"]
    assert failed == [{"action": "Decide", "additional-information": "no"}]
    fetched = by_kind["Action", "Fetch", "SUCCEEDED"]["detail"]
    assert fetched["type"] == {"owner": "AWS", "provider": "S3", "category": "Source", "version": "1"}
    assert fetched["output-artifacts"][0]["name"] == "Code"


def test_builds_tell_of_their_state_and_their_phases(tenant: Tenant) -> None:
    queue = listener(tenant, "codebuild")
    name = things.project(tenant, "telling", "version: 0.2\nphases:\n  build:\n    commands: ['false']\n")
    build = things.built(tenant, name)
    found = heard(tenant, queue, 10)
    states = [each["detail"] for each in found if each["detail-type"] == "CodeBuild Build State Change"]
    assert {each["build-status"] for each in states} == {"IN_PROGRESS", "FAILED"}
    (ended,) = [each for each in states if each["build-status"] == "FAILED"]
    assert (ended["build-id"], ended["project-name"]) == (build["arn"], "telling")
    assert ended["additional-information"]["build-complete"] is True
    phases = [each["detail"] for each in found if each["detail-type"] == "CodeBuild Build Phase Change"]
    (failed,) = [each for each in phases if each["completed-phase-status"] == "FAILED"]
    assert failed["completed-phase"] == "BUILD"
    assert "COMMAND_EXECUTION_ERROR" in failed["completed-phase-context"]


def test_a_rule_starts_a_pipeline(tenant: Tenant) -> None:
    here = place(tenant)
    out = action("Deploy", "S3", "Copy", takes=["Code"], BucketName=here.sources, ObjectKey="out", Extract="false")
    first = here.create("started", stage("Source", source(here.sources)), stage("Out", out))
    here.ended("started", first)
    starter = things.service_role(tenant, "starter", "events")
    events = tenant.client("events")
    events.put_rule(Name="approved", EventPattern=json.dumps({"source": ["own"]}))
    arn = f"arn:aws:codepipeline:{REGION}:{tenant.id}:started"
    events.put_targets(Rule="approved", Targets=[{"Id": "pipeline", "Arn": arn, "RoleArn": starter}])
    events.put_events(Entries=[{"Source": "own", "DetailType": "any", "Detail": "{}"}])

    def second() -> Any:
        found = here.client.list_pipeline_executions(pipelineName="started")["pipelineExecutionSummaries"]
        return found[0] if len(found) == 2 else None

    assert here.ended("started", things.until(second)["pipelineExecutionId"]) == "Succeeded"
