"""Manual approvals: tells a topic that somebody is waited for, and waits. The answer comes in `approvals.py`."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from harness.emulator import clock
from harness.emulator.delivery.pipelines.context import Context, Wait
from harness.emulator.delivery.store import LOCK

_MINUTES = 7 * 24 * 60
_CONSOLE = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines"


def start(context: Context) -> Wait:
    """Publishes to NotificationArn, as the pipeline; raises botocore's error where that is refused."""
    minutes = int(context.run.declaration.get("timeoutInMinutes") or _MINUTES)
    token = str(uuid.uuid4())
    topic = context.get("NotificationArn")
    if topic:
        told = message(context, token, minutes)
        name = context.pipeline.name
        subject = f"APPROVAL NEEDED: AWS CodePipeline {name} for action {context.run.name}"
        # A topic may be in another region than the pipeline.
        context.client("sns").publish(TopicArn=topic, Subject=subject[:100], Message=json.dumps(told))
    with LOCK:
        context.run.token = context.run.given_token = token
    return Wait(minutes * 60, "The approval has expired: nobody answered in time", "ApprovalExpired")


def message(context: Context, token: str, minutes: int) -> dict[str, Any]:
    """What subscribers get, in the form that CodePipeline's guide documents."""
    pipeline, run = context.pipeline, context.run
    where = f"{_CONSOLE}/{pipeline.name}/view?region={pipeline.region}"
    review = f"{where}#/{run.stage}/{run.name}/approve/{token}"
    approval = {
        "pipelineName": pipeline.name,
        "stageName": run.stage,
        "actionName": run.name,
        "token": token,
        "expires": f"{clock.now() + timedelta(minutes=minutes):%Y-%m-%dT%H:%MZ}",
        "externalEntityLink": context.get("ExternalEntityLink") or None,
        "approvalReviewLink": review,
        "customData": context.get("CustomData") or None,
    }
    return {"region": pipeline.region, "consoleLink": where, "approval": approval}
