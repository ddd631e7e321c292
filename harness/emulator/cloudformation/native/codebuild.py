"""CodeBuild projects. Webhooks and public visibility are kept by their schema only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_map

# Properties whose name in the API is more than another first letter.
_OTHERWISE = {
    "ArtifactIdentifier": "artifactIdentifier",
    "BuildSpec": "buildspec",
    "CloudWatchLogs": "cloudWatchLogs",
    "InsecureSsl": "insecureSsl",
    "S3Logs": "s3Logs",
}
_OWN = ("Name", "Tags", "Triggers", "Visibility", "ResourceAccessRole")
_NUMBERS = ("timeoutInMinutes", "queuedTimeoutInMinutes", "concurrentBuildLimit", "autoRetryLimit", "gitCloneDepth")
# What goes back to its default when a template no longer says it.
_CLEARED: Mapping[str, Any] = {
    "autoRetryLimit": 0,
    "cache": {"type": "NO_CACHE"},
    "description": "",
    "logsConfig": {},
    "secondaryArtifacts": [],
    "secondarySources": [],
    "secondarySourceVersions": [],
    "sourceVersion": "",
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "vpcConfig": {},
}


class Project(Handler):
    """AWS::CodeBuild::Project; its physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("Name") or generated_name(request, 150))
        tags = [{"key": key, "value": value} for key, value in tag_map(request).items()]
        api.call("codebuild", "create_project", name=name, tags=tags or None, **_settings(request.properties))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        before, now = _settings(previous), _settings(request.properties)
        gone = {key: _CLEARED[key] for key in before if key not in now and key in _CLEARED}
        tags = [{"key": key, "value": value} for key, value in tag_map(request).items()]
        api.call("codebuild", "update_project", name=physical_id, tags=tags, **gone, **now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.call("codebuild", "delete_project", name=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": f"arn:{request.partition}:codebuild:{api.region}:{api.account_id}:project/{physical_id}"}


def _settings(given: Properties) -> dict[str, Any]:
    found: dict[str, Any] = _renamed({key: value for key, value in given.items() if key not in _OWN})
    return found


def _renamed(value: Any) -> Any:
    """The same with names as the API spells them."""
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    renamed = {_OTHERWISE.get(key, key[0].lower() + key[1:]): _renamed(each) for key, each in value.items()}
    return {key: int(str(each)) if key in _NUMBERS else each for key, each in renamed.items()}


HANDLERS: Mapping[str, Handler] = {"AWS::CodeBuild::Project": Project()}
