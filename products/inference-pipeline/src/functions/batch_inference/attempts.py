"""At most one attempt to retrain for each run, however often its end is told: EventBridge delivers once or more.

The record is an object that S3 writes only where there is none yet (If-None-Match). Its states: begun, answered, told.
It stays, and tells people what became of a drift.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from batch_inference.ended import Answer

# Longer than the function may run: whoever has not come to an end by then never will.
PATIENCE = timedelta(seconds=90)
BROKEN_OFF = Answer(False, "An attempt to start training was made and broke off before it was answered.")


class Store(Protocol):
    """What is used of boto3's S3 client."""

    def put_object(self, **given: Any) -> Any: ...
    def get_object(self, **given: Any) -> Any: ...


class AttemptUnderWayError(Exception):
    """Another delivery of the same event is at it; Lambda tries again later and finds the answer."""


def key(execution_id: str) -> str:
    """The record's key in the inference bucket."""
    return f"retraining/{execution_id}.json"


def attempt(store: Store, bucket: str, execution_id: str, now: datetime, ask: Callable[[], Answer]) -> Answer | None:
    """The answer to the one attempt of this run, to be told to people; None where they were told before.

    Raises AttemptUnderWayError.
    """
    if _begin(store, bucket, execution_id, now):
        answer = ask()
        record(store, bucket, execution_id, answer, now, told=False)
        return answer
    found = json.loads(store.get_object(Bucket=bucket, Key=key(execution_id))["Body"].read())
    if found.get("told"):
        return None
    if now - datetime.fromisoformat(found["begun"]) < PATIENCE:
        raise AttemptUnderWayError(f"an attempt for run {execution_id} is under way")
    return Answer(found["started"], found["reason"], found["execution"]) if "started" in found else BROKEN_OFF


def record(store: Store, bucket: str, execution_id: str, answer: Answer, now: datetime, *, told: bool) -> None:
    """Writes down what the attempt came to, and whether people know."""
    content = {
        "begun": now.isoformat(),
        "started": answer.started,
        "reason": answer.reason,
        "execution": answer.execution,
        "told": told,
    }
    store.put_object(Bucket=bucket, Key=key(execution_id), Body=json.dumps(content).encode())


def _begin(store: Store, bucket: str, execution_id: str, now: datetime) -> bool:
    """Whether this call may make the attempt."""
    from botocore.exceptions import ClientError

    body = json.dumps({"begun": now.isoformat()}).encode()
    try:
        store.put_object(Bucket=bucket, Key=key(execution_id), Body=body, IfNoneMatch="*")
    except ClientError as error:
        # it is there (412), or somebody else writes it at this very moment (409)
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            return False
        raise
    return True
