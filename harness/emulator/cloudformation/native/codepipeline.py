"""CodePipeline pipelines. Webhooks and custom action types are kept by their schema only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_map
from harness.emulator.delivery.store import LOCK

_OWN = ("ArtifactStores", "DisableInboundStageTransitions", "Name", "RestartExecutionOnUpdate", "Tags")


class Pipeline(Handler):
    """AWS::CodePipeline::Pipeline; its physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("Name") or generated_name(request, 100))
        declaration, tags = _declaration(request.properties, name), _tags(request)
        with LOCK:  # a new pipeline starts by itself: no execution may pass a door that is to be closed
            api.call("codepipeline", "create_pipeline", pipeline=declaration, tags=tags or None)
            _close(api, name, {}, _closed(request.properties))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        if previous is None:
            return
        if _declaration(given, physical_id) != _declaration(previous, physical_id):
            api.call("codepipeline", "update_pipeline", pipeline=_declaration(given, physical_id))
        self._tag(api, request, physical_id)
        _close(api, physical_id, _closed(previous), _closed(given))
        if str(given.get("RestartExecutionOnUpdate", "")).lower() == "true":
            api.call("codepipeline", "start_pipeline_execution", name=physical_id)

    def _tag(self, api: Api, request: ResourceRequest, physical_id: str) -> None:
        arn = _arn(api, request, physical_id)
        known = api.call("codepipeline", "list_tags_for_resource", resourceArn=arn)["tags"]
        now = _tags(request)
        gone = {each["key"] for each in known} - {each["key"] for each in now}
        if gone:
            api.call("codepipeline", "untag_resource", resourceArn=arn, tagKeys=sorted(gone))
        if now:
            api.call("codepipeline", "tag_resource", resourceArn=arn, tags=now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.call("codepipeline", "delete_pipeline", name=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        found = api.call("codepipeline", "get_pipeline", name=physical_id)["pipeline"]
        return {"Version": str(found["version"]), "Arn": _arn(api, request, physical_id)}


def _arn(api: Api, request: ResourceRequest, name: str) -> str:
    return f"arn:{request.partition}:codepipeline:{api.region}:{api.account_id}:{name}"


def _tags(request: ResourceRequest) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tag_map(request).items()]


def _declaration(given: Properties, name: str) -> dict[str, Any]:
    declaration: dict[str, Any] = _renamed({key: value for key, value in given.items() if key not in _OWN})
    if stores := given.get("ArtifactStores"):
        declaration["artifactStores"] = {each["Region"]: _renamed(each["ArtifactStore"]) for each in stores}
    return {"pipelineType": "V1", **declaration, "name": name}


def _renamed(value: Any) -> Any:
    """The same with names as the API spells them; keys of an action's configuration are its own."""
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, each in value.items():
        name = key[0].lower() + key[1:]
        if key == "Configuration":
            found[name] = {inner: _text(text) for inner, text in each.items()}
        else:
            found[name] = int(str(each)) if key in ("RunOrder", "TimeoutInMinutes") else _renamed(each)
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _closed(given: Properties) -> dict[str, str]:
    """Stage whose way in is closed → why."""
    return {each["StageName"]: each["Reason"] for each in given.get("DisableInboundStageTransitions") or ()}


def _close(api: Api, name: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    place = {"pipelineName": name, "transitionType": "Inbound"}
    for stage, reason in now.items():
        if before.get(stage) != reason:
            api.call("codepipeline", "disable_stage_transition", **place, stageName=stage, reason=reason)
    for stage in set(before) - set(now):
        api.call("codepipeline", "enable_stage_transition", **place, stageName=stage)


HANDLERS: Mapping[str, Handler] = {"AWS::CodePipeline::Pipeline": Pipeline()}
