"""When a former result of a step may be used again: the arguments that count, as a key.

Source: the developer guide's "Default cache key attributes by pipeline step type". It names none for Lambda steps,
which the SDK lets be cached: there the function and all its arguments count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from harness.pipelines.model import Step

_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations", "Environment",
        "HyperParameters", "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}  # fmt: skip


def key(step: Step, arguments: Mapping[str, Any], function_arn: str = "") -> str:
    """The cache key of a step with resolved arguments; empty where the step is not cached."""
    if step.cache_for is None:
        return ""
    names = _ATTRIBUTES.get(step.type)
    counted = {name: arguments.get(name) for name in names} if names else {"": function_arn, **arguments}
    text = json.dumps([step.type, counted], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
