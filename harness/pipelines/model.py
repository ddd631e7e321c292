"""A pipeline definition (schema 2020-12-01) as frozen data. Reading it is `parse.py`, checking it `validate.py`.

Source: the SageMaker developer guide on pipeline steps, and the definitions that the SageMaker Python SDK writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

VERSION = "2020-12-01"
ParameterType = Literal["String", "Integer", "Float", "Boolean"]
Branch = Literal["", "if", "else"]

# The steps that can be executed here.
STEP_TYPES = ("Processing", "Training", "Transform", "Condition", "Fail", "Lambda", "Model", "RegisterModel")
# The steps that SageMaker has besides.
OTHER_STEP_TYPES = (
    "AutoML", "Callback", "ClarifyCheck", "EMR", "EMRServerless", "Endpoint", "EndpointConfig", "QualityCheck",
    "Tuning",
)  # fmt: skip
# What a step may be retried after (developer guide, "Retry Policy for Pipeline Steps").
SERVICE_FAULT = "Step.SERVICE_FAULT"
THROTTLING = "Step.THROTTLING"
INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
EXCEPTION_TYPES = (SERVICE_FAULT, THROTTLING, INTERNAL_ERROR, CAPACITY_ERROR, RESOURCE_LIMIT)
RETRIED_TYPES = ("Processing", "Training", "Transform", "Model", "RegisterModel")
CACHED_TYPES = ("Processing", "Training", "Transform", "Lambda")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a pipeline. `default` None: it must be given."""

    name: str
    type: ParameterType
    default: str | int | float | bool | None = None
    allowed: tuple[str | int | float | bool, ...] = ()


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among a processing step's outputs that conditions and arguments may look into."""

    name: str
    output_name: str
    path: str


@dataclass(frozen=True)
class RetryPolicy:
    """After which errors a step is tried again, and how often. Times in seconds and minutes, as in the schema."""

    exceptions: tuple[str, ...]
    interval_seconds: float = 1
    backoff_rate: float = 2.0
    max_attempts: int | None = None  # further attempts, the first one not counted
    expire_after_minutes: float | None = None


@dataclass(frozen=True)
class OutputParameter:
    """A value that a Lambda step takes from its function's answer."""

    name: str
    type: ParameterType


@dataclass(frozen=True)
class Step:
    """One step. `path`: where it stands in the definition, such as Steps[2].

    `arguments`: as written, with references in it; for a Condition only its conditions. `parent` and `branch`: the
    Condition and the side of it that the step belongs to. `if_steps` and `else_steps`: names, of a Condition.
    """

    name: str
    type: str
    path: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    display_name: str = ""
    description: str = ""
    cache_for: timedelta | None = None
    retries: tuple[RetryPolicy, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    function_arn: Any = None
    outputs: tuple[OutputParameter, ...] = ()
    parent: str = ""
    branch: Branch = ""
    if_steps: tuple[str, ...] = ()
    else_steps: tuple[str, ...] = ()

    @property
    def references(self) -> Any:
        """Everything of the step that may hold references to other steps."""
        return [self.arguments, self.function_arn]


@dataclass(frozen=True)
class Definition:
    """A pipeline. Steps by name in the order of the definition, those of branches after their Condition."""

    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
