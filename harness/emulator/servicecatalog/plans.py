"""Provisioned product plans: what a launch or an update would change, to look at before it is executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.cfn.model import StackError
from harness.emulator import clock
from harness.emulator.servicecatalog import ids, launchrole, provisioned, provisioning, records, stacks, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, InvalidState, ResourceNotFound
from harness.emulator.servicecatalog.model import Plan, ProvisionedProduct
from harness.emulator.servicecatalog.order import Order, new_order, update_order
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.store import LOCK, Store

_SCOPES = ("PROPERTIES", "METADATA", "CREATIONPOLICY", "UPDATEPOLICY", "DELETIONPOLICY", "TAGS")


def create_plan(call: Call) -> Answer:
    """CreateProvisionedProductPlan: for a name that is not taken a launch, else an update of what bears it."""
    with LOCK:
        name = call["ProvisionedProductName"]
        existing = next((each for each in provisioned.living(call.store) if each.name == name), None)
        if existing is None:
            order = new_order(call)
            target = provisioning.reserve(call, order, name, call["IdempotencyToken"], "PLAN_IN_PROGRESS")
        else:
            target = existing
            _demand_plannable(call.store, target)
            order = update_order(call, target)
        made = _plan(call, order, target, makes=existing is None)
        call.store.plans[made.id] = made
    try:
        changes, failure = _changes(call, order, target, made)
    except BaseException as error:
        # A defect of the emulator must not leave the plan in progress for ever.
        broken = f"The emulated landscape failed: {type(error).__name__}: {error}"
        with LOCK:
            call.store.plans[made.id] = replace(made, failure=broken, ready=clock.due())
        raise
    with LOCK:
        call.store.plans[made.id] = replace(made, changes=changes, failure=failure, ready=clock.due())
    return {
        "PlanName": made.name,
        "PlanId": made.id,
        "ProvisionProductId": target.id,
        "ProvisionedProductName": target.name,
        "ProvisioningArtifactId": order.artifact.id,
    }


def describe_plan(call: Call) -> Answer:
    """DescribeProvisionedProductPlan, with the changes of every resource."""
    with LOCK:
        found = _find(call)
        details = {
            **_summary(found),
            "CreatedTime": found.created,
            "PathId": found.path_id,
            "ProductId": found.product_id,
            "Status": _status(call.store, found),
            "UpdatedTime": found.ready or found.created,
            "NotificationArns": list(found.notification_arns),
            "ProvisioningParameters": [dict(each) for each in found.parameters],
            "Tags": view.tags(found.tags),
            "StatusMessage": found.failure,
        }
        ready = found.changes if _made(found) else ()
    shown, following = page(ready, call.parameters)
    return {
        "ProvisionedProductPlanDetails": view.present(details),
        "ResourceChanges": [dict(each) for each in shown],
        "NextPageToken": following,
    }


def list_plans(call: Call) -> Answer:
    """ListProvisionedProductPlans."""
    wanted = call.get("ProvisionProductId")
    with LOCK:
        found = [
            each
            for each in call.store.plans.values()
            if wanted in (None, each.provisioned_product_id)
            and records.in_scope(call, each.owner_arn, each.owner_principal_arn)
        ]
    shown, following = page(found, call.parameters)
    return {"ProvisionedProductPlans": [_summary(each) for each in shown], "NextPageToken": following}


def execute_plan(call: Call) -> Answer:
    """ExecuteProvisionedProductPlan: the launch or update itself."""
    with LOCK:
        found = _find(call)
        status = _status(call.store, found)
        if status != "CREATE_SUCCESS":
            raise InvalidState(f"Plan {found.id} is in status {status}: only one in CREATE_SUCCESS can be executed.")
        target = provisioned.find(call, found.provisioned_product_id, None)
        if not found.makes:
            _demand_still(call.store, target)
        asked = replace(call, parameters=_parameters(found))
        order = new_order(asked) if found.makes else update_order(asked, target)
        kind = "PROVISION_PRODUCT" if found.makes else "UPDATE_PROVISIONED_PRODUCT"
        record = provisioning.begin(asked, order, target, kind)
        call.store.plans[found.id] = replace(found, execution_record_id=record.id)
        answer = records.detail(record)
    perform = provisioning.launch if found.makes else provisioning.change
    perform(asked, order, target, record)
    return {"RecordDetail": answer}


def delete_plan(call: Call) -> Answer:
    """DeleteProvisionedProductPlan. What a plan that was never executed would have made goes with it."""
    with LOCK:
        found = _find(call)
        status = _status(call.store, found)
        if status.endswith("IN_PROGRESS") and not call.get("IgnoreErrors"):
            raise InvalidParameters(f"Plan {found.id} is in status {status}.")
        del call.store.plans[found.id]
        unmade = found.makes and found.execution_record_id is None
        target = call.store.provisioned.pop(found.provisioned_product_id) if unmade else None
    if target is not None:
        # Until the plan is executed the stack is only under review.
        stacks.delete(call.account_id, call.region, target.stack_name)
    return {}


def _plan(call: Call, order: Order, target: ProvisionedProduct, makes: bool) -> Plan:
    return Plan(
        id=ids.new("plan"),
        name=call["PlanName"],
        provisioned_product_id=target.id,
        provisioned_product_name=target.name,
        product_id=order.product.id,
        artifact_id=order.artifact.id,
        path_id=order.path.id,
        created=clock.now(),
        owner_arn=call.arn,
        owner_principal_arn=call.principal_arn,
        parameters=tuple(call.get("ProvisioningParameters") or ()),
        tags={each["Key"]: each["Value"] for each in call.get("Tags") or ()},
        notification_arns=tuple(call.get("NotificationArns") or ()),
        makes=makes,
    )


def _parameters(found: Plan) -> dict[str, Any]:
    return {
        "ProductId": found.product_id,
        "ProvisioningArtifactId": found.artifact_id,
        "PathId": found.path_id,
        "ProvisioningParameters": found.parameters,
        "Tags": view.tags(found.tags),
        "NotificationArns": found.notification_arns,
    }


def _demand_still(store: Store, target: ProvisionedProduct) -> None:
    status = provisioned.status(store, target)
    if status not in ("AVAILABLE", "TAINTED"):
        raise InvalidState(f"Provisioned product {target.id} is in status {status}: it takes no plan.")


def _demand_plannable(store: Store, target: ProvisionedProduct) -> None:
    _demand_still(store, target)
    for each in store.plans.values():
        if each.provisioned_product_id == target.id and each.execution_record_id is None:
            raise InvalidState(f"Provisioned product {target.id} has plan {each.id} already.")


def _changes(
    call: Call, order: Order, target: ProvisionedProduct, made: Plan
) -> tuple[tuple[Mapping[str, Any], ...], str | None]:
    if order.launch_role and (why := launchrole.problem(order.launch_role, call.account_id)):
        return (), why
    request = order.request(call, target)
    try:
        found = stacks.propose(call.account_id, call.region, request, made.id, new=target.stack_id is None)
    except StackError as error:
        return (), error.message
    failure = found.reason if found.status == "FAILED" else None
    return tuple(_resource_change(each.as_api()["ResourceChange"]) for each in found.changes), failure


def _resource_change(change: Mapping[str, Any]) -> dict[str, Any]:
    # CloudFormation's own words, in the capitals of this API; it has no word for UpdateReplacePolicy.
    return view.present(
        {
            "Action": change["Action"].upper(),
            "LogicalResourceId": change["LogicalResourceId"],
            "PhysicalResourceId": change.get("PhysicalResourceId"),
            "ResourceType": change["ResourceType"],
            "Replacement": change["Replacement"].upper() if change.get("Replacement") else None,
            "Scope": [each.upper() for each in change["Scope"] if each.upper() in _SCOPES],
            "Details": [
                _change_detail(each) for each in change["Details"] if each["Target"]["Attribute"].upper() in _SCOPES
            ],
        }
    )


def _change_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    target = detail["Target"]
    shown = {"Attribute": target["Attribute"].upper(), "Name": target.get("Name")}
    if "RequiresRecreation" in target:
        shown["RequiresRecreation"] = target["RequiresRecreation"].upper()
    return view.present(
        {
            "Target": view.present(shown),
            "Evaluation": detail["Evaluation"].upper(),
            "CausingEntity": detail.get("CausingEntity"),
        }
    )


def _status(store: Store, found: Plan) -> str:
    if found.execution_record_id is not None:
        record = store.records[found.execution_record_id]
        if not records.finished(record):
            return "EXECUTE_IN_PROGRESS"
        return "EXECUTE_SUCCESS" if record.succeeded else "EXECUTE_FAILED"
    if not _made(found):
        return "CREATE_IN_PROGRESS"
    return "CREATE_FAILED" if found.failure else "CREATE_SUCCESS"


def _made(found: Plan) -> bool:
    return found.ready is not None and clock.reached(found.ready)


def _summary(found: Plan) -> dict[str, Any]:
    return {
        "PlanName": found.name,
        "PlanId": found.id,
        "ProvisionProductId": found.provisioned_product_id,
        "ProvisionProductName": found.provisioned_product_name,
        "PlanType": "CLOUDFORMATION",
        "ProvisioningArtifactId": found.artifact_id,
    }


def _find(call: Call) -> Plan:
    found = call.store.plans.get(call["PlanId"])
    if found is None:
        raise ResourceNotFound(f"Plan not found: {call['PlanId']}")
    return found


OPERATIONS: dict[str, Operation] = {
    "CreateProvisionedProductPlan": create_plan,
    "DescribeProvisionedProductPlan": describe_plan,
    "ListProvisionedProductPlans": list_plans,
    "ExecuteProvisionedProductPlan": execute_plan,
    "DeleteProvisionedProductPlan": delete_plan,
}
