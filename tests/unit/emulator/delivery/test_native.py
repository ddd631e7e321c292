"""Delivery resources of a stack are there for their services' own APIs, change in place, and go again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.emulator.cloudformation.things import changed, made, removed
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things


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
