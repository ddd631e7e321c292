"""SSM parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list


class Parameter(Handler):
    """AWS::SSM::Parameter."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("Name") or generated_name(request, 2048))
        tags = tag_list(request, given.get("Tags") or {})
        api.call("ssm", "put_parameter", **_definition(given, name), Overwrite=False, Tags=tags or None)
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            api.call("ssm", "put_parameter", **_definition(request.properties, physical_id), Overwrite=True)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ssm", "delete_parameter", Name=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Type": request.properties["Type"], "Value": request.properties["Value"]}


def _definition(given: Properties, name: str) -> dict[str, Any]:
    keys = ("Type", "Value", "Description", "AllowedPattern", "DataType", "Tier", "Policies")
    return {"Name": name, **{key: given.get(key) for key in keys}}


HANDLERS: Mapping[str, Handler] = {"AWS::SSM::Parameter": Parameter()}
