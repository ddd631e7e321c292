"""Change sets on the wire: their operations of the CloudFormation API."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from harness.cfn.model import StackError, StackState
from harness.cfn.parameters import masked
from harness.cfn.template import parse_template
from harness.emulator.awserror import NotModelledError
from harness.emulator.cloudformation.backend import DELETED, IN_REVIEW
from harness.emulator.cloudformation.changesets import ChangeSet
from harness.emulator.cloudformation.requests import made_with, page, refusals, refuse_unmodelled, stack_request
from harness.emulator.cloudformation.responses_base import StackResponses
from harness.emulator.cloudformation.shapes import compact, tags


class ChangeSetResponses(StackResponses):
    """Mixed into the response class of the service."""

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet, for a new stack or an existing one."""
        kind = self.params.get("ChangeSetType") or "UPDATE"
        if kind not in ("CREATE", "IMPORT", "UPDATE"):
            raise NotModelledError(f"ChangeSetType {kind}")
        refuse_unmodelled(self.params, "IncludeNestedStacks")
        name = self.params["StackName"]
        with refusals():
            previous = None if kind == "CREATE" else self._previous(name, kind)
            request = stack_request(
                self.params, self.who, previous.name if previous else name, made_with(previous) if previous else None
            )
            made = self.backend.propose(
                request, self.params["ChangeSetName"], kind, self.params.get("Description") or ""
            )
        return ActionResult({"Id": made.arn, "StackId": made.stack_id})

    def _previous(self, name: str, kind: str) -> StackState | None:
        """The stack that a change set is about; an import may make a new one."""
        try:
            found = self.backend.find(name)
        except StackError:
            if kind == "IMPORT":
                return None
            raise
        if found.status == IN_REVIEW:
            if kind == "IMPORT":
                return None
            raise StackError(f"Stack [{name}] does not exist")
        return found

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        found = self._change_set_asked()
        with_values = bool(self.params.get("IncludePropertyValues"))
        changes, token = page([each.as_api(with_values) for each in found.changes], self.params, 100)
        shown = _summary(found) | compact(
            Parameters=_parameters(found),
            NotificationARNs=list(found.request.notification_arns),
            Capabilities=list(found.request.capabilities),
            Tags=tags(found.request.tags),
            RollbackConfiguration={},
            Changes=changes,
            NextToken=token,
        )
        return ActionResult(shown)

    def execute_change_set(self) -> ActionResult:
        """ExecuteChangeSet."""
        with refusals():
            self.backend.execute(self._change_set_asked())
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet."""
        with refusals():
            self.backend.discard(self._change_set_asked())
        return EmptyResult()

    def list_change_sets(self) -> ActionResult:
        """ListChangeSets."""
        with refusals():
            stack = self.backend.stack(self.params["StackName"])
            if stack.state.status == DELETED:
                raise StackError(f"Stack [{self.params['StackName']}] does not exist")
        found, token = page([_summary(each) for each in stack.change_sets.values()], self.params, 100)
        return ActionResult({"Summaries": found, "NextToken": token})

    def _change_set_asked(self) -> ChangeSet:
        with refusals():
            return self.backend.change_set(self.params["ChangeSetName"], self.params.get("StackName"))


def _parameters(change_set: ChangeSet) -> list[dict[str, str]]:
    given = {key: value for key, value in change_set.request.parameters.items() if value is not None}
    shown = masked(parse_template(change_set.request.template), given)
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in shown.items()]


def _summary(each: ChangeSet) -> dict[str, Any]:
    return compact(
        ChangeSetId=each.arn,
        ChangeSetName=each.name,
        StackId=each.stack_id,
        StackName=each.request.name,
        Description=each.description,
        CreationTime=each.created,
        ExecutionStatus=each.execution_status,
        Status=each.status,
        StatusReason=each.reason,
        IncludeNestedStacks=False,
    )
