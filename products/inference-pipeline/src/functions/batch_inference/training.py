"""Asks the training pipeline's start function for a run because of drift (P6). That function decides."""

from __future__ import annotations

import json
from typing import Any, Protocol

from batch_inference.ended import Answer, Run


class Functions(Protocol):
    """What is used of boto3's Lambda client."""

    def invoke(self, **given: Any) -> Any: ...


def ask(functions: Functions, name: str, run: Run) -> Answer:
    """What the start function answers. Never raises: what keeps training from starting is told to people."""
    from botocore.exceptions import BotoCoreError, ClientError

    request = {"reason": "drift", "cause": run.arn, "detail": run.why()}
    try:
        answered = functions.invoke(FunctionName=name, Payload=json.dumps(request).encode())
        content = json.loads(answered["Payload"].read() or b"null")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            remedy = "launch the product training pipeline, or switch retraining off"
            return Answer(False, f"There is no function {name} in this account: {remedy}.")
        return Answer(False, f"The function {name} could not be called: {error}")
    except (BotoCoreError, ValueError) as error:
        return Answer(False, f"The function {name} could not be called: {error}")
    if answered.get("FunctionError"):
        said = content.get("errorMessage", "") if isinstance(content, dict) else ""
        return Answer(False, f"The function {name} failed: {said or answered['FunctionError']}")
    if not isinstance(content, dict) or not isinstance(content.get("started"), bool):
        return Answer(False, f"The function {name} gave an answer that is none: {content!r}")
    return Answer(content["started"], str(content.get("reason", "")), content.get("execution"))
