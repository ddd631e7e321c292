"""Provisioned products as they are: find, describe, search, outputs, properties. Launching is `provisioning.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.emulator import clock
from harness.emulator.servicecatalog import constraints, launchrole, records, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, InvalidState, ResourceNotFound
from harness.emulator.servicecatalog.model import ProvisionedProduct, RecordOutput
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.store import Store

_OWNER = re.compile(r"arn:[^:]+:(iam::\d{12}:(user|role)|sts::\d{12}:assumed-role)/.+")


def living(store: Store) -> list[ProvisionedProduct]:
    """The provisioned products that are there."""
    return [each for each in store.provisioned.values() if each.gone is None or not clock.reached(each.gone)]


def find(call: Call, identifier: str | None, name: str | None) -> ProvisionedProduct:
    """A provisioned product by id or name. Raises ResourceNotFound or InvalidParameters."""
    if bool(identifier) == bool(name):
        raise InvalidParameters("Give the provisioned product's id or its name, but not both.")
    for each in living(call.store):
        if each.id == identifier or (name and each.name == name):
            return each
    raise ResourceNotFound(f"Provisioned product not found: {identifier or name}")


def status(store: Store, each: ProvisionedProduct) -> str:
    """UNDER_CHANGE while a record is open, else what the last one left."""
    last = store.records.get(each.last_record_id or "")
    return "UNDER_CHANGE" if last is not None and not records.finished(last) else each.settled_status


def demand_settled(store: Store, each: ProvisionedProduct) -> None:
    """Raise while the provisioned product is under change."""
    now = status(store, each)
    if now in ("UNDER_CHANGE", "PLAN_IN_PROGRESS"):
        raise InvalidParameters(f"Provisioned product {each.id} is in status {now}: wait until it is AVAILABLE.")


def outputs(each: ProvisionedProduct, store: Store) -> tuple[RecordOutput, ...]:
    """The outputs of the last successful provisioning."""
    record = store.records.get(each.last_successful_record_id or "")
    return record.outputs if record is not None and records.finished(record) else ()


def describe_provisioned_product(call: Call) -> Answer:
    """DescribeProvisionedProduct."""
    found = find(call, call.get("Id"), call.get("Name"))
    return {"ProvisionedProductDetail": _detail(call.store, found), "CloudWatchDashboards": []}


def scan_provisioned_products(call: Call) -> Answer:
    """ScanProvisionedProducts."""
    found = [each for each in living(call.store) if records.in_scope(call, each.owner_arn, each.owner_principal_arn)]
    shown, following = page(found, call.parameters)
    return {"ProvisionedProducts": [_detail(call.store, each) for each in shown], "NextPageToken": following}


def search_provisioned_products(call: Call) -> Answer:
    """SearchProvisionedProducts: every query must match: `field:value`, with * as a wildcard, or free text."""
    queries = (call.get("Filters") or {}).get("SearchQuery") or []
    found = [
        attributes
        for each in living(call.store)
        if records.in_scope(call, each.owner_arn, each.owner_principal_arn)
        for attributes in [_attributes(call.store, each)]
        if all(_answers(attributes, query) for query in queries)
    ]
    by = call.get("SortBy")
    if by:
        if by not in ("arn", "id", "name", "lastRecordId"):
            raise InvalidParameters(f"Invalid SortBy {by}: it must be arn, id, name or lastRecordId.")
        member = by[0].upper() + by[1:]
        found.sort(key=lambda each: str(each.get(member)), reverse=call.get("SortOrder") == "DESCENDING")
    shown, following = page(found, call.parameters)
    return {"ProvisionedProducts": list(shown), "TotalResultsCount": len(found), "NextPageToken": following}


def get_outputs(call: Call) -> Answer:
    """GetProvisionedProductOutputs: all, or those with the given keys."""
    found = find(call, call.get("ProvisionedProductId"), call.get("ProvisionedProductName"))
    there = outputs(found, call.store)
    keys = call.get("OutputKeys")
    if keys:
        missing = sorted(set(keys) - {each.key for each in there})
        if missing:
            raise InvalidParameters(f"Provisioned product {found.id} has no output {', '.join(missing)}.")
        there = tuple(each for each in there if each.key in keys)
    shown, following = page(there, call.parameters)
    return {"Outputs": records.outputs_of(shown), "NextPageToken": following}


def update_properties(call: Call) -> Answer:
    """UpdateProvisionedProductProperties: the owner, or the launch role."""
    found = find(call, call["ProvisionedProductId"], None)
    if status(call.store, found) == "UNDER_CHANGE":
        raise InvalidState(f"Provisioned product {found.id} is UNDER_CHANGE.")
    given = call["ProvisionedProductProperties"]
    if not given:
        raise InvalidParameters("ProvisionedProductProperties must hold OWNER or LAUNCH_ROLE.")
    owner, role = given.get("OWNER"), given.get("LAUNCH_ROLE")
    if owner is not None and not (_OWNER.fullmatch(owner) and owner.split(":")[4] == call.account_id):
        raise InvalidParameters(f"The owner {owner} is no user, role or session of account {call.account_id}.")
    if role is not None and not constraints.ROLE_ARN.fullmatch(role):
        raise InvalidParameters(f"The launch role {role} is not the ARN of a role.")
    if role is not None and (why := launchrole.problem(role, call.account_id)):
        raise InvalidParameters(why)
    record = records.open_record(call, "UPDATE_PROVISIONED_PRODUCT_PROPERTIES", found, launch_role=role)
    records.close_record(call.store, record)
    call.store.provisioned[found.id] = replace(
        found,
        owner_arn=owner or found.owner_arn,
        owner_principal_arn=_principal_of(owner) if owner else found.owner_principal_arn,
        launch_role=role or found.launch_role,
        chosen_role=role or found.chosen_role,
        last_record_id=record.id,
    )
    return {
        "ProvisionedProductId": found.id,
        "ProvisionedProductProperties": dict(given),
        "RecordId": record.id,
        "Status": "CREATED",
    }


def _principal_of(arn: str) -> str:
    head, assumed, rest = arn.partition(":assumed-role/")
    if not assumed:
        return arn
    return head.replace(":sts:", ":iam:") + ":role/" + rest.rsplit("/", 1)[0]


def _detail(store: Store, each: ProvisionedProduct) -> dict[str, Any]:
    return view.present(
        {
            "Name": each.name,
            "Arn": each.arn,
            "Type": "CFN_STACK",
            "Id": each.id,
            "Status": status(store, each),
            "StatusMessage": each.status_message if status(store, each) == each.settled_status else None,
            "CreatedTime": each.created,
            "IdempotencyToken": each.token,
            "LastRecordId": each.last_record_id,
            "LastProvisioningRecordId": each.last_provisioning_record_id,
            "LastSuccessfulProvisioningRecordId": each.last_successful_record_id,
            "ProductId": each.product_id,
            "ProvisioningArtifactId": each.artifact_id,
            "LaunchRoleArn": each.launch_role,
        }
    )


def _attributes(store: Store, each: ProvisionedProduct) -> dict[str, Any]:
    shown = _detail(store, each)
    shown.pop("LaunchRoleArn", None)
    more = {
        "Tags": view.tags(each.tags),
        "PhysicalId": each.stack_id,
        "ProductName": each.product_name,
        "ProvisioningArtifactName": each.artifact_name,
        "UserArn": each.owner_principal_arn,
        "UserArnSession": each.owner_arn,
    }
    return view.present({**shown, **more})


def _answers(attributes: Mapping[str, Any], query: str) -> bool:
    field, colon, wanted = query.partition(":")
    wanted = wanted.strip().strip('"').lower()
    values = {name.lower(): str(value).lower() for name, value in attributes.items() if name != "Tags"}
    tags = [f"{tag['Key']}:{tag['Value']}".lower() for tag in attributes["Tags"]]
    if colon and field.lower() == "tags":
        return any(_fits(tag, wanted) or wanted in tag.split(":", 1) for tag in tags)
    if colon and field.lower() in values:
        return _fits(values[field.lower()], wanted)
    if colon and field.lower() in _OPTIONAL:
        return False
    return any(query.lower() in value for value in [*values.values(), *tags])


def _fits(value: str, wanted: str) -> bool:
    """Whether a value is what is wanted, in which only * stands for any characters."""
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), value, re.DOTALL) is not None


_OPTIONAL = {"physicalid", "lastrecordid", "lastprovisioningrecordid", "lastsuccessfulprovisioningrecordid"}

OPERATIONS: dict[str, Operation] = {
    "DescribeProvisionedProduct": describe_provisioned_product,
    "ScanProvisionedProducts": scan_provisioned_products,
    "SearchProvisionedProducts": search_provisioned_products,
    "GetProvisionedProductOutputs": get_outputs,
    "UpdateProvisionedProductProperties": update_properties,
}
