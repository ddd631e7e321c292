"""Records: what was asked of provisioned products, when, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.emulator import clock
from harness.emulator.servicecatalog import ids, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, ResourceNotFound
from harness.emulator.servicecatalog.model import ProvisionedProduct, Record, RecordOutput
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.store import LOCK, Store

STACK_ARN_OUTPUT = "CloudformationStackARN"


def open_record(call: Call, kind: str, product: ProvisionedProduct, **members: Any) -> Record:
    """A new record of a provisioned product, in state CREATED. Stores it."""
    made = Record(
        id=ids.new("rec"),
        type=kind,
        provisioned_product_id=product.id,
        provisioned_product_name=product.name,
        product_id=members.pop("product_id", product.product_id),
        artifact_id=members.pop("artifact_id", product.artifact_id),
        path_id=members.pop("path_id", product.path_id),
        created=clock.now(),
        user_arn=call.arn,
        principal_arn=call.principal_arn,
        **members,
    )
    call.store.records[made.id] = made
    return made


def close_record(
    store: Store, record: Record, errors: Iterable[tuple[str, str]] = (), outputs: Iterable[RecordOutput] = ()
) -> Record:
    """The end of the work: the record shows it when its latency is over."""
    failed = tuple(errors)
    closed = replace(
        record,
        started=record.created,
        ready=clock.due(),
        succeeded=not failed,
        errors=failed,
        outputs=tuple(outputs),
    )
    with LOCK:
        store.records[record.id] = closed
    return closed


def finished(record: Record) -> bool:
    """Whether the record shows how it ended."""
    return record.ready is not None and clock.reached(record.ready)


def status(record: Record) -> str:
    """CREATED, IN_PROGRESS, SUCCEEDED or FAILED."""
    if finished(record):
        return "SUCCEEDED" if record.succeeded else "FAILED"
    return "CREATED" if record.started is None else "IN_PROGRESS"


def detail(record: Record) -> dict[str, Any]:
    """RecordDetail."""
    done = finished(record)
    return view.present(
        {
            "RecordId": record.id,
            "ProvisionedProductName": record.provisioned_product_name,
            "Status": status(record),
            "CreatedTime": record.created,
            "UpdatedTime": record.ready if done else record.created,
            "ProvisionedProductType": "CFN_STACK",
            "RecordType": record.type,
            "ProvisionedProductId": record.provisioned_product_id,
            "ProductId": record.product_id,
            "ProvisioningArtifactId": record.artifact_id,
            "PathId": record.path_id,
            "RecordErrors": [{"Code": code, "Description": text} for code, text in record.errors] if done else [],
            "RecordTags": view.tags(record.tags),
            "LaunchRoleArn": record.launch_role,
        }
    )


def outputs_of(found: Iterable[RecordOutput]) -> list[dict[str, str]]:
    """RecordOutputs."""
    return [
        {"OutputKey": each.key, "OutputValue": each.value}
        | ({"Description": each.description} if each.description else {})
        for each in found
    ]


def in_scope(call: Call, user_arn: str, principal_arn: str) -> bool:
    """Whether something of that user passes the request's AccessLevelFilter (User by default)."""
    chosen = call.get("AccessLevelFilter") or {}
    if chosen.get("Value", "self") != "self":
        raise InvalidParameters("The only value of an AccessLevelFilter is self.")
    level = chosen.get("Key") or "User"
    return {"Account": True, "Role": principal_arn == call.principal_arn, "User": user_arn == call.arn}[level]


def describe_record(call: Call) -> Answer:
    """DescribeRecord, with the outputs once it has succeeded."""
    found = call.store.records.get(call["Id"])
    if found is None:
        raise ResourceNotFound(f"Record not found: {call['Id']}")
    outputs = found.outputs if finished(found) else ()
    shown, following = page(outputs, call.parameters)
    return {"RecordDetail": detail(found), "RecordOutputs": outputs_of(shown), "NextPageToken": following}


def list_record_history(call: Call) -> Answer:
    """ListRecordHistory, newest first."""
    search = call.get("SearchFilter") or {}
    key, value = search.get("Key"), search.get("Value")
    if key not in (None, "product", "provisionedproduct"):
        raise InvalidParameters(f"Invalid search filter {key}: it must be product or provisionedproduct.")
    found = [
        each
        for each in reversed(call.store.records.values())
        if in_scope(call, each.user_arn, each.principal_arn)
        and (key is None or value == (each.product_id if key == "product" else each.provisioned_product_id))
    ]
    shown, following = page(found, call.parameters)
    return {"RecordDetails": [detail(each) for each in shown], "NextPageToken": following}


OPERATIONS: dict[str, Operation] = {
    "DescribeRecord": describe_record,
    "ListRecordHistory": list_record_history,
}
