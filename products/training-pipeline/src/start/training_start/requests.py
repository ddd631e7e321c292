"""What asks for a run, read from the event of whatever called. It decides nothing.

A request is a JSON object: {"reason": …} and, as the reason wants, "key" (of an object in the training bucket), "cause"
(a text for the record), "parameters" (of the pipeline, P10). What else it holds goes to the log.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CAUSE = 256  # characters that the registry keeps of a cause
_NOT_IN_METADATA = re.compile(r"[^\w .:/=+@-]")
_CODE = re.compile(r"code/(?P<file>[\w.-]+\.zip)")


class Reason(enum.Enum):
    """Why a run is wanted."""

    SCHEDULE = "schedule"
    DATA = "data"  # an object has arrived
    MERGE = "merge"  # the team's code has passed its tests and lies in the bucket
    DRIFT = "drift"  # the inference pipeline found that its data has drifted
    ENDED = "ended"  # a run has ended: is another one wanted meanwhile?
    PERSON = "person"

    @property
    def waits(self) -> bool:
        """Whether the request is kept while a run goes on: that run has not seen what this one is about."""
        return self in (Reason.DATA, Reason.MERGE)


class InvalidRequestError(Exception):
    """The request is not what this function takes; the message says why."""


@dataclass(frozen=True)
class Code:
    """The team's own step code: an archive in S3, and its file name."""

    uri: str
    file: str


@dataclass(frozen=True)
class Request:
    """One wish for a run. `cause` fits the registry's metadata."""

    reason: Reason
    cause: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    code: Code | None = None


def read(event: Mapping[str, Any], bucket: str) -> Request:
    """The request in an event. Raises InvalidRequestError."""
    try:
        reason = Reason(event.get("reason"))
    except ValueError:
        known = ", ".join(each.value for each in Reason)
        raise InvalidRequestError(f"the reason is {event.get('reason')!r}; it is one of {known}") from None
    parameters = event.get("parameters", {})
    if not isinstance(parameters, Mapping) or not all(isinstance(each, str) for each in parameters.values()):
        raise InvalidRequestError("parameters are a mapping of names to texts")
    key = str(event.get("key", ""))
    about = str(event.get("cause") or key)
    cause = _NOT_IN_METADATA.sub("-", f"{reason.value}: {about}" if about else reason.value)[:CAUSE]
    code = _code(key, bucket) if reason is Reason.MERGE else None
    return Request(reason, cause, dict(parameters), code)


def _code(key: str, bucket: str) -> Code:
    found = _CODE.fullmatch(key)
    if found is None:
        raise InvalidRequestError(f"the code of a merge is code/<name>.zip in the training bucket, not {key!r}")
    return Code(f"s3://{bucket}/{key}", found["file"])
