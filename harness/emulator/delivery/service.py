"""The wire of the delivery services: JSON in, operations by name or path, answers in botocore's shapes. No rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationNotFoundError
from moto.core.responses import ActionResult, BaseResponse

from harness.emulator import identity, shapes
from harness.emulator.awserror import RefusedError
from harness.emulator.delivery.store import Store, store_of

Answer = dict[str, Any]
_CONTENT_TYPE = "application/x-amz-json-1.1"
_EMPTY = "at least 1, got 0"


class ServiceError(Exception):
    """An error that the API answers with: `code` is the name of a shape in the API's model."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BadAnswerError(Exception):
    """An answer that does not have the shape of the API: a defect of the emulator."""


@dataclass(frozen=True)
class Call:
    """A request in one account and region. `arn` is the caller's own (a session's, for an assumed role)."""

    account_id: str
    region: str
    arn: str
    parameters: Mapping[str, Any]
    who: identity.Caller

    @property
    def store(self) -> Store:
        """The state of the caller's account and region."""
        return store_of(self.account_id, self.region)

    def get(self, name: str) -> Any:
        """A parameter, or None."""
        return self.parameters.get(name)

    def __getitem__(self, name: str) -> Any:
        """A required parameter."""
        return self.parameters[name]


Operation = Callable[[Call], Answer]


def perform(service: str, operations: Mapping[str, Operation], name: str, call: Call, invalid: str) -> Answer:
    """The answer of an operation.

    `invalid`: the error code of a request that does not have the operation's shape. Raises ServiceError for what the
    API refuses, NotImplementedError for what is not modelled, BadAnswerError for an answer out of shape.
    """
    model = shapes.operation(service, name)
    operation = operations.get(name)
    if operation is None:
        raise NotImplementedError
    found = [each for each in shapes.problems(call.parameters, model.input_shape, strict=False) if not _is_date(each)]
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise ServiceError(invalid, f"{len(found)} validation {errors} detected: {'; '.join(found)}")
    answer = {member: value for member, value in operation(call).items() if value is not None}
    # AWS itself answers empty lists where its models want one entry at least.
    if wrong := [each for each in shapes.problems(answer, model.output_shape) if not each.endswith(_EMPTY)]:
        raise BadAnswerError(f"{name} would answer what its shape does not allow: {'; '.join(wrong)}")
    return answer


def _is_date(problem: str) -> bool:
    return ": timestamp was expected" in problem  # in JSON a date is a number


def response_class(
    service: str, operations: Mapping[str, Operation], invalid: str, by_path: bool = False
) -> type[BaseResponse]:
    """moto's kind of response for a JSON service that has those operations. `invalid`: see `perform`.

    `by_path`: method and path name the operation (rest-json), and not X-Amz-Target.
    """

    class DeliveryResponse(BaseResponse):  # type: ignore[misc] # moto is not typed for us
        """Answers every operation through `perform`."""

        def __init__(self) -> None:
            super().__init__(service_name=service)
            self.automated_parameter_parsing = by_path

        def call_action(self) -> Any:
            """Serve the operation that the request names, without moto's look-up of methods by name."""
            name = str(self._get_action())
            who = identity.caller_of(self)
            parameters = _parameters(self, by_path)
            call = Call(who.account_id, self.region, who.arn, parameters, who)
            try:
                result: Any = perform(service, operations, name, call, invalid)
            except ServiceError as error:
                result = RefusedError(error.code, error.message)
            except OperationNotFoundError:
                result = RefusedError("UnknownOperationException", f"{service} has no operation {name}.")
            status, headers, body = self.serialized(ActionResult(result))
            headers["Content-Type"] = "application/json" if by_path else _CONTENT_TYPE
            headers["status"] = str(status)
            headers, body = self._enrich_response(headers, body)
            return status, headers, body

    return DeliveryResponse


def _parameters(response: Any, by_path: bool) -> dict[str, Any]:
    if by_path:
        return dict(getattr(response, "params", {}))  # an unknown operation has none
    found: dict[str, Any] = json.loads(response.body) if response.body else {}
    return found
