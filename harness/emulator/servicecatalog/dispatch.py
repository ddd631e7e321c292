"""From the name of an operation to its answer: validates the request, honours idempotency tokens, checks the answer.

The one door for everybody: the HTTP responses and the CloudFormation resources both come through `perform`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from threading import Lock
from typing import Any

from harness.emulator import shapes
from harness.emulator.servicecatalog.call import Answer, Call
from harness.emulator.servicecatalog.errors import CatalogError, InvalidParameters, OperationNotSupported
from harness.emulator.servicecatalog.operations import OPERATIONS, UNLOCKED
from harness.emulator.servicecatalog.store import LOCK, Answered

SERVICE = "servicecatalog"
TOKENS = ("IdempotencyToken", "ProvisionToken", "UpdateToken", "TerminateToken", "ExecuteToken")


class InvalidRequest(CatalogError):  # noqa: N818 - the API's own name
    """The request does not have the operation's shape."""

    code = "ValidationException"


class BadAnswerError(Exception):
    """An answer that does not have the shape of the API: a defect of the emulator."""


# Requests with one token are served one after another, so that the second finds the answer of the first.
_token_locks: dict[tuple[str, str, str, str], Lock] = {}


def perform(name: str, call: Call) -> Answer:
    """The answer of an operation of the Service Catalog API.

    Raises CatalogError for what the API refuses, OperationNotSupported for what the emulator does not model, and
    BadAnswerError if an answer would not have the shape that botocore expects.
    """
    model = shapes.operation(SERVICE, name)
    operation = OPERATIONS.get(name)
    if operation is None:
        raise OperationNotSupported(f"The emulated Service Catalog does not model {name}.")
    found = shapes.problems(call.parameters, model.input_shape, strict=False)
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise InvalidRequest(f"{len(found)} validation {errors} detected: {'; '.join(found)}")
    token = next((call.parameters[each] for each in TOKENS if call.get(each)), None)
    with _token_lock(call, name, token) if token else nullcontext():
        if token and (answer := _answered(call, name, token)) is not None:
            return answer
        if name in UNLOCKED:
            answer = operation(call)
        else:
            with LOCK:
                answer = operation(call)
        answer = {member: value for member, value in answer.items() if value is not None}
        if wrong := shapes.problems(answer, model.output_shape):
            raise BadAnswerError(f"{name} would answer what its shape does not allow: {'; '.join(wrong)}")
        if token:
            call.store.answered[name, token] = Answered(_identity(call.parameters), answer)
    return answer


def _answered(call: Call, name: str, token: str) -> Answer | None:
    earlier = call.store.answered.get((name, token))
    if earlier is None:
        return None
    if earlier.parameters != _identity(call.parameters):
        raise InvalidParameters(
            f"The idempotency token {token} was used before with other parameters for {name}. Use another token."
        )
    return dict(earlier.answer)


def _identity(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key not in TOKENS}


def _token_lock(call: Call, name: str, token: str) -> Lock:
    with LOCK:
        return _token_locks.setdefault((call.account_id, call.region, name, token), Lock())
