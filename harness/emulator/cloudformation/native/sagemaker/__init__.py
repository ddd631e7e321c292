"""SageMaker's resource types, a module a theme."""

from __future__ import annotations

from collections.abc import Mapping

from harness.emulator.cloudformation.native.handler import Handler
from harness.emulator.cloudformation.native.sagemaker import (
    domains,
    hosting,
    monitoring,
    notebooks,
    pipelines,
    registry,
)

HANDLERS: Mapping[str, Handler] = {
    **domains.HANDLERS,
    **hosting.HANDLERS,
    **monitoring.HANDLERS,
    **notebooks.HANDLERS,
    **pipelines.HANDLERS,
    **registry.HANDLERS,
}
