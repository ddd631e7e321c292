"""What belongs to a Lambda function: versions, aliases, event sources, asynchronous invocations, permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, exists, generated_name, tag_map


class Permission(Handler):
    """AWS::Lambda::Permission."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        statement = generated_name(request, 100)
        name, qualifier = _split(given["FunctionName"])
        api.call(
            "lambda",
            "add_permission",
            FunctionName=name,
            Qualifier=qualifier,
            StatementId=statement,
            Action=given["Action"],
            Principal=given["Principal"],
            SourceArn=given.get("SourceArn"),
            SourceAccount=given.get("SourceAccount"),
            PrincipalOrgID=given.get("PrincipalOrgID"),
            EventSourceToken=given.get("EventSourceToken"),
        )
        return statement

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name, qualifier = _split(properties["FunctionName"])
        policy = api.attempt("lambda", "get_policy", FunctionName=name, Qualifier=qualifier)
        if policy is None:
            return
        statements = json.loads(policy["Policy"]).get("Statement", ())
        if any(each["Sid"] == physical_id for each in statements):
            api.call("lambda", "remove_permission", FunctionName=name, Qualifier=qualifier, StatementId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


class Version(Handler):
    """AWS::Lambda::Version; its physical id is the ARN with the number."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = given["FunctionName"]
        before = api.call("lambda", "list_versions_by_function", FunctionName=_bare(name))["Versions"]
        made = api.call(
            "lambda",
            "publish_version",
            FunctionName=name,
            CodeSha256=given.get("CodeSha256"),
            Description=given.get("Description"),
        )
        if made["Version"] in {each["Version"] for each in before}:
            told = f"A version for this Lambda function exists ( {made['Version']} )."
            raise exists(f"{told} Modify the function to create a new version.")
        return str(made["FunctionArn"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name, _, number = physical_id.rpartition(":")
        api.attempt("lambda", "delete_function", FunctionName=name, Qualifier=number)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"FunctionArn": physical_id, "Version": physical_id.rsplit(":", 1)[-1]}


class Alias(Handler):
    """AWS::Lambda::Alias; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "lambda",
            "create_alias",
            FunctionName=_bare(given["FunctionName"]),
            Name=given["Name"],
            FunctionVersion=given["FunctionVersion"],
            Description=given.get("Description"),
            RoutingConfig=_routing(given),
        )
        return str(made["AliasArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        if previous is not None:
            api.call(
                "lambda",
                "update_alias",
                FunctionName=_bare(given["FunctionName"]),
                Name=given["Name"],
                FunctionVersion=given["FunctionVersion"],
                Description=given.get("Description", ""),
                RoutingConfig=_routing(given) or {"AdditionalVersionWeights": {}},
            )

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name = _bare(properties["FunctionName"])
        api.attempt("lambda", "delete_alias", FunctionName=name, Name=properties["Name"])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"AliasArn": physical_id}


def _routing(given: Properties) -> dict[str, Any] | None:
    weights = (given.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or ()
    if not weights:
        return None
    return {"AdditionalVersionWeights": {each["FunctionVersion"]: float(each["FunctionWeight"]) for each in weights}}


class EventSourceMapping(Handler):
    """AWS::Lambda::EventSourceMapping; its physical id is the UUID."""

    _MEMBERS = (
        "BatchSize",
        "DestinationConfig",
        "Enabled",
        "FilterCriteria",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
    )

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "lambda",
            "create_event_source_mapping",
            EventSourceArn=given.get("EventSourceArn"),
            Tags=tag_map(request) or None,
            **self._given(given),
        )
        return str(made["UUID"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            api.call("lambda", "update_event_source_mapping", UUID=physical_id, **self._given(request.properties))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("lambda", "delete_event_source_mapping", UUID=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        base = f"arn:{request.partition}:lambda:{api.region}:{api.account_id}:event-source-mapping"
        return {"Id": physical_id, "EventSourceMappingArn": f"{base}:{physical_id}"}

    def _given(self, properties: Properties) -> dict[str, Any]:
        given = {key: properties[key] for key in self._MEMBERS if key in properties}
        for key in ("BatchSize", "MaximumBatchingWindowInSeconds"):
            if key in given:
                given[key] = int(given[key])
        if "Enabled" in given:
            given["Enabled"] = str(given["Enabled"]).lower() == "true"
        return given


class EventInvokeConfig(Handler):
    """AWS::Lambda::EventInvokeConfig; its physical id is the function's name and the qualifier."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name, qualifier = request.properties["FunctionName"], request.properties["Qualifier"]
        found = api.attempt("lambda", "get_function_event_invoke_config", FunctionName=name, Qualifier=qualifier)
        if found is not None:
            raise exists(f"EventInvokeConfig of {name}:{qualifier} already exists")
        return f"{name}|{qualifier}"

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        numbers = {key: int(given[key]) for key in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts") if key in given}
        api.call(
            "lambda",
            "put_function_event_invoke_config",
            FunctionName=given["FunctionName"],
            Qualifier=given["Qualifier"],
            DestinationConfig=given.get("DestinationConfig"),
            **numbers,
        )

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name, qualifier = properties["FunctionName"], properties["Qualifier"]
        api.attempt("lambda", "delete_function_event_invoke_config", FunctionName=name, Qualifier=qualifier)


def _split(name: str) -> tuple[str, str | None]:
    """A function's name or ARN, and its qualifier."""
    parts = name.split(":")
    qualified = len(parts) == 8 if name.startswith("arn:") else len(parts) == 2
    return (":".join(parts[:-1]), parts[-1]) if qualified else (name, None)


def _bare(name: str) -> str:
    """The name alone, where a path of the API has no room for an ARN."""
    return _split(name)[0].rsplit(":", 1)[-1]


HANDLERS: Mapping[str, Handler] = {
    "AWS::Lambda::Alias": Alias(),
    "AWS::Lambda::EventInvokeConfig": EventInvokeConfig(),
    "AWS::Lambda::EventSourceMapping": EventSourceMapping(),
    "AWS::Lambda::Permission": Permission(),
    "AWS::Lambda::Version": Version(),
}
