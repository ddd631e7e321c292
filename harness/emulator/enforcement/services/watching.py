"""CloudWatch's metrics, alarms and dashboards, and its logs."""

from __future__ import annotations

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Table

CLOUDWATCH = Table(
    prefix="cloudwatch",
    variables={
        "AlarmName": ("AlarmName", "AlarmNames"),
        "DashboardName": ("DashboardName", "DashboardNames"),
    },
    keys=lambda asked: {
        "cloudwatch:namespace": asked.get("Namespace"),
        "cloudwatch:AlarmActions": tuple(asked.get("AlarmActions") or ()),
        "cloudwatch:requestInsightRuleLogGroups": (),
    },
    tags=own.tags("cloudwatch", "list_tags_for_resource", "ResourceARN", "Tags"),
    tagging="TagResource",
)


def _group(asked: Asked) -> list[str]:
    """Policies know a log group by what follows its name too, which only tags do without.

    A query is found by its id, which names no group: all of them stand for it.
    """
    if whole := asked.text("resourceArn"):
        return [whole]
    names = asked.get("logGroupNames") or [asked.text("logGroupName") or asked.text("logGroupIdentifier")]
    stream = asked.text("logStreamName")
    found = []
    for each in names:
        name = str(each)
        arn = name.removesuffix(":*") if name.startswith("arn:") else own.arn_of(
            "logs", asked.region, asked.caller.account_id, f"log-group:{name or '*'}"
        )  # fmt: skip
        found.append(f"{arn}:log-stream:{stream}")
    return found


def _log_tags(arn: str) -> dict[str, str] | None:
    group = arn.partition(":log-stream:")[0]
    found = own.api(arn).attempt("logs", "list_tags_for_resource", resourceArn=group)
    return own.pairs(found.get("tags")) if found else {}


LOGS = Table(
    prefix="logs",
    kinds={"log-group": _group, "log-stream": _group},
    roles={"roleArn": "logs.amazonaws.com"},
    tags=_log_tags,
    tagging="TagResource",
    families=("logs:",),
)
