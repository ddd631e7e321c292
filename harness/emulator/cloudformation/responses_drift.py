"""Drift detection on the wire: its operations of the CloudFormation API."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult

from harness.cfn.drift import PropertyDifference
from harness.cfn.model import StackError, StackState
from harness.emulator.awserror import RefusedError
from harness.emulator.cloudformation.drifts import Checked
from harness.emulator.cloudformation.requests import page, refusals
from harness.emulator.cloudformation.responses_base import StackResponses
from harness.emulator.cloudformation.shapes import compact


class DriftResponses(StackResponses):
    """Mixed into the response class of the service."""

    def detect_stack_drift(self) -> ActionResult:
        """DetectStackDrift; over when it returns."""
        with refusals():
            detection = self.backend.detect_drift(
                self.params["StackName"], tuple(self.params.get("LogicalResourceIds") or ())
            )
        return ActionResult({"StackDriftDetectionId": detection.id})

    def describe_stack_drift_detection_status(self) -> ActionResult:
        """DescribeStackDriftDetectionStatus."""
        wanted = self.params["StackDriftDetectionId"]
        found = self.backend.detections.get(wanted)
        if found is None:
            raise RefusedError("ValidationError", f"No stack drift detection found for id [{wanted}]")
        return ActionResult(
            {
                "StackId": found.stack_id,
                "StackDriftDetectionId": found.id,
                "StackDriftStatus": found.status,
                "DetectionStatus": "DETECTION_COMPLETE",
                "DriftedStackResourceCount": found.drifted,
                "Timestamp": found.at,
            }
        )

    def describe_stack_resource_drifts(self) -> ActionResult:
        """DescribeStackResourceDrifts: of the resources that were checked; others only where they are asked for."""
        with refusals():
            stack = self.backend.stack(self.params["StackName"])
        wanted = self.params.get("StackResourceDriftStatusFilters") or ["IN_SYNC", "MODIFIED", "DELETED"]
        found = [_drift(stack.state, each) for each in stack.drifts.resources.values() if each.drift.status in wanted]
        shown, token = page(found, self.params, 100)
        return ActionResult({"StackResourceDrifts": shown, "NextToken": token})

    def detect_stack_resource_drift(self) -> ActionResult:
        """DetectStackResourceDrift, of one resource."""
        name = self.params["LogicalResourceId"]
        with refusals():
            stack = self.backend.stack(self.params["StackName"])
            self.backend.detect_drift(stack.state.stack_id, (name,))
            checked = stack.drifts.resources[name]
            if checked.drift.status == "NOT_CHECKED":
                raise StackError(f"Drift detection is not supported for resource type {checked.drift.resource.type}")
        return ActionResult({"StackResourceDrift": _drift(stack.state, checked)})


def _drift(state: StackState, checked: Checked) -> dict[str, Any]:
    drift = checked.drift
    return compact(
        StackId=state.stack_id,
        LogicalResourceId=drift.resource.logical_id,
        PhysicalResourceId=drift.resource.physical_id,
        ResourceType=drift.resource.type,
        ExpectedProperties=json.dumps(drift.expected) if drift.expected else None,
        ActualProperties=json.dumps(drift.actual) if drift.actual else None,
        PropertyDifferences=[_difference(each) for each in drift.differences],
        StackResourceDriftStatus=drift.status,
        Timestamp=checked.at,
    )


def _difference(each: PropertyDifference) -> dict[str, str]:
    return {
        "PropertyPath": each.path,
        "ExpectedValue": _text(each.expected),
        "ActualValue": _text(each.actual),
        "DifferenceType": each.type,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
