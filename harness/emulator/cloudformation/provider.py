"""Makes the resources of stacks: real where the emulated services can, by their schema only elsewhere."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from harness.cfn.model import Maker, Provider, Provisioned, ResourceFailure, ResourceRequest, ResourceState
from harness.cfn.provider import SchemaProvider
from harness.cfn.registry import known_type
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler
from harness.emulator.cloudformation.native.reading import READERS, absent

_NATIVE = "harness.emulator.cloudformation.native."
_SERVICE_CATALOG = "harness.emulator.servicecatalog.resources"
# Service part of the type name → the module that knows its types; each has HANDLERS, by type name.
MODULES: Mapping[str, str] = {
    "ApplicationAutoScaling": _NATIVE + "applicationautoscaling",
    "CloudWatch": _NATIVE + "cloudwatch",
    "CodeArtifact": _NATIVE + "codeartifact",
    "CodeBuild": _NATIVE + "codebuild",
    "CodeConnections": _NATIVE + "codeconnections",
    "CodePipeline": _NATIVE + "codepipeline",
    "CodeStarConnections": _NATIVE + "codeconnections",
    "DynamoDB": _NATIVE + "dynamodb",
    "EC2": _NATIVE + "ec2",
    "ECR": _NATIVE + "ecr",
    "Events": _NATIVE + "events",
    "IAM": _NATIVE + "iam",
    "KMS": _NATIVE + "kms",
    "Lambda": _NATIVE + "functions",
    "Logs": _NATIVE + "logs",
    "S3": _NATIVE + "s3",
    "SNS": _NATIVE + "sns",
    "SQS": _NATIVE + "sqs",
    "SSM": _NATIVE + "ssm",
    "SageMaker": _NATIVE + "sagemaker",
    "Scheduler": _NATIVE + "scheduler",
    "ServiceCatalog": _SERVICE_CATALOG,
}


@lru_cache(maxsize=64)
def _handlers(service: str) -> Mapping[str, Any]:
    module = MODULES.get(service)
    if module is None:
        return {}
    found: Mapping[str, Any] = importlib.import_module(module).HANDLERS
    return found


def handler_of(resource_type: str) -> Maker | None:
    """Who makes that type real, None where nobody does. Imports only the service that is asked for."""
    parts = resource_type.split("::")
    if len(parts) != 3 or parts[0] != "AWS":
        return None
    found: Maker | None = _handlers(parts[1]).get(resource_type)
    return found


class NativeProvider:
    """The provider of the emulated landscape."""

    def __init__(self) -> None:
        self._schema = SchemaProvider()

    def create(self, request: ResourceRequest) -> Provisioned:
        """Makes a resource."""
        handler = handler_of(request.type)
        if handler is None:
            return self._schema.create(request)
        return self._completed(handler.create(request), request)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        """Changes a resource in place; one that was made by its schema only stays so."""
        handler = handler_of(request.type) if current.native else None
        if handler is None:
            return self._schema.update(request, current)
        return self._completed(handler.update(request, current), request)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        """Removes a resource."""
        handler = handler_of(request.type) if current.native else None
        (handler or self._schema).delete(request, current)

    def adopt(self, request: ResourceRequest) -> Provisioned:
        """The existing resource that the request's properties identify. Raises ResourceFailure if there is none."""
        reader, handler = READERS.get(request.type), handler_of(request.type)
        if reader is None or handler is None:
            raise ResourceFailure(f"Resources of type {request.type} cannot be imported: nothing here can read them.")
        kind = known_type(request.type, request.region)
        physical_id = "|".join(str(request.properties[path[-1]]) for path in kind.primary_identifier)
        api = Api(request.account_id, request.region, request.role_arn)
        if reader(api, physical_id, request.properties) is None:
            raise ResourceFailure(absent(request.type, physical_id))
        assert isinstance(handler, Handler)
        attributes = handler.attributes(api, request, physical_id)
        return self._completed(Provisioned(physical_id, attributes, handler.ref(physical_id), native=True), request)

    def _completed(self, made: Provisioned, request: ResourceRequest) -> Provisioned:
        # An attribute that a handler does not know is as plausible as its schema makes it.
        plausible = self._schema.create(request).attributes
        return dataclasses.replace(made, attributes={**plausible, **made.attributes})


class Cancellable:
    """A provider whose next creation or update fails once somebody has cancelled."""

    def __init__(self, provider: Provider, cancelled: Callable[[], bool]) -> None:
        self._provider = provider
        self._cancelled = cancelled
        self.delete = provider.delete
        self.adopt = provider.adopt

    def create(self, request: ResourceRequest) -> Provisioned:
        """Makes a resource, unless it was cancelled."""
        self._check("creation")
        return self._provider.create(request)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        """Changes a resource, unless it was cancelled."""
        self._check("update")
        return self._provider.update(request, current)

    def _check(self, what: str) -> None:
        if self._cancelled():
            raise ResourceFailure(f"Resource {what} cancelled")
