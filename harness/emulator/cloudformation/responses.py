"""The CloudFormation query API for stacks. Change sets and stack sets are answered by the classes that it mixes in."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from harness.cfn.model import StackState
from harness.emulator.awserror import NotModelledError, RefusedError
from harness.emulator.cloudformation import shapes
from harness.emulator.cloudformation.backend import DELETED
from harness.emulator.cloudformation.requests import made_with, page, refusals, stack_request
from harness.emulator.cloudformation.responses_changesets import ChangeSetResponses
from harness.emulator.cloudformation.responses_control import ControlResponses
from harness.emulator.cloudformation.responses_drift import DriftResponses
from harness.emulator.cloudformation.responses_organizations import OrganizationResponses
from harness.emulator.cloudformation.responses_templates import TemplateResponses


class CloudFormationResponse(
    TemplateResponses,
    ChangeSetResponses,
    ControlResponses,
    DriftResponses,
    OrganizationResponses,
    BaseResponse,  # type: ignore[misc] # moto is not typed for us
):
    """Each method is an operation of the service (moto finds it by name)."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        with refusals():
            request = stack_request(self.params, self.who, self.params["StackName"])
            state = self.backend.create(request)
            if self.params.get("EnableTerminationProtection"):
                self.backend.protect(state.stack_id, True)
        return ActionResult({"StackId": state.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        with refusals():
            previous = self.backend.find(self.params["StackName"])
            request = stack_request(self.params, self.who, previous.name, made_with(previous))
            state = self.backend.update(previous.stack_id, request)
        return ActionResult({"StackId": state.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack."""
        if self.params.get("DeletionMode") == "FORCE_DELETE_STACK":
            raise NotModelledError("DeletionMode FORCE_DELETE_STACK")
        with refusals():
            self.backend.delete(self.params["StackName"], tuple(self.params.get("RetainResources") or ()))
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks."""
        name = self.params.get("StackName")
        with refusals():
            if name:
                return ActionResult({"Stacks": [shapes.stack(self.backend.stack(name))]})
        living = [each for each in self.backend.stacks() if each.state.status != DELETED]
        found, token = page(living, self.params, 100)
        return ActionResult({"Stacks": [shapes.stack(each) for each in found], "NextToken": token})

    def list_stacks(self) -> ActionResult:
        """ListStacks."""
        wanted = self.params.get("StackStatusFilter")
        stacks = [each for each in self.backend.stacks() if not wanted or each.state.status in wanted]
        found, token = page(stacks, self.params, 100)
        return ActionResult({"StackSummaries": [shapes.stack_summary(each) for each in found], "NextToken": token})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first."""
        with refusals():
            state = self.backend.find(self.params["StackName"])
            events = self.backend.events(state.stack_id)
        shown = [shapes.event(state, each, len(events) - index) for index, each in enumerate(events)]
        found, token = page(shown, self.params, 100)
        return ActionResult({"StackEvents": found, "NextToken": token})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        with refusals():
            state = self.backend.find(self.params["StackName"])
        wanted = self.params["LogicalResourceId"]
        resource = state.resource(wanted)
        if resource is None:
            message = f"Resource {wanted} does not exist for stack {state.name}"
            raise RefusedError("ValidationError", message)
        drifts = self.backend.stack(state.stack_id).drifts
        return ActionResult({"StackResourceDetail": shapes.resource_detail(state, resource, drifts)})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources, by stack or by the physical id of one of its resources."""
        name, physical_id = self.params.get("StackName"), self.params.get("PhysicalResourceId")
        with refusals():
            state = self.backend.find(name) if name else self._owner(physical_id)
        wanted = self.params.get("LogicalResourceId")
        found = [each for each in state.resources if wanted in (None, each.logical_id)]
        drifts = self.backend.stack(state.stack_id).drifts
        return ActionResult({"StackResources": [shapes.resource(state, each, drifts) for each in found]})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        with refusals():
            state = self.backend.find(self.params["StackName"])
            drifts = self.backend.stack(state.stack_id).drifts
        shown = [shapes.resource_summary(state, each, drifts) for each in state.resources]
        found, token = page(shown, self.params, 100)
        return ActionResult({"StackResourceSummaries": found, "NextToken": token})

    def list_exports(self) -> ActionResult:
        """ListExports."""
        exports = [
            {"ExportingStackId": state.stack_id, "Name": output.export_name, "Value": output.value}
            for state in self.backend.live()
            for output in state.outputs
            if output.export_name
        ]
        found, token = page(sorted(exports, key=lambda each: each["Name"]), self.params, 100)
        return ActionResult({"Exports": found, "NextToken": token})

    def list_imports(self) -> ActionResult:
        """ListImports."""
        name = self.params["ExportName"]
        users = list(self.backend.importers(name))
        if not users:
            raise RefusedError("ValidationError", f"Export '{name}' is not imported by any stack.")
        found, token = page(users, self.params, 100)
        return ActionResult({"Imports": found, "NextToken": token})

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        with refusals():
            state = self.backend.protect(self.params["StackName"], bool(self.params["EnableTerminationProtection"]))
        return ActionResult({"StackId": state.stack_id})

    def _owner(self, physical_id: Any) -> StackState:
        for state in self.backend.live():
            if any(each.physical_id == physical_id for each in state.resources):
                return state
        raise RefusedError("ValidationError", f"Stack for {physical_id} does not exist")
