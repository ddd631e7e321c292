"""Which function serves which operation of the SageMaker API, gathered from the modules of the themes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache

from harness.emulator.sagemaker.call import Answer, Call

Operation = Callable[[Call], Answer]
_PACKAGE = "harness.emulator.sagemaker."
# Each has OPERATIONS. Imported when the first request comes.
_MODULES = (
    "endpoint_configs",
    "endpoints",
    "jobs_processing",
    "jobs_training",
    "jobs_transform",
    "models",
    "monitoring",
    "pipelines",
    "pipelines_executions",
    "registry_groups",
    "registry_packages",
    "tags",
)


@cache
def operations() -> Mapping[str, Operation]:
    """Operation name → the function that serves it. What is not here is moto's, or is not modelled."""
    found: dict[str, Operation] = {}
    for name in _MODULES:
        found.update(importlib.import_module(_PACKAGE + name).OPERATIONS)
    return found
