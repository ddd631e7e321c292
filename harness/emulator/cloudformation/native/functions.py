"""Lambda functions and their permissions."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
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
            if _configuration(given) != _configuration(previous):
                api.call("lambda", "update_function_configuration", FunctionName=physical_id, **_configuration(given))
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


class Permission(Handler):
    """AWS::Lambda::Permission."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        statement = generated_name(request, 100)
        api.call(
            "lambda",
            "add_permission",
            FunctionName=given["FunctionName"],
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
        function = properties["FunctionName"]
        policy = api.attempt("lambda", "get_policy", FunctionName=function)
        if policy is None:
            return
        statements = json.loads(policy["Policy"]).get("Statement", ())
        if any(each["Sid"] == physical_id for each in statements):
            api.call("lambda", "remove_permission", FunctionName=function, StatementId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


HANDLERS: Mapping[str, Handler] = {
    "AWS::Lambda::Function": Function(),
    "AWS::Lambda::Permission": Permission(),
}
