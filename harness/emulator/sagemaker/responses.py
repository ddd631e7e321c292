"""The HTTP side of the emulated SageMaker: JSON in, JSON out, errors in the API's shape. No rules of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.core.responses import ActionResult
from moto.sagemaker.responses import SageMakerResponse as MotoResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse as MotoRuntimeResponse

from harness.emulator import identity, shapes
from harness.emulator.awserror import RefusedError
from harness.emulator.sagemaker import errors, runtime
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.operations import Operation, operations

SERVICE = "sagemaker"
_INVOCATIONS = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/invocations")


class BadAnswerError(Exception):
    """An answer that does not have the shape of the API: a defect of the emulator."""


# Kinds of resources that moto's Search would not find, since they are not moto's.
_KEPT_HERE = ("Endpoint", "Model", "ModelPackage", "ModelPackageGroup", "Pipeline", "PipelineExecution", "TrainingJob")


def _refuse_search(call: Call) -> Answer:
    raise errors.not_modelled(f"Search for {call['Resource']}")


class SageMakerResponse(MotoResponse):  # type: ignore[misc] # moto is not typed for us
    """Our operations, and moto's for the others."""

    def call_action(self) -> Any:
        """Serves the operation that X-Amz-Target names."""
        name = str(self._get_action())
        operation = operations().get(name)
        parameters = json.loads(self.body) if self.body else {}
        if name == "Search" and parameters.get("Resource") in _KEPT_HERE:
            operation = _refuse_search
        if operation is None:
            return super().call_action()
        call = Call(str(self.current_account), str(self.region), identity.caller_of(self), parameters)
        try:
            result: Any = perform(name, operation, call)
        except RefusedError as error:
            result = error
        status, headers, body = self.serialized(ActionResult(result))
        headers["Content-Type"] = "application/x-amz-json-1.1"
        headers["status"] = str(status)
        headers, body = self._enrich_response(headers, body)
        return status, headers, body


def perform(name: str, operation: Operation, call: Call) -> Answer:
    """The answer of one of our operations, after a look at the request's shape and at the answer's.

    Raises RefusedError for what SageMaker refuses, BadAnswerError for what would not have botocore's shape.
    """
    model = shapes.operation(SERVICE, name)
    given = _read(call.parameters, model.input_shape)
    if found := shapes.problems(given, model.input_shape, strict=False):
        noun = "error" if len(found) == 1 else "errors"
        raise errors.validation(f"{len(found)} validation {noun} detected: {'; '.join(found)}")
    answer = operation(Call(call.account_id, call.region, call.caller, given))
    answer = {member: value for member, value in answer.items() if value is not None}
    if wrong := shapes.problems(answer, model.output_shape):
        raise BadAnswerError(f"{name} would answer what its shape does not allow: {'; '.join(wrong)}")
    return answer


def _read(value: Any, shape: Shape | None) -> Any:
    """The value with its timestamps, which come as seconds, as datetimes."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {name: _read(each, shape.members.get(name)) for name, each in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_read(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _read(each, shape.value) for key, each in value.items()}
    if shape is not None and shape.type_name == "timestamp" and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return value


class RuntimeResponse(MotoRuntimeResponse):  # type: ignore[misc] # moto is not typed for us
    """InvokeEndpoint; asynchronous endpoints are refused at their configuration."""

    def setup_class(self, request: Any, full_url: str, headers: Any, use_raw_body: bool = True) -> None:
        """As moto's, with the body as it came: it may be anything."""
        del use_raw_body
        super().setup_class(request, full_url, headers, use_raw_body=True)

    def call_action(self) -> Any:
        """Serves the operation that the path names."""
        match = _INVOCATIONS.fullmatch(self.path)
        if match is None:
            raise NotImplementedError
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.body if isinstance(self.body, bytes) else str(self.body or "").encode()
        name = unquote(match["endpoint"])
        answered = runtime.invoke(runtime.Invocation(str(self.current_account), self.region, name, body, headers))
        if answered.error is None:
            return answered.status, {**answered.headers, "status": str(answered.status)}, answered.body
        told = {"Content-Type": "application/json", "x-amzn-ErrorType": answered.code, "status": str(answered.status)}
        return answered.status, told, json.dumps(answered.error)
