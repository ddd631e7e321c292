"""From the wire's parameters to a StackRequest, and errors back. Reads nothing but what the caller sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from harness.cfn.model import ResourceToImport, StackError, StackRequest, StackState
from harness.cfn.stackpolicy import check_policy_body
from harness.emulator.awserror import NotModelledError, RefusedError
from harness.emulator.cloudformation.notifications import TOPIC_ARN
from harness.emulator.cloudformation.templates import template_of
from harness.emulator.identity import Caller

Params = Mapping[str, Any]
_UNMODELLED = (
    "DeploymentMode",
    "ImportExistingResources",
    "OnStackFailure",
    "ResourceTypes",
    "RetainExceptOnCreate",
    "RollbackTriggers",
)


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what the engine refuses into the API's error."""
    try:
        yield
    except StackError as error:
        raise RefusedError(error.code, error.message) from None


def parameters_of(given: Any) -> dict[str, str | None]:
    """Parameter key → value; None stands for UsePreviousValue."""
    found: dict[str, str | None] = {}
    for each in given or ():
        previous = each.get("UsePreviousValue")
        if previous and each.get("ParameterValue") is not None:
            raise StackError(
                f"Invalid input for parameter key {each['ParameterKey']}. "
                "Cannot specify usePreviousValue as true and non empty value for a parameter"
            )
        value = each.get("ParameterValue")
        found[str(each["ParameterKey"])] = None if previous else "" if value is None else str(value)
    return found


def refuse_unmodelled(params: Params, *members: str) -> None:
    """Raises NotModelledError, which names the first of these that the caller wants."""
    wanted = {**params, **(params.get("RollbackConfiguration") or {})}
    for member in members:
        if wanted.get(member):
            raise NotModelledError(member)


def tags_of(given: Any) -> dict[str, str]:
    """Tag key → value. Raises StackError for a key that is AWS's own."""
    if any(str(each["Key"]).lower().startswith("aws:") for each in given or ()):
        raise StackError("aws: prefixed tag key names are not allowed for external use.")
    return {str(each["Key"]): str(each["Value"]) for each in given or ()}


def stack_request(params: Params, who: Caller, name: str, previous: StackRequest | None = None) -> StackRequest:
    """The request of CreateStack, UpdateStack and CreateChangeSet, made by that caller.

    Raises NotModelledError for what the emulation does not model.

    `previous`: what the stack was made with; its template is taken with UsePreviousTemplate, its tags, topics and role
    where the caller gives none. Raises StackError.
    """
    refuse_unmodelled(params, *_UNMODELLED)
    if previous is not None and params.get("UsePreviousTemplate"):
        if params.get("TemplateBody") or params.get("TemplateURL"):
            raise StackError("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
        template = previous.template
    else:
        template = template_of(params.get("TemplateBody"), params.get("TemplateURL"), who)
    tags = params.get("Tags")
    topics = params.get("NotificationARNs")
    for each in topics or ():
        if not TOPIC_ARN.fullmatch(each):
            raise StackError(f"Invalid parameter: NotificationARNs: {each} is not the ARN of an SNS topic")
    return StackRequest(
        name=name,
        template=template,
        parameters=parameters_of(params.get("Parameters")),
        tags=tags_of(tags) if tags is not None or previous is None else previous.tags,
        capabilities=tuple(params.get("Capabilities") or ()),
        notification_arns=previous.notification_arns
        if previous is not None and topics is None
        else tuple(topics or ()),
        role_arn=params.get("RoleARN") or (previous.role_arn if previous else ""),
        on_failure=_on_failure(params),
        policy=policy_of(params, who),
        policy_during_update=policy_of(params, who, "StackPolicyDuringUpdate"),
        imports=_imports(params.get("ResourcesToImport")),
    )


def policy_of(params: Params, who: Caller, member: str = "StackPolicy") -> str:
    """The stack policy that the caller gives, as text or in S3; empty if none. Raises StackError."""
    body, url = params.get(f"{member}Body"), params.get(f"{member}URL")
    if body and url:
        raise StackError(f"You cannot specify both {member}URL and {member}Body")
    if url:
        body = template_of(None, url, who)
    if body:
        check_policy_body(str(body))
    return str(body or "")


def _imports(given: Any) -> tuple[ResourceToImport, ...]:
    return tuple(
        ResourceToImport(
            str(each["ResourceType"]),
            str(each["LogicalResourceId"]),
            {str(key): str(value) for key, value in (each.get("ResourceIdentifier") or {}).items()},
        )
        for each in given or ()
    )


def _on_failure(params: Params) -> str:
    if params.get("OnFailure") and params.get("DisableRollback") is not None:
        raise StackError("You can specify either DisableRollback or OnFailure, but not both.")
    if params.get("DisableRollback"):
        return "DO_NOTHING"
    return str(params.get("OnFailure") or "ROLLBACK")


def made_with(state: StackState) -> StackRequest:
    """The request that would make the stack as it is."""
    return StackRequest(
        name=state.name,
        template=state.template,
        parameters=dict.fromkeys(state.parameters),
        tags=state.tags,
        capabilities=state.capabilities,
        notification_arns=state.notification_arns,
        role_arn=state.role_arn,
        stack_id=state.stack_id,
    )


def page(items: list[Any], params: Params, size: int) -> tuple[list[Any], str | None]:
    """One page of a list, and the token of the next. The token is the position."""
    token = params.get("NextToken") or "0"
    if not str(token).isdigit():
        raise RefusedError("ValidationError", "Invalid NextToken")
    start = int(token)
    following = start + size
    return items[start:following], str(following) if following < len(items) else None
