"""Delivery resources of a stack are there for their services' own APIs, change in place, and go again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from harness.emulator.cloudformation.provider import NativeProvider
from tests.unit.emulator.cloudformation.things import changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import place


def _project(tenant: Tenant, **more: Any) -> dict[str, Any]:
    return {
        "ServiceRole": f"arn:aws:iam::{tenant.id}:role/builds",
        "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2\nphases:\n  build:\n    commands: ['true']\n"},
        "Artifacts": {"Type": "NO_ARTIFACTS"},
        "Environment": {
            "Type": "LINUX_CONTAINER",
            "Image": "aws/codebuild/amazonlinux-x86_64-standard:6.0",
            "ComputeType": "BUILD_GENERAL1_SMALL",
            "EnvironmentVariables": [{"Name": "OWN", "Value": "yes"}],
        },
        **more,
    }


def test_a_project_has_what_its_template_says_and_builds(tenant: Tenant) -> None:
    things.service_role(tenant, "builds", "codebuild")
    logs = {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "/own"}}
    project = made(tenant, "AWS::CodeBuild::Project", **_project(tenant, TimeoutInMinutes="20", LogsConfig=logs))
    codebuild = tenant.client("codebuild")
    (found,) = codebuild.batch_get_projects(names=[project.id])["projects"]
    assert found["timeoutInMinutes"] == 20
    assert found["environment"]["environmentVariables"] == [{"name": "OWN", "value": "yes"}]
    assert found["tags"] == [{"key": "team", "value": "risk"}]
    assert project.attribute("Arn") == f"arn:aws:codebuild:{REGION}:{tenant.id}:project/{project.id}"
    build = things.built(tenant, project.id)
    assert (build["buildStatus"], build["logs"]["groupName"]) == ("SUCCEEDED", "/own")
    changed(project, **_project(tenant, Description="now described"))
    (found,) = codebuild.batch_get_projects(names=[project.id])["projects"]
    assert (found["description"], found["timeoutInMinutes"], found["logsConfig"]) == ("now described", 60, {})
    removed(project)
    assert codebuild.list_projects()["projects"] == []


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("AWS::CodeConnections::Connection", "codeconnections"),
        ("AWS::CodeStarConnections::Connection", "codestar-connections"),
    ],
)
def test_a_connection_is_pending_and_goes_again(tenant: Tenant, kind: str, service: str) -> None:
    connection = made(tenant, kind, ConnectionName="code", ProviderType="GitHub")
    assert connection.id.startswith(f"arn:aws:{service}:{REGION}:{tenant.id}:connection/")
    assert connection.attribute("ConnectionStatus") == "PENDING"
    client = tenant.client(service)
    assert client.get_connection(ConnectionArn=connection.id)["Connection"]["ConnectionName"] == "code"
    own = [{"Key": "own", "Value": "yes"}]
    changed(connection, ConnectionName="code", ProviderType="GitHub", Tags=own)
    found = {each["Key"]: each["Value"] for each in client.list_tags_for_resource(ResourceArn=connection.id)["Tags"]}
    assert found == {"own": "yes", "team": "risk"}
    removed(connection)
    assert client.list_connections()["Connections"] == []


@pytest.mark.parametrize(
    ("kind", "given", "action"),
    [
        ("AWS::CodeArtifact::Domain", {"DomainName": "own"}, "codeartifact:CreateDomain"),
        (
            "AWS::CodeConnections::Connection",
            {"ConnectionName": "code", "ProviderType": "GitHub"},
            "codeconnections:CreateConnection",
        ),
    ],
)
def test_a_stack_s_role_needs_the_right_to_make_them(
    tenant: Tenant, kind: str, given: dict[str, str], action: str
) -> None:
    request = made(tenant, kind, **given).request
    service = action.partition(":")[0]
    rights = {"Effect": "Allow", "Action": f"{service}:*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": action, "Resource": "*"}
    trusted = {"Service": "cloudformation.amazonaws.com"}
    for name, statements in (("may", [rights]), ("maynot", [rights, denied])):
        things.role(tenant, name, trusted, {"Version": "2012-10-17", "Statement": statements})
    given = {key: value if key == "ProviderType" else f"{value}-2" for key, value in given.items()}
    by_role = replace(request, properties=given, role_arn=f"arn:aws:iam::{tenant.id}:role/maynot")
    with pytest.raises(ResourceFailure, match=f"not authorized to perform: {action}"):
        NativeProvider().create(by_role)
    assert NativeProvider().create(replace(by_role, role_arn=f"arn:aws:iam::{tenant.id}:role/may")).native


def _stage(name: str, category: str, provider: str, **more: Any) -> dict[str, Any]:
    kind = {"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"}
    return {"Name": name, "Actions": [{"Name": provider, "ActionTypeId": kind, **more}]}


def test_a_pipeline_is_made_with_its_doors_as_its_template_says_and_runs(tenant: Tenant) -> None:
    here = place(tenant)
    key = {"S3Bucket": here.sources, "S3ObjectKey": "source.zip", "PollForSourceChanges": False}
    given = {
        "RoleArn": here.role,
        "PipelineType": "V2",
        "ExecutionMode": "QUEUED",
        "ArtifactStore": {"Type": "S3", "Location": here.artifacts},
        "Stages": [
            _stage("Source", "Source", "S3", Configuration=key, OutputArtifacts=[{"Name": "Code"}], RunOrder="1"),
            _stage("Gate", "Approval", "Manual", Configuration={"CustomData": "look"}),
        ],
    }
    closed = [{"StageName": "Gate", "Reason": "not yet"}]
    pipeline = made(tenant, "AWS::CodePipeline::Pipeline", **given, DisableInboundStageTransitions=closed)
    found = here.client.get_pipeline(name=pipeline.id)
    assert found["metadata"]["pipelineArn"] == pipeline.attribute("Arn")
    assert found["pipeline"]["stages"][1]["actions"][0]["configuration"] == {"CustomData": "look"}
    assert here.stage(pipeline.id, "Gate")["inboundTransitionState"]["disabledReason"] == "not yet"
    things.until(lambda: here.stage(pipeline.id, "Gate").get("inboundExecution"))
    opened = changed(pipeline, **given, Variables=[{"Name": "What", "DefaultValue": "one"}])
    assert opened.attribute("Version") == "2"
    token = here.token(pipeline.id, "Gate", "Manual")
    here.client.put_approval_result(
        pipelineName=pipeline.id,
        stageName="Gate",
        actionName="Manual",
        result={"summary": "", "status": "Approved"},
        token=token,
    )
    (execution,) = here.client.list_pipeline_executions(pipelineName=pipeline.id)["pipelineExecutionSummaries"]
    assert here.ended(pipeline.id, execution["pipelineExecutionId"]) == "Succeeded"
    assert execution["trigger"]["triggerType"] == "CreatePipeline"
    removed(pipeline)
    assert here.client.list_pipelines()["pipelines"] == []


def test_a_pipeline_that_codepipeline_refuses_fails_its_stack(tenant: Tenant) -> None:
    here = place(tenant)
    with pytest.raises(ResourceFailure, match="minimum of 2 stages"):
        made(
            tenant,
            "AWS::CodePipeline::Pipeline",
            RoleArn=here.role,
            ArtifactStore={"Type": "S3", "Location": here.artifacts},
            Stages=[_stage("Gate", "Approval", "Manual")],
        )
