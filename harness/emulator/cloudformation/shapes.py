"""Stacks, events and exports as the CloudFormation API shows them (botocore's output shapes)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.cfn.model import Event, Output, ResourceState, StackState
from harness.emulator.cloudformation.native.left_out import description

if TYPE_CHECKING:
    from harness.emulator.cloudformation.backend import Stack
    from harness.emulator.cloudformation.drifts import Drifts

NO_ECHO = "****"


def compact(**members: Any) -> dict[str, Any]:
    """Only the members that have something to say."""
    return {key: value for key, value in members.items() if value is not None and value != ""}


def tags(given: Any) -> list[dict[str, str]]:
    """A tag list of a mapping."""
    return [{"Key": key, "Value": value} for key, value in given.items()]


def parameters(state: StackState) -> list[dict[str, str]]:
    """Parameters as DescribeStacks shows them; NoEcho ones masked, SSM ones with what they resolved to."""
    shown = []
    for key, value in state.parameters.items():
        if key in state.no_echo:
            shown.append({"ParameterKey": key, "ParameterValue": NO_ECHO})
            continue
        member = {"ParameterKey": key, "ParameterValue": value}
        resolved = state.resolved.get(key, value)
        text = ",".join(map(str, resolved)) if isinstance(resolved, list | tuple) else str(resolved)
        if text != value:
            member["ResolvedValue"] = text
        shown.append(member)
    return shown


def stack(entry: Stack) -> dict[str, Any]:
    """A Stack."""
    state = entry.state
    return compact(
        StackId=state.stack_id,
        StackName=state.name,
        Description=state.description,
        Parameters=parameters(state),
        CreationTime=state.created,
        DeletionTime=entry.deleted,
        LastUpdatedTime=state.updated,
        RollbackConfiguration={},
        StackStatus=state.status,
        StackStatusReason=state.reason,
        DisableRollback=state.disable_rollback,
        NotificationARNs=list(state.notification_arns),
        Capabilities=list(state.capabilities),
        Outputs=[output(each) for each in state.outputs],
        RoleARN=state.role_arn,
        Tags=tags(state.tags),
        EnableTerminationProtection=state.termination_protection,
        DriftInformation=_drift(entry.drifts),
    )


def _drift(drifts: Drifts) -> dict[str, Any]:
    return compact(StackDriftStatus=drifts.status, LastCheckTimestamp=drifts.at)


def _resource_drift(drifts: Drifts, logical_id: str) -> dict[str, Any]:
    checked = drifts.resources.get(logical_id)
    if checked is None or checked.drift.status == "NOT_CHECKED":
        return {"StackResourceDriftStatus": "NOT_CHECKED"}
    return {"StackResourceDriftStatus": checked.drift.status, "LastCheckTimestamp": checked.at}


def output(each: Output) -> dict[str, Any]:
    """An Output."""
    return compact(
        OutputKey=each.key, OutputValue=each.value, Description=each.description, ExportName=each.export_name
    )


def stack_summary(entry: Stack) -> dict[str, Any]:
    """A StackSummary."""
    state = entry.state
    return compact(
        StackId=state.stack_id,
        StackName=state.name,
        TemplateDescription=state.description,
        CreationTime=state.created,
        LastUpdatedTime=state.updated,
        DeletionTime=entry.deleted,
        StackStatus=state.status,
        StackStatusReason=state.reason,
        DriftInformation=_drift(entry.drifts),
    )


def event(state: StackState, each: Event, position: int) -> dict[str, Any]:
    """A StackEvent; `position` counts from the oldest and gives the event its id."""
    digest = hashlib.sha256(f"{state.stack_id}/{position}".encode()).hexdigest()
    return compact(
        StackId=state.stack_id,
        EventId=f"{each.logical_id}-{each.status}-{digest[:16]}",
        StackName=state.name,
        LogicalResourceId=each.logical_id,
        PhysicalResourceId=each.physical_id,
        ResourceType=each.type,
        Timestamp=each.at,
        ResourceStatus=each.status,
        ResourceStatusReason=each.reason,
        ResourceProperties=json.dumps(each.properties) if each.properties else None,
    )


def _changed(state: StackState, resource: ResourceState) -> datetime | None:
    return resource.updated or state.updated or state.created


def resource(state: StackState, each: ResourceState, drifts: Drifts) -> dict[str, Any]:
    """A StackResource. `Description` says whether a real backend stands behind it."""
    return compact(
        StackName=state.name,
        StackId=state.stack_id,
        LogicalResourceId=each.logical_id,
        PhysicalResourceId=each.physical_id,
        ResourceType=each.type,
        Timestamp=_changed(state, each),
        ResourceStatus=each.status,
        ResourceStatusReason=each.reason,
        Description=description(each.type, each.properties) if each.native else "schema-only",
        DriftInformation=_resource_drift(drifts, each.logical_id),
    )


def resource_detail(state: StackState, each: ResourceState, drifts: Drifts) -> dict[str, Any]:
    """A StackResourceDetail."""
    detail = resource(state, each, drifts)
    detail["LastUpdatedTimestamp"] = detail.pop("Timestamp")
    detail["Metadata"] = json.dumps(dict(each.metadata))
    return detail


def resource_summary(state: StackState, each: ResourceState, drifts: Drifts) -> dict[str, Any]:
    """A StackResourceSummary."""
    return compact(
        LogicalResourceId=each.logical_id,
        PhysicalResourceId=each.physical_id,
        ResourceType=each.type,
        LastUpdatedTimestamp=_changed(state, each),
        ResourceStatus=each.status,
        ResourceStatusReason=each.reason,
        DriftInformation=_resource_drift(drifts, each.logical_id),
    )
