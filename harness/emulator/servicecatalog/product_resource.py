"""AWS::ServiceCatalog::CloudFormationProduct in stacks: a product and its versions, which change with the template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.cfn.model import Provisioned, ResourceFailure, ResourceRequest, ResourceState
from harness.emulator.servicecatalog import artifacts
from harness.emulator.servicecatalog.asking import (
    ask,
    changed_text,
    identity_of,
    remove,
    settle,
    tag_change,
    tag_list,
    token,
)
from harness.emulator.servicecatalog.backend import store_of
from harness.emulator.servicecatalog.errors import CatalogError
from harness.emulator.servicecatalog.store import LOCK

_TEXTS = ("Name", "Owner", "Description", "Distributor", "SupportDescription", "SupportEmail", "SupportUrl")


class CloudFormationProduct:
    """Its physical id is the product's. Versions are made one after another, as the service wants them."""

    def create(self, request: ResourceRequest) -> Provisioned:
        given = request.properties
        versions = _versions(given)
        made = ask(
            request,
            "CreateProduct",
            **{name: given.get(name) for name in _TEXTS},
            ProductType=given.get("ProductType") or "CLOUD_FORMATION_TEMPLATE",
            ProvisioningArtifactParameters=versions[0] if versions else None,
            SourceConnection=given.get("SourceConnection"),
            Tags=tag_list(request),
            IdempotencyToken=token(),
        )
        product_id = made["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
        settle()
        identifiers = [made["ProvisioningArtifactDetail"]["Id"]]
        identifiers += [_create(request, product_id, each) for each in versions[1:]]
        return _shown(product_id, given, identifiers)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        given, product_id = request.properties, current.physical_id
        texts = {name: changed_text(request, current.properties, name) for name in _TEXTS}
        ask(request, "UpdateProduct", Id=product_id, **texts, **tag_change(request, current.properties))
        had = str(current.attributes.get("ProvisioningArtifactIds", "")).split(",")
        wanted = _versions(given)
        before = _versions(current.properties)
        if given.get("ReplaceProvisioningArtifacts") and wanted != before:
            identifiers = [_create(request, product_id, each) for each in wanted]
            dropped = had
        else:
            identifiers, dropped = self._in_place(request, product_id, had, before, wanted)
        for each in dropped:
            remove(request, "DeleteProvisioningArtifact", ProductId=product_id, ProvisioningArtifactId=each)
        return _shown(product_id, given, identifiers)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        remove(request, "DeleteProduct", Id=current.physical_id)

    def _in_place(
        self,
        request: ResourceRequest,
        product_id: str,
        had: Sequence[str],
        before: Sequence[Mapping[str, Any]],
        wanted: Sequence[Mapping[str, Any]],
    ) -> tuple[list[str], list[str]]:
        identifiers = []
        for number, each in enumerate(wanted):
            if number >= len(had):
                identifiers.append(_create(request, product_id, each))
                continue
            identifiers.append(had[number])
            if each == before[number]:
                continue
            if each.get("Info") != before[number].get("Info"):
                _reread(request, product_id, had[number], each)
            ask(
                request,
                "UpdateProvisioningArtifact",
                ProductId=product_id,
                ProvisioningArtifactId=had[number],
                Name=each.get("Name"),
                Description=each.get("Description"),
            )
        return identifiers, list(had[len(wanted) :])


def _versions(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for each in given.get("ProvisioningArtifactParameters") or ():
        info = each.get("Info")
        found.append({**each, "Info": json.loads(info) if isinstance(info, str) else info})
    return found


def _create(request: ResourceRequest, product_id: str, version: Mapping[str, Any]) -> str:
    made = ask(
        request,
        "CreateProvisioningArtifact",
        ProductId=product_id,
        Parameters=dict(version),
        IdempotencyToken=token(),
    )
    settle()
    return str(made["ProvisioningArtifactDetail"]["Id"])


def _reread(request: ResourceRequest, product_id: str, artifact_id: str, version: Mapping[str, Any]) -> None:
    # Without ReplaceProvisioningArtifacts CloudFormation keeps the identifier and changes the content behind it, which
    # the public API cannot.
    try:
        made = artifacts.make(product_id, version, identity_of(request))
    except CatalogError as error:
        raise ResourceFailure(error.message) from error
    with LOCK:
        store = store_of(request.account_id, request.region)
        held = store.artifacts[artifact_id]
        store.artifacts[artifact_id] = replace(held, template=made.template, info=made.info)


def _shown(product_id: str, given: Mapping[str, Any], identifiers: Sequence[str]) -> Provisioned:
    names = [str(each.get("Name", "")) for each in given.get("ProvisioningArtifactParameters") or ()]
    attributes = {
        "Id": product_id,
        "ProductName": given["Name"],
        "ProvisioningArtifactIds": ",".join(identifiers),
        "ProvisioningArtifactNames": ",".join(names),
    }
    return Provisioned(product_id, attributes, native=True)
