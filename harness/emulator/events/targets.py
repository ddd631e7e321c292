"""The kinds of things that rules reach, and how: by the thing's own policy, or with the role of the target.

Every call meets what it would meet at AWS: resource policies, key policies, the trust and the permissions of a role.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.cfn.model import ResourceFailure
from harness.emulator import acting, clock, grants
from harness.emulator.arns import Arn
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.events import inputs
from harness.emulator.grants import Service

if TYPE_CHECKING:
    from harness.emulator.events.delivery import Delivery

_AGAIN = ("Throttl", "TooManyRequests", "LimitExceeded", "ServiceUnavailable", "InternalFailure", "InternalError")
_DENIED = ("AccessDenied", "NotAuthorized", "AuthorizationError", "UnrecognizedClient")
_MISSING = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")


class UndeliverableError(Exception):
    """A target was not reached; `code` is EventBridge's error code, `retriable` whether it may be reached later."""

    def __init__(self, code: str, message: str, retriable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.retriable = code, message, retriable


def send(due: Delivery, payload: str) -> None:
    """Reaches the target of a delivery. Raises UndeliverableError."""
    arn = Arn.parse(str(due.target["Arn"]))
    kind = kind_of(arn)
    if kind is None:
        raise UndeliverableError("INVALID_PARAMETER", f"the emulated landscape sends no events to {arn}")
    _SENDERS[kind](due, arn, payload)


def kind_of(arn: Arn) -> str | None:
    """Which kind of target an ARN is, None where the landscape sends nothing there."""
    for kind, (service, start) in _KINDS.items():
        if arn.service == service and arn.resource.startswith(start):
            return kind
    return None


def send_to_queue(
    queue_arn: str,
    body: str,
    service: Service,
    group: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Puts a message into a queue, as a service that its policy and key must let in. Raises UndeliverableError."""
    arn = Arn.parse(queue_arn)
    url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"
    found = as_owner(arn, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    if not grants.may(service, found.get("Policy"), "sqs:SendMessage", queue_arn):
        raise UndeliverableError(
            "NO_PERMISSIONS", f"the policy of queue {queue_arn} does not allow {service.principal}"
        )
    _check_key(service, found.get("KmsMasterKeyId"), arn)
    given = {key: {"DataType": "String", "StringValue": value} for key, value in (attributes or {}).items() if value}
    as_owner(
        arn,
        "sqs",
        "send_message",
        QueueUrl=url,
        MessageBody=body,
        MessageGroupId=group,
        MessageAttributes=given or None,
    )


def send_to_topic(topic_arn: str, message: str, service: Service, subject: str | None = None) -> None:
    """Publishes to a topic, as a service that its policy and key must let in. Raises UndeliverableError."""
    arn = Arn.parse(topic_arn)
    found = as_owner(arn, "sns", "get_topic_attributes", TopicArn=topic_arn)["Attributes"]
    if not grants.may(service, found.get("Policy"), "sns:Publish", topic_arn):
        raise UndeliverableError(
            "NO_PERMISSIONS", f"the policy of topic {topic_arn} does not allow {service.principal}"
        )
    _check_key(service, found.get("KmsMasterKeyId"), arn)
    as_owner(arn, "sns", "publish", TopicArn=topic_arn, Message=message, Subject=subject)


def send_to_function(function_arn: str, payload: str, service: Service) -> None:
    """Invokes a function, as a service that its policy must let in. Raises UndeliverableError."""
    check_function(function_arn, service)
    arn = Arn.parse(function_arn)
    name, version = _function_name(arn)
    as_owner(
        arn,
        "lambda",
        "invoke",
        FunctionName=name,
        Qualifier=version,
        InvocationType="Event",
        Payload=payload.encode(),
    )


def check_function(function_arn: str, service: Service) -> None:
    """Whether a function is there and lets the service in. Raises UndeliverableError."""
    arn = Arn.parse(function_arn)
    name, version = _function_name(arn)
    as_owner(arn, "lambda", "get_function_configuration", FunctionName=name, Qualifier=version)
    try:
        policy = as_owner(arn, "lambda", "get_policy", FunctionName=name, Qualifier=version)["Policy"]
    except UndeliverableError:  # a function without one
        policy = None
    if not grants.may(service, policy, "lambda:InvokeFunction", function_arn):
        message = f"the policy of function {function_arn} does not allow {service.principal} for {service.source_arn}"
        raise UndeliverableError("NO_PERMISSIONS", message)


def _function_name(arn: Arn) -> tuple[str, str | None]:
    name, _, qualifier = arn.resource.removeprefix("function:").partition(":")
    return name, qualifier or None


def as_owner(arn: Arn, service: str, operation: str, **params: Any) -> dict[str, Any]:
    """A call in the account that owns the thing, once its policy let the service in. Raises UndeliverableError."""
    try:
        return Api(arn.account, arn.region).call(service, operation, **params)
    except ResourceFailure as failure:
        cause = failure.__cause__
        if isinstance(cause, ClientError):
            raise _undeliverable(cause) from None
        raise UndeliverableError("SDK_CLIENT_ERROR", str(failure)) from None


def as_role(due: Delivery, region: str, service: str, operation: str, **params: Any) -> dict[str, Any]:
    """A call with the role of the target. Raises UndeliverableError."""
    role = due.target.get("RoleArn")
    if not role:
        raise UndeliverableError("NO_PERMISSIONS", f"target {due.target['Id']} has no role")
    return with_role(str(role), due.service, region, service, operation, **params)


def with_role(role: str, acts: Service, region: str, service: str, operation: str, **params: Any) -> dict[str, Any]:
    """A call with a role that trusts the service which acts. Raises UndeliverableError."""
    try:
        session = acting.credentials(
            role, acts.principal, acts.source_account, acts.source_arn.rsplit("/", 1)[-1], acts.source_arn
        )
    except acting.NotTrustedError as error:
        raise UndeliverableError("NO_PERMISSIONS", str(error)) from None
    given = {key: value for key, value in params.items() if value is not None}
    client = acting.client(service, region, session)
    try:
        answer: dict[str, Any] = getattr(client, operation)(**given)
    except ClientError as error:
        raise _undeliverable(error) from None
    except BotoCoreError as error:
        raise UndeliverableError("INVALID_PARAMETER", str(error)) from None
    return answer


def _undeliverable(error: ClientError) -> UndeliverableError:
    code = str(error.response["Error"]["Code"])
    message = f"{code}: {error.response['Error'].get('Message', '')}"
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    if any(part in code for part in _AGAIN) or status >= 500:
        return UndeliverableError("THROTTLING" if status < 500 else "ERROR_FROM_TARGET", message, retriable=True)
    if any(part in code for part in _DENIED):
        return UndeliverableError("NO_PERMISSIONS", message)
    if any(part in code for part in _MISSING):
        return UndeliverableError("NO_RESOURCE", message)
    return UndeliverableError("INVALID_PARAMETER", message)


def _check_key(service: Service, key: str | None, arn: Arn) -> None:
    if problem := grants.key_problem(service, key, arn.account, arn.region):
        raise UndeliverableError("NO_PERMISSIONS", problem)


def _function(due: Delivery, arn: Arn, payload: str) -> None:
    if due.target.get("RoleArn"):
        call = {"FunctionName": str(arn), "InvocationType": "Event", "Payload": payload.encode()}
        as_role(due, arn.region, "lambda", "invoke", **call)
    else:
        send_to_function(str(arn), payload, due.service)


def _topic(due: Delivery, arn: Arn, payload: str) -> None:
    if due.target.get("RoleArn"):
        as_role(due, arn.region, "sns", "publish", TopicArn=str(arn), Message=payload)
    else:
        send_to_topic(str(arn), payload, due.service)


def _queue(due: Delivery, arn: Arn, payload: str) -> None:
    group = (due.target.get("SqsParameters") or {}).get("MessageGroupId")
    if due.target.get("RoleArn"):
        url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"
        as_role(due, arn.region, "sqs", "send_message", QueueUrl=url, MessageBody=payload, MessageGroupId=group)
    else:
        send_to_queue(str(arn), payload, due.service, group)


def _state_machine(due: Delivery, arn: Arn, payload: str) -> None:
    as_role(due, arn.region, "stepfunctions", "start_execution", stateMachineArn=str(arn), input=payload)


def _sagemaker_pipeline(due: Delivery, arn: Arn, payload: str) -> None:
    del payload  # a pipeline is started with parameters, never with the event
    listed = (due.target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or ()
    as_role(
        due,
        arn.region,
        "sagemaker",
        "start_pipeline_execution",
        PipelineName=str(arn),
        PipelineParameters=[
            {"Name": each["Name"], "Value": inputs.resolved(str(each["Value"]), due.event)} for each in listed
        ]
        or None,
    )


def _code_pipeline(due: Delivery, arn: Arn, payload: str) -> None:
    given = _given(due, payload)
    revisions = given.get("sourceRevisions")
    as_role(
        due,
        arn.region,
        "codepipeline",
        "start_pipeline_execution",
        name=arn.resource,
        variables=given.get("variables") or None,
        sourceRevisions=[revisions] if isinstance(revisions, dict) else revisions,
    )


def _build_project(due: Delivery, arn: Arn, payload: str) -> None:
    given = {key: value for key, value in _given(due, payload).items() if key != "projectName"}
    as_role(due, arn.region, "codebuild", "start_build", projectName=arn.resource.removeprefix("project/"), **given)


def _given(due: Delivery, payload: str) -> dict[str, Any]:
    """What a target is told beyond being started: only what the rule itself says, never the bare event."""
    if not any(due.target.get(key) for key in ("Input", "InputTransformer")):
        return {}
    try:
        given = json.loads(payload)
    except ValueError:
        raise UndeliverableError("INVALID_JSON", payload) from None
    return given if isinstance(given, dict) else {}


def _log_group(due: Delivery, arn: Arn, payload: str) -> None:
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    policies = as_owner(arn, "logs", "describe_resource_policies")["resourcePolicies"]
    stream_arn = f"{str(arn).removesuffix(':*')}:log-stream:events"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not any(grants.may(due.service, each["policyDocument"], action, stream_arn) for each in policies):
            raise UndeliverableError("NO_PERMISSIONS", f"no resource policy of CloudWatch Logs allows {action}")
    stream = due.event.id
    as_owner(arn, "logs", "create_log_stream", logGroupName=group, logStreamName=stream)
    line = {"timestamp": int(clock.now().timestamp() * 1000), "message": payload}
    as_owner(arn, "logs", "put_log_events", logGroupName=group, logStreamName=stream, logEvents=[line])


def _bus(due: Delivery, arn: Arn, payload: str) -> None:
    del payload  # buses pass events on as they are
    from harness.emulator.events import between  # it puts events on buses, and those deliver

    between.send(due, arn)


_KINDS: Mapping[str, tuple[str, str]] = {
    "function": ("lambda", "function:"),
    "topic": ("sns", ""),
    "queue": ("sqs", ""),
    "bus": ("events", "event-bus/"),
    "state machine": ("states", "stateMachine:"),
    "SageMaker pipeline": ("sagemaker", "pipeline/"),
    "pipeline": ("codepipeline", ""),
    "build project": ("codebuild", "project/"),
    "log group": ("logs", "log-group:"),
}
_SENDERS: Mapping[str, Callable[[Delivery, Arn, str], None]] = {
    "function": _function,
    "topic": _topic,
    "queue": _queue,
    "bus": _bus,
    "state machine": _state_machine,
    "SageMaker pipeline": _sagemaker_pipeline,
    "pipeline": _code_pipeline,
    "build project": _build_project,
    "log group": _log_group,
}
