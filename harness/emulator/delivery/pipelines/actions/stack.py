"""Deploy actions of CloudFormation: a stack or a change set, from a template in an artifact, with a service role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from harness.emulator.delivery import archives
from harness.emulator.delivery.pipelines.actions import parameters
from harness.emulator.delivery.pipelines.context import ActionError, Context, Poll
from harness.emulator.delivery.pipelines.model import Artifact, Outcome

_INLINE = 51_200  # bytes that CloudFormation takes as a template body
_REPLACEABLE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_NO_CHANGE = ("No updates are to be performed", "didn't contain changes")


def start(context: Context) -> Outcome | Poll:
    """Does what ActionMode says."""
    return _MODES[context.get("ActionMode")](_Deployment(context))


class _Deployment:
    """One action's stack."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.stack = context.get("StackName")
        self.client = context.client("cloudformation")

    def described(self) -> Mapping[str, Any] | None:
        """The stack as it is; None where there is none."""
        try:
            found: list[Mapping[str, Any]] = self.client.describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return found[0]

    def request(self) -> dict[str, Any]:
        """What creating and updating have in common."""
        context = self.context
        configured = self._configuration()
        given = {**(configured.get("Parameters") or {}), **parameters.overrides(context)}
        request: dict[str, Any] = {
            "StackName": self.stack,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            "Capabilities": [each.strip() for each in context.get("Capabilities").split(",") if each.strip()],
            **self._template(),
        }
        if configured.get("Tags"):
            request["Tags"] = [{"Key": key, "Value": str(value)} for key, value in configured["Tags"].items()]
        if context.get("RoleArn"):
            request["RoleARN"] = context.get("RoleArn")
        return request

    def _template(self) -> dict[str, str]:
        body = self.context.input_file(self.context.get("TemplatePath"))
        if len(body) <= _INLINE:
            return {"TemplateBody": body.decode()}
        where = self.context.put(self.context.location("template"), body)
        return {"TemplateURL": f"https://{where.bucket}.s3.{self.context.pipeline.region}.amazonaws.com/{where.key}"}

    def _configuration(self) -> Mapping[str, Any]:
        path = self.context.get("TemplateConfiguration")
        if not path:
            return {}
        try:
            found = json.loads(self.context.input_file(path))
        except ValueError as error:
            raise ActionError(f"Template configuration is not valid: {error}", "ConfigurationError") from None
        if not isinstance(found, Mapping):
            raise ActionError("Template configuration is not valid: an object was expected", "ConfigurationError")
        if found.get("StackPolicy"):
            raise ActionError("The emulated landscape does not model StackPolicy", "ConfigurationError")
        return found

    def done(self, stack: Mapping[str, Any] | None, summary: str) -> Outcome:
        """Success, with the stack's outputs as variables and, where asked for, as a file."""
        outputs = {each["OutputKey"]: each["OutputValue"] for each in (stack or {}).get("Outputs") or ()}
        return Outcome(
            variables=outputs,
            artifacts=self._output_file(outputs),
            summary=summary,
            external_id=str((stack or {}).get("StackId") or self.stack),
        )

    def _output_file(self, outputs: Mapping[str, str]) -> dict[str, Artifact]:
        context, name = self.context, self.context.get("OutputFileName")
        if not name or not context.outputs:
            return {}
        content = archives.packed_texts({name: json.dumps(outputs)})
        return {each: context.put(context.location(each), content) for each in context.outputs}

    def failed(self, status: str, stack: Mapping[str, Any]) -> Outcome:
        """Failure, with the first resource's reason."""
        reason = str(stack.get("StackStatusReason") or "")
        events = self.client.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        told = [each for each in reversed(events) if each["ResourceStatus"].endswith("FAILED")]
        last = [each for each in told if "cancelled" not in each.get("ResourceStatusReason", "")]
        if last:
            reason = f"{last[-1]['LogicalResourceId']}: {last[-1].get('ResourceStatusReason', '')}"
        error = f"Stack {self.stack} ended in {status}. {reason}"
        return Outcome(error=error, code="JobFailed", external_id=str(stack["StackId"]))

    def settled(self, wanted: tuple[str, ...], summary: str) -> Poll:
        """Waits for the stack's operation."""
        return Poll(partial(self._look, wanted, summary))

    def _look(self, wanted: tuple[str, ...], summary: str) -> Outcome | None:
        stack = self.described()
        if stack is None:
            raise ActionError(f"Stack {self.stack} has gone")
        status = str(stack["StackStatus"])
        if status.endswith("_IN_PROGRESS"):
            return None
        return self.done(stack, summary) if status in wanted else self.failed(status, stack)


def _create_update(deployment: _Deployment) -> Outcome | Poll:
    stack = deployment.described()
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        deployment.client.create_stack(**deployment.request())
        return deployment.settled(_GOOD, "Stack created")
    return _update(deployment, stack)


def _update(deployment: _Deployment, stack: Mapping[str, Any]) -> Outcome | Poll:
    try:
        deployment.client.update_stack(**deployment.request())
    except ClientError as error:
        if _NO_CHANGE[0] in str(error):
            return deployment.done(stack, _NO_CHANGE[0])
        raise
    return deployment.settled(_GOOD, "Stack updated")


def _replace_on_failure(deployment: _Deployment) -> Outcome | Poll:
    stack = deployment.described()
    if stack is None or stack["StackStatus"] not in _REPLACEABLE:
        return _create_update(deployment)
    deployment.client.delete_stack(StackName=deployment.stack)

    def then() -> Outcome | None:
        if (left := deployment.described()) is None:
            deployment.client.create_stack(**deployment.request())
            return None
        status = str(left["StackStatus"])
        if status in _GOOD:
            return deployment.done(left, "Stack replaced")
        # The old one ends here only where it cannot be deleted.
        final = ("DELETE_FAILED",) if left["StackId"] == stack["StackId"] else _REPLACEABLE
        return deployment.failed(status, left) if status in final else None

    return Poll(then)


def _delete_only(deployment: _Deployment) -> Outcome | Poll:
    stack = deployment.described()
    if stack is None:
        return deployment.done(None, "There was no stack")
    role = deployment.context.get("RoleArn")
    deployment.client.delete_stack(StackName=deployment.stack, **({"RoleARN": role} if role else {}))

    def gone() -> Outcome | None:
        left = deployment.described()
        if left is None or left["StackId"] != stack["StackId"]:
            return deployment.done(None, "Stack deleted")
        return deployment.failed("DELETE_FAILED", left) if left["StackStatus"] == "DELETE_FAILED" else None

    return Poll(gone)


def _change_set_replace(deployment: _Deployment) -> Outcome | Poll:
    client, name = deployment.client, deployment.context.get("ChangeSetName")
    stack = deployment.described()
    fresh = stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
    if stack is not None:
        client.delete_change_set(StackName=deployment.stack, ChangeSetName=name)
    kind = "CREATE" if fresh else "UPDATE"
    client.create_change_set(ChangeSetName=name, ChangeSetType=kind, **deployment.request())

    def ready() -> Outcome | None:
        found = client.describe_change_set(StackName=deployment.stack, ChangeSetName=name)
        status, reason = found["Status"], str(found.get("StatusReason") or "")
        if status == "CREATE_COMPLETE":
            return Outcome(summary=f"Change set {name} created", external_id=found["ChangeSetId"])
        if status == "FAILED":
            if any(each in reason for each in _NO_CHANGE):
                return Outcome(summary=reason, external_id=found["ChangeSetId"])
            return Outcome(error=f"Change set {name} failed: {reason}", code="JobFailed")
        return None

    return Poll(ready)


def _change_set_execute(deployment: _Deployment) -> Outcome | Poll:
    client, name = deployment.client, deployment.context.get("ChangeSetName")
    found = client.describe_change_set(StackName=deployment.stack, ChangeSetName=name)
    reason = str(found.get("StatusReason") or "")
    if found["Status"] == "FAILED" and any(each in reason for each in _NO_CHANGE):
        return deployment.done(deployment.described(), reason)
    client.execute_change_set(StackName=deployment.stack, ChangeSetName=name)
    return deployment.settled(_GOOD, f"Change set {name} executed")


_MODES = {
    "CHANGE_SET_EXECUTE": _change_set_execute,
    "CHANGE_SET_REPLACE": _change_set_replace,
    "CREATE_UPDATE": _create_update,
    "DELETE_ONLY": _delete_only,
    "REPLACE_ON_FAILURE": _replace_on_failure,
}
