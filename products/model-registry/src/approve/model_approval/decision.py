"""Whether a version is approved without a person: a pure decision over what the registry says. It calls nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What a version says in its customer metadata to be approved by its metric (S2).
ASKS = ("platform:approval", "automatic")
# Where the training pipeline writes what it ran and on which data.
CODE, DATA = "platform:code", "platform:data"

# Where a metric stands in SageMaker's model quality file, and whether more is better.
METRICS = {
    "auc": ("binary_classification_metrics", True),
    "accuracy": ("binary_classification_metrics", True),
    "f1": ("binary_classification_metrics", True),
    "r2": ("regression_metrics", True),
    "rmse": ("regression_metrics", False),
    "mae": ("regression_metrics", False),
}


class RefusedError(Exception):
    """The version stays as it is; the message says why, for the log."""


@dataclass(frozen=True)
class Rule:
    """What the registry demands of the versions of one group. `code`: how the address of code that it trusts begins."""

    group: str
    bucket: str
    metric: str
    threshold: float
    code: str


def metrics_key(version: Mapping[str, Any], rule: Rule) -> str:
    """S3 key of the version's metrics in the registry's bucket. `version`: the answer of DescribeModelPackage.

    Raises RefusedError for a version of another group, one that waits for nothing or does not ask, one whose metrics or
    model lie elsewhere (another bucket is not guarded by the registry, another run's metrics are not this model's), and
    one that measured itself: whoever writes the code or chooses the data would decide (N4).
    """
    if version.get("ModelPackageGroupName") != rule.group:
        raise RefusedError(f"it is a version of {version.get('ModelPackageGroupName')}, not of {rule.group}")
    if version.get("ModelApprovalStatus") != "PendingManualApproval":
        raise RefusedError(f"its status is {version.get('ModelApprovalStatus')}")
    name, value = ASKS
    metadata = version.get("CustomerMetadataProperties", {})
    if metadata.get(name) != value:
        raise RefusedError(f"it does not ask for it ({name} is not {value})")
    if not metadata.get(CODE, "").startswith(rule.code):
        raise RefusedError(f"its steps are not the platform's ({CODE} is {metadata.get(CODE) or 'not said'})")
    if not re.fullmatch(rf"s3://training-\d{{12}}-[a-z0-9-]+-{re.escape(rule.group)}/data/", metadata.get(DATA, "")):
        raise RefusedError(
            f"it was not trained on all data of the group ({DATA} is {metadata.get(DATA) or 'not said'})"
        )
    containers = version.get("InferenceSpecification", {}).get("Containers", [])
    models = [each.get("ModelDataUrl", "") for each in containers]
    metrics = version.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", "")
    root = f"s3://{rule.bucket}/"
    run, _, rest = metrics.removeprefix(root).partition("/")
    if not metrics.startswith(root) or rest != "evaluation/metrics.json":
        raise RefusedError(f"its metrics are not in the registry ({metrics or 'none registered'})")
    if models != [f"{root}{run}/model.tar.gz"]:
        raise RefusedError("its metrics are not those of the run that made the model")
    return f"{run}/{rest}"


def judge(content: bytes, rule: Rule) -> str:
    """The sentence that says why the version is approved. `content`: the registered metrics file.

    Raises RefusedError for a file that is not such a file, and for a value on the wrong side of the threshold.
    """
    section, more_is_better = METRICS[rule.metric]
    try:
        value = json.loads(content)[section][rule.metric]["value"]
    except (ValueError, KeyError, TypeError):
        raise RefusedError(f"its metrics file has no {section}.{rule.metric}.value") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedError(f"its {rule.metric} is {value!r}, which is no number")
    good = value >= rule.threshold if more_is_better else value <= rule.threshold
    bound = "at least" if more_is_better else "at most"
    if not good:
        raise RefusedError(f"its {rule.metric} is {value:g}, and must be {bound} {rule.threshold:g}")
    return f"{rule.metric} {value:g} is {bound} {rule.threshold:g}"
