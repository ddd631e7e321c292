"""What the steps of a pipeline call: the API, with the pipeline's role. When they run is decided elsewhere.

How failures are worded is what list_pipeline_execution_steps shows of real executions.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator import acting, background
from harness.emulator.sagemaker.jobs_data import location
from harness.emulator.sagemaker.jobs_model import JobError
from harness.emulator.sagemaker.pipelines_model import Execution, Pipeline
from harness.pipelines.model import (
    CAPACITY_ERROR,
    INTERNAL_ERROR,
    RESOURCE_LIMIT,
    SERVICE_FAULT,
    THROTTLING,
    Step,
)
from harness.pipelines.parameters import WrongTypeError, converted
from harness.pipelines.services import Ended, Reusable, Started, StepError

_ALPHABET = string.ascii_lowercase + string.digits
_THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded")
_JOBS = ("Processing", "Training", "Transform")
_LAMBDA_SECONDS = 600  # what a Lambda step may take


@dataclass
class Steps:
    """The Services of one execution."""

    pipeline: Pipeline
    execution: Execution
    _clients: dict[str, Any] = field(default_factory=dict)
    _invoked: dict[str, Ended | StepError] = field(default_factory=dict)

    def start(self, step: Step, arguments: Mapping[str, Any]) -> Started:
        """Starts the work of a step. Raises StepError."""
        if step.type in _JOBS:
            return self._start_job(step, arguments)
        if step.type == "Model":
            name = self._name(step, 63)
            made = self._call("create_model", {**arguments, "ModelName": name})
            return Started(name, {"Model": {"Arn": made["ModelArn"]}})
        if step.type == "RegisterModel":
            arn = self._call("create_model_package", arguments)["ModelPackageArn"]
            return Started(arn, {"RegisterModel": {"Arn": arn}})
        return self._invoke(step, arguments)

    def poll(self, step: Step, started: Started) -> Ended | None:
        """None while a step works. Raises StepError."""
        if step.type in _JOBS:
            return self._job_ended(step, started)
        if step.type == "Model":
            return Ended(self._call("describe_model", {"ModelName": started.handle}))
        if step.type == "RegisterModel":
            return self._registered(started)
        result = self._invoked.get(started.handle)
        if isinstance(result, StepError):
            raise result
        return result

    def stop(self, step: Step, started: Started) -> None:
        """Stops a job; other steps cannot be stopped."""
        if step.type in _JOBS:
            try:
                self._call(f"stop_{step.type.lower()}_job", {f"{step.type}JobName": started.handle})
            except StepError:  # it has just ended
                return

    def read_json(self, uri: str) -> Any:
        """A property file. Raises StepError."""
        try:
            where = location(uri)
            body = self._client("s3").get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
            return json.loads(body)
        except JobError as error:
            raise StepError(str(error)) from None
        except ClientError as error:
            raise StepError(f"ClientError: Failed to read the property file {uri}: {_message(error)}") from None
        except ValueError:
            raise StepError(f"ClientError: The property file {uri} is no JSON.") from None

    def reusable(self, step: Step, key: str, since: datetime) -> Reusable | None:
        """The newest success of the pipeline that may be used again."""
        kept = self.pipeline.kept.get((step.name, key), [])
        return next((found for ended, found in reversed(kept) if ended > since), None)

    def _start_job(self, step: Step, arguments: Mapping[str, Any]) -> Started:
        name = self._name(step, 63)
        member = f"{step.type}Job"
        made = self._call(f"create_{step.type.lower()}_job", {**arguments, f"{member}Name": name})
        return Started(name, {member: {"Arn": made[f"{member}Arn"]}})

    def _job_ended(self, step: Step, started: Started) -> Ended | None:
        member = f"{step.type}Job"
        told = self._call(f"describe_{step.type.lower()}_job", {f"{member}Name": started.handle})
        status = told[f"{member}Status"]
        if status == "Completed":
            return Ended(told)
        if status == "Stopped":
            return Ended(told, stopped=True)
        if status != "Failed":
            return None
        reason = str(told.get("FailureReason", ""))
        kind = next((kind for start, kind in _JOB_ERRORS if reason.startswith(start)), "")
        raise StepError(f"ClientError: {reason}", kind)

    def _registered(self, started: Started) -> Ended | None:
        told = self._call("describe_model_package", {"ModelPackageName": started.handle})
        if told["ModelPackageStatus"] == "Failed":
            raise StepError("ClientError: The model package failed validation.")
        return Ended(told) if told["ModelPackageStatus"] == "Completed" else None

    def _invoke(self, step: Step, arguments: Mapping[str, Any]) -> Started:
        """Invokes the function of a Lambda step, in the background: it may take its time."""
        handle = secrets.token_hex(8)
        arn = str(step.function_arn)
        background.submit(f"lambda step {handle}", partial(self._await, handle, step, arn, dict(arguments)))
        return Started(handle, {"Lambda": {"Arn": arn}})

    def _await(self, handle: str, step: Step, arn: str, payload: dict[str, Any]) -> None:
        try:
            self._invoked[handle] = self._invocation(step, arn, payload)
        except StepError as error:
            self._invoked[handle] = error
        except Exception as error:  # else the step would never end
            self._invoked[handle] = StepError(f"InternalServerError: {type(error).__name__}: {error}", INTERNAL_ERROR)

    def _invocation(self, step: Step, arn: str, payload: dict[str, Any]) -> Ended:
        client = acting.client("lambda", self.execution.place.region, self.execution.session, _LAMBDA_SECONDS)
        try:
            answer = client.invoke(FunctionName=arn, Payload=json.dumps(payload).encode())
        except (ClientError, BotoCoreError) as error:
            raise _failed("lambda:InvokeFunction", error) from None
        content = answer["Payload"].read().decode("utf-8", "replace")
        if answer.get("FunctionError"):
            raise StepError(f"ClientError: The Lambda function returned an error: {_function_error(content)}")
        outputs = _outputs(step, content)
        listed = [{"Name": name, "Value": _text(value)} for name, value in outputs.items()]
        metadata = {"Lambda": {"Arn": arn, **({"OutputParameters": listed} if listed else {})}}
        return Ended({"OutputParameters": outputs}, metadata)

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        client = self._client("sagemaker")
        method: Callable[..., dict[str, Any]] = getattr(client, operation)
        try:
            answer = method(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise _failed(f"sagemaker:{client.meta.method_to_api_mapping[operation]}", error) from None
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = acting.client(service, self.execution.place.region, self.execution.session)
        return self._clients[service]

    def _name(self, step: Step, most: int) -> str:
        """pipelines-<execution>-<step>-<random>, as SageMaker names what pipelines make."""
        head, tail = f"pipelines-{self.execution.id}-", "-" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
        middle = re.sub(r"-{2,}|[^A-Za-z0-9-]", "-", step.name)[: most - len(head) - len(tail)].strip("-")
        return head + (middle or "step") + tail


_JOB_ERRORS = (("InternalServerError", INTERNAL_ERROR), ("CapacityError", CAPACITY_ERROR))


def _failed(action: str, error: ClientError | BotoCoreError) -> StepError:
    return StepError(f"ClientError: Failed to invoke {action}. Error Details: {_message(error)}", _kind(error))


def _kind(error: ClientError | BotoCoreError) -> str:
    if not isinstance(error, ClientError):
        return ""
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _THROTTLED:
        return THROTTLING
    if code == "ResourceLimitExceeded":
        return RESOURCE_LIMIT
    return SERVICE_FAULT if status >= 500 else ""


def _message(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return str(told.get("Message") or told["Code"])
    return " ".join(str(error).split())


def _function_error(content: str) -> str:
    try:
        told = json.loads(content)
        return f"{told['errorType']}: {told['errorMessage']}"
    except (ValueError, LookupError, TypeError):
        return content


def _outputs(step: Step, content: str) -> dict[str, Any]:
    """The values that the step takes from a function's answer. Raises StepError."""
    if not step.outputs:
        return {}
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping):
        raise StepError("ClientError: The Lambda function must answer a JSON object, for the step has outputs.")
    found = {}
    for each in step.outputs:
        if each.name not in answer:
            raise StepError(f"ClientError: The Lambda function's answer has no {each.name}, an output of the step.")
        try:
            found[each.name] = converted(answer[each.name], each.type)
        except WrongTypeError as error:
            raise StepError(f"ClientError: Output {each.name} of the Lambda function: {error}.") from None
    return found


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
