"""Launch, update and terminate: turns orders into stacks, and what became of the stacks into records."""

from __future__ import annotations

from dataclasses import replace

from harness.cfn.model import StackError, StackState
from harness.emulator import clock
from harness.emulator.servicecatalog import ids, launchrole, provisioned, records, stacks
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import DuplicateResource
from harness.emulator.servicecatalog.model import ProvisionedProduct, Record, RecordOutput
from harness.emulator.servicecatalog.order import Order, new_order, update_order
from harness.emulator.servicecatalog.store import LOCK

NOTHING_TO_UPDATE = "No updates are to be performed."


def provision_product(call: Call) -> Answer:
    """ProvisionProduct."""
    with LOCK:
        order = new_order(call)
        target = reserve(call, order, call["ProvisionedProductName"], call["ProvisionToken"])
        record = begin(call, order, target, "PROVISION_PRODUCT")
        answer = records.detail(record)
    launch(call, order, target, record)
    return {"RecordDetail": answer}


def update_provisioned_product(call: Call) -> Answer:
    """UpdateProvisionedProduct."""
    with LOCK:
        target = provisioned.find(call, call.get("ProvisionedProductId"), call.get("ProvisionedProductName"))
        provisioned.demand_settled(call.store, target)
        order = update_order(call, target)
        record = begin(call, order, target, "UPDATE_PROVISIONED_PRODUCT")
        answer = records.detail(record)
    change(call, order, target, record)
    return {"RecordDetail": answer}


def terminate_provisioned_product(call: Call) -> Answer:
    """TerminateProvisionedProduct. Needs no path to the product any more, but still the launch role."""
    with LOCK:
        target = provisioned.find(call, call.get("ProvisionedProductId"), call.get("ProvisionedProductName"))
        provisioned.demand_settled(call.store, target)
        record = records.open_record(call, "TERMINATE_PROVISIONED_PRODUCT", target, launch_role=target.launch_role)
        _store(call, replace(target, last_record_id=record.id))
        answer = records.detail(record)
    failure = None if call.get("RetainPhysicalResources") else _delete_stack(call, target)
    if failure is None or call.get("IgnoreErrors"):
        with LOCK:
            _settle(call, target.id, gone=records.close_record(call.store, record).ready)
    else:
        _fail(call, target, record, *failure, "TAINTED")
    return {"RecordDetail": answer}


def reserve(call: Call, order: Order, name: str, token: str, settled_status: str = "AVAILABLE") -> ProvisionedProduct:
    """A new provisioned product under that name, without a stack yet. Raises DuplicateResource."""
    if any(each.name == name for each in provisioned.living(call.store)):
        raise DuplicateResource(f"A provisioned product named {name} already exists.")
    identifier = ids.new("pp")
    made = ProvisionedProduct(
        id=identifier,
        name=name,
        arn=call.store.arn("servicecatalog", f"stack/{name}/{identifier}"),
        product_id=order.product.id,
        product_name=order.product.name,
        artifact_id=order.artifact.id,
        artifact_name=order.artifact.name,
        path_id=order.path.id,
        created=clock.now(),
        owner_arn=call.arn,
        owner_principal_arn=call.principal_arn,
        token=token,
        settled_status=settled_status,
        launch_role=order.launch_role,
        stack_name=f"SC-{call.account_id}-{identifier}",
        tags=order.tags,
        notification_arns=order.notification_arns,
    )
    return _store(call, made)


def begin(call: Call, order: Order, target: ProvisionedProduct, kind: str) -> Record:
    """Open the record of a launch or update, which puts the provisioned product UNDER_CHANGE."""
    record = records.open_record(
        call,
        kind,
        target,
        product_id=order.product.id,
        artifact_id=order.artifact.id,
        path_id=order.path.id,
        tags=order.tags,
        launch_role=order.launch_role,
    )
    _store(call, replace(target, last_record_id=record.id, last_provisioning_record_id=record.id))
    return record


def launch(call: Call, order: Order, target: ProvisionedProduct, record: Record) -> None:
    """Create the stack, and record what became of it."""
    try:
        if order.launch_role and (why := launchrole.problem(order.launch_role, call.account_id)):
            raise StackError(why, "AccessDeniedException")
        state = stacks.create(call.account_id, call.region, order.request(call, target))
    except StackError as error:
        _fail(call, target, record, error.code, error.message, "ERROR")
        return
    except BaseException as error:
        _break(call, target, record, error)
        raise
    if state.status == "CREATE_COMPLETE":
        _succeed(call, order, target, record, state)
    else:
        _fail(call, target, record, "ResourceCreationFailure", _reason(call, state), "ERROR", stack_id=state.stack_id)


def change(call: Call, order: Order, target: ProvisionedProduct, record: Record) -> None:
    """Update the stack (or create it, where the launch left none), and record what became of it."""
    if target.stack_id is None:
        launch(call, order, target, record)
        return
    try:
        if order.launch_role and (why := launchrole.problem(order.launch_role, call.account_id)):
            raise StackError(why, "AccessDeniedException")
        state = stacks.update(call.account_id, call.region, target.stack_id, order.request(call, target))
    except StackError as error:
        present = stacks.find(call.account_id, call.region, target.stack_id)
        if present is not None and error.message == NOTHING_TO_UPDATE:
            _succeed(call, order, target, record, present)
            return
        # The stack was not touched: whether it still runs decides between TAINTED and ERROR.
        runs = present is not None and not present.status.startswith("ROLLBACK")
        _fail(call, target, record, error.code, error.message, "TAINTED" if runs else "ERROR")
        return
    except BaseException as error:
        _break(call, target, record, error)
        raise
    if state.status == "UPDATE_COMPLETE":
        _succeed(call, order, target, record, state)
    else:
        settled = "TAINTED" if state.status == "UPDATE_ROLLBACK_COMPLETE" else "ERROR"
        _fail(call, target, record, "ResourceUpdateFailure", _reason(call, state), settled)


def _delete_stack(call: Call, target: ProvisionedProduct) -> tuple[str, str] | None:
    if target.stack_id is None:
        return None
    if target.launch_role and (why := launchrole.problem(target.launch_role, call.account_id)):
        return "AccessDeniedException", why
    try:
        state = stacks.delete(call.account_id, call.region, target.stack_id)
    except StackError as error:
        return error.code, error.message
    if state is None or state.status == "DELETE_COMPLETE":
        return None
    return "ResourceDeletionFailure", _reason(call, state)


def _succeed(call: Call, order: Order, target: ProvisionedProduct, record: Record, state: StackState) -> None:
    outputs = [RecordOutput(each.key, each.value, each.description) for each in state.outputs]
    outputs.append(
        RecordOutput(records.STACK_ARN_OUTPUT, state.stack_id, "The ARN of the launched CloudFormation stack")
    )
    with LOCK:
        records.close_record(call.store, record, outputs=outputs)
        _settle(
            call,
            target.id,
            settled_status="AVAILABLE",
            status_message=None,
            stack_id=state.stack_id,
            last_successful_record_id=record.id,
            product_id=order.product.id,
            product_name=order.product.name,
            artifact_id=order.artifact.id,
            artifact_name=order.artifact.name,
            path_id=order.path.id,
            launch_role=order.launch_role,
            tags=order.tags,
        )


def _fail(
    call: Call, target: ProvisionedProduct, record: Record, code: str, message: str, status: str, **changes: object
) -> None:
    # Under one lock: whoever sees the record done sees the product settled.
    with LOCK:
        records.close_record(call.store, record, [(code, message)])
        _settle(call, target.id, settled_status=status, status_message=message, **changes)


def _break(call: Call, target: ProvisionedProduct, record: Record, error: BaseException) -> None:
    # A defect of the emulator must not leave the product UNDER_CHANGE for ever.
    message = f"The emulated landscape failed: {type(error).__name__}: {error}"
    _fail(call, target, record, "InternalFailure", message, "ERROR")


def _reason(call: Call, state: StackState) -> str:
    why = [state.reason or f"The stack is in state {state.status}."]
    return " ".join(why + stacks.failures(call.account_id, call.region, state.stack_id))


def _settle(call: Call, identifier: str, **changes: object) -> None:
    _store(call, replace(call.store.provisioned[identifier], **changes))  # type: ignore[arg-type] # fields by name


def _store(call: Call, each: ProvisionedProduct) -> ProvisionedProduct:
    call.store.provisioned[each.id] = each
    return each


OPERATIONS: dict[str, Operation] = {
    "ProvisionProduct": provision_product,
    "UpdateProvisionedProduct": update_provisioned_product,
    "TerminateProvisionedProduct": terminate_provisioned_product,
}
