"""Pipelines as tests declare them, and what they ask of them. No test of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.delivery import things

# One parameter, whose name and value are the stack's own parameters.
TEMPLATE = json.dumps(
    {
        "Parameters": {"Name": {"Type": "String"}, "Value": {"Type": "String"}},
        "Resources": {
            "Own": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": {"Ref": "Name"}, "Type": "String", "Value": {"Ref": "Value"}},
            }
        },
        "Outputs": {"ParameterName": {"Value": {"Ref": "Own"}}},
    }
)


def action(category: str, provider: str, name: str, **more: Any) -> dict[str, Any]:
    """An action; `takes` and `gives` name its artifacts, what is left is its configuration unless it is known."""
    known = ("runOrder", "roleArn", "namespace", "region", "timeoutInMinutes", "actionTypeId", "commands")
    own = {key: more.pop(key) for key in known if key in more}
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "inputArtifacts": [{"name": each} for each in more.pop("takes", ())],
        "outputArtifacts": [{"name": each} for each in more.pop("gives", ())],
        "configuration": more,
        **own,
    }


def source(bucket: str, key: str = "source.zip", **more: Any) -> dict[str, Any]:
    """A source action of S3 that gives the artifact Code."""
    given = {"S3Bucket": bucket, "S3ObjectKey": key, "PollForSourceChanges": "false", "gives": ["Code"], **more}
    return action("Source", "S3", "Fetch", **given)


def approval(name: str = "Decide", **more: Any) -> dict[str, Any]:
    """A manual approval."""
    return action("Approval", "Manual", name, **more)


def stage(name: str, *actions: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A stage."""
    return {"name": name, "actions": list(actions), **more}


@dataclass(frozen=True)
class Place:
    """An account with what a pipeline needs: a role, an artifact bucket, a versioned bucket of sources."""

    tenant: Tenant
    role: str
    artifacts: str
    sources: str

    @property
    def client(self) -> Any:
        """Of CodePipeline."""
        return self.tenant.client("codepipeline")

    def declare(self, name: str, *stages: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """A pipeline's declaration."""
        return {
            "name": name,
            "roleArn": self.role,
            "artifactStore": {"type": "S3", "location": self.artifacts},
            "pipelineType": "V2",
            "stages": list(stages),
            **more,
        }

    def create(self, name: str, *stages: Mapping[str, Any], **more: Any) -> str:
        """Makes a pipeline; gives the id of the execution that it starts with."""
        self.client.create_pipeline(pipeline=self.declare(name, *stages, **more))
        found = self.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return str(found[0]["pipelineExecutionId"]) if found else ""

    def put(self, files: Mapping[str, str], key: str = "source.zip") -> str:
        """Puts a source; gives its version."""
        s3 = self.tenant.client("s3")
        return str(s3.put_object(Bucket=self.sources, Key=key, Body=things.archive(files))["VersionId"])

    def status(self, name: str, execution: str) -> str:
        """The status of an execution."""
        found = self.client.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)
        return str(found["pipelineExecution"]["status"])

    def ended(self, name: str, execution: str) -> str:
        """The status of an execution, when it is over."""

        def over() -> str:
            status = self.status(name, execution)
            return status if status not in ("InProgress", "Stopping") else ""

        return str(things.until(over))

    def actions(self, name: str, execution: str) -> dict[str, dict[str, Any]]:
        """Action → its newest attempt in an execution."""
        found = self.client.list_action_executions(pipelineName=name, filter={"pipelineExecutionId": execution})[
            "actionExecutionDetails"
        ]
        return {each["actionName"]: each for each in reversed(found)}

    def why(self, name: str, execution: str, action_name: str) -> str:
        """What a failed action says of itself."""
        result = self.actions(name, execution)[action_name]["output"]["executionResult"]
        return f"{result['errorDetails']['code']}: {result['errorDetails']['message']}"

    def stage(self, name: str, stage_name: str) -> dict[str, Any]:
        """A stage's state."""
        states = self.client.get_pipeline_state(name=name)["stageStates"]
        found: dict[str, Any] = next(each for each in states if each["stageName"] == stage_name)
        return found

    def token(self, name: str, stage_name: str, action_name: str = "Decide") -> str:
        """The token of an approval, as soon as it waits."""

        def waiting() -> str:
            every = self.client.get_pipeline_state(name=name)["stageStates"]
            failed = [each for one in every for each in one["actionStates"] if "errorDetails" in str(each)]
            assert not failed, failed
            (states,) = [each["actionStates"] for each in every if each["stageName"] == stage_name]
            (found,) = [each for each in states if each["actionName"] == action_name]
            return str(found.get("latestExecution", {}).get("token") or "")

        return str(things.until(waiting))

    def decide(self, name: str, stage_name: str, status: str, summary: str = "as it should be") -> None:
        """Answers the approval that waits in a stage."""
        token = self.token(name, stage_name)
        self.client.put_approval_result(
            pipelineName=name,
            stageName=stage_name,
            actionName="Decide",
            result={"summary": summary, "status": status},
            token=token,
        )


def place(tenant: Tenant) -> Place:
    """Makes what a pipeline needs."""
    role = things.service_role(tenant, "pipeline", "codepipeline")
    found = Place(tenant, role, things.bucket(tenant, "artifacts"), things.bucket(tenant, "sources", versioned=True))
    found.put({"template.json": "{}"})
    return found
