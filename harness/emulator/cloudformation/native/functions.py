"""Lambda functions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native import function_parts
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_map

_CONFIGURATION = [
    "Role",
    "Handler",
    "Runtime",
    "Description",
    "Timeout",
    "MemorySize",
    "VpcConfig",
    "Environment",
    "DeadLetterConfig",
    "KMSKeyArn",
    "TracingConfig",
    "Layers",
    "EphemeralStorage",
    "LoggingConfig",
    "ImageConfig",
    "SnapStart",
    "FileSystemConfigs",
]
# What a setting goes back to when a template no longer says it (Lambda API, UpdateFunctionConfiguration).
_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    "Environment": {"Variables": {}},
    "DeadLetterConfig": {"TargetArn": ""},
    "TracingConfig": {"Mode": "PassThrough"},
    "LoggingConfig": {"LogFormat": "Text"},
    "Layers": [],
}
_AT_CREATION = ("Architectures", "PackageType", "CodeSigningConfigArn")


class Function(Handler):
    """AWS::Lambda::Function; its physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("FunctionName") or generated_name(request, 64))
        api.call(
            "lambda",
            "create_function",
            FunctionName=name,
            Code=_code(given),
            Tags=tag_map(request) or None,
            **_configuration(given),
            **{key: given.get(key) for key in _AT_CREATION},
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        if previous is not None:
            if given["Code"] != previous["Code"]:
                api.call("lambda", "update_function_code", FunctionName=physical_id, **_code(given))
            wanted, had = _configuration(given), _configuration(previous)
            if wanted != had:
                dropped = {key: value for key, value in _DEFAULTS.items() if key in had and key not in wanted}
                changed = {**dropped, **wanted}
                api.call("lambda", "update_function_configuration", FunctionName=physical_id, **changed)
            self._tag(api, request, physical_id)
        limit = given.get("ReservedConcurrentExecutions")
        if limit is not None:
            api.call(
                "lambda",
                "put_function_concurrency",
                FunctionName=physical_id,
                ReservedConcurrentExecutions=int(limit),
            )
        elif before.get("ReservedConcurrentExecutions") is not None:
            api.attempt("lambda", "delete_function_concurrency", FunctionName=physical_id)

    def _tag(self, api: Api, request: ResourceRequest, physical_id: str) -> None:
        now, arn = tag_map(request), self.attributes(api, request, physical_id)["Arn"]
        known = api.call("lambda", "get_function", FunctionName=physical_id).get("Tags", {})  # as its handler reads it
        if gone := sorted(set(known) - set(now)):
            api.call("lambda", "untag_resource", Resource=arn, TagKeys=gone)
        if now:
            api.call("lambda", "tag_resource", Resource=arn, Tags=now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("lambda", "delete_function", FunctionName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": f"arn:{request.partition}:lambda:{api.region}:{api.account_id}:function:{physical_id}"}


def _configuration(given: Properties) -> dict[str, Any]:
    found = {key: given.get(key) for key in _CONFIGURATION}
    for key in ("Timeout", "MemorySize"):
        if found[key] is not None:
            found[key] = int(str(found[key]))
    if given.get("KmsKeyArn"):
        found["KMSKeyArn"] = given["KmsKeyArn"]
    return {key: value for key, value in found.items() if value is not None}


def _code(given: Properties) -> dict[str, Any]:
    code = dict(given["Code"])
    inline = code.pop("ZipFile", None)
    code.pop("SourceKMSKeyArn", None)
    if inline is not None:
        code["ZipFile"] = _archive(inline, str(given.get("Runtime", "")))
    return code


def _archive(source: str, runtime: str) -> bytes:
    # CloudFormation puts inline source into index.py or index.js, whatever the handler says.
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.js" if runtime.startswith("nodejs") else "index.py", source)
    return content.getvalue()


HANDLERS: Mapping[str, Handler] = {"AWS::Lambda::Function": Function(), **function_parts.HANDLERS}
