"""Provisioning artifacts: the versions of a product. Made one at a time: of parallel ones only the first survives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.emulator import clock
from harness.emulator.identity import Caller
from harness.emulator.servicecatalog import access, ids, quotas, sources, templates, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import (
    InvalidParameters,
    OperationNotSupported,
    ResourceInUse,
    ResourceNotFound,
)
from harness.emulator.servicecatalog.model import Artifact
from harness.emulator.servicecatalog.store import Store


def make(product_id: str, properties: Mapping[str, Any], who: Caller) -> Artifact:
    """A version from ProvisioningArtifactProperties, its template read as that caller and validated. Stores nothing."""
    kind = properties.get("Type") or "CLOUD_FORMATION_TEMPLATE"
    if kind != "CLOUD_FORMATION_TEMPLATE":
        raise OperationNotSupported(f"The emulated Service Catalog does not model artifacts of type {kind}.")
    info = properties.get("Info") or {}
    if len(info) != 1 or not info.keys() <= {"LoadTemplateFromURL", "ImportFromPhysicalId"}:
        raise InvalidParameters("Info must hold either LoadTemplateFromURL or ImportFromPhysicalId.")
    name = properties.get("Name") or ""
    if any(letter.isspace() for letter in name):
        raise InvalidParameters(f"Invalid version name {name!r}: it may hold no spaces.")
    if "LoadTemplateFromURL" in info:
        template = sources.from_url(info["LoadTemplateFromURL"], who)
        shown = {"TemplateUrl": info["LoadTemplateFromURL"]}
    else:
        template = sources.from_stack(info["ImportFromPhysicalId"])
        shown = {"ImportFromPhysicalId": info["ImportFromPhysicalId"]}
    if not properties.get("DisableTemplateValidation"):
        sources.validate(template)
    return Artifact(
        id=ids.new("pa"),
        product_id=product_id,
        name=name,
        description=properties.get("Description"),
        template=template,
        info=shown,
        created=clock.now(),
        ready=clock.due(),
    )


def create_artifact(call: Call) -> Answer:
    """CreateProvisioningArtifact. Accepted while another one is CREATING, it is lost."""
    store = call.store
    product = access.own_product(call, call["ProductId"])
    versions = store.versions(product.id)
    quotas.hold(len(versions), quotas.VERSIONS_PER_PRODUCT, "provisioning artifacts of a product")
    made = make(product.id, call["Parameters"], call.who)
    busy = any(not clock.reached(each.ready) for each in versions)
    store.artifacts[made.id] = replace(made, doomed=busy)
    return _answer(made)


def update_artifact(call: Call) -> Answer:
    """UpdateProvisioningArtifact: name, description, Active and Guidance; never the content."""
    product = access.own_product(call, call["ProductId"])
    found = find(call.store, product.id, call["ProvisioningArtifactId"])
    if not clock.reached(found.ready):
        raise InvalidParameters(f"Provisioning artifact {found.id} is still being created.")
    name = call.get("Name")
    if name is not None and any(letter.isspace() for letter in name):
        raise InvalidParameters(f"Invalid version name {name!r}: it may hold no spaces.")
    changed = replace(
        found,
        name=found.name if name is None else name,
        description=found.description if call.get("Description") is None else call["Description"],
        active=found.active if call.get("Active") is None else call["Active"],
        guidance=call.get("Guidance") or found.guidance,
    )
    call.store.artifacts[found.id] = changed
    return _answer(changed)


def delete_artifact(call: Call) -> Answer:
    """DeleteProvisioningArtifact: a product keeps at least one."""
    product = access.own_product(call, call["ProductId"])
    found = find(call.store, product.id, call["ProvisioningArtifactId"])
    if all(each.doomed for each in call.store.versions(product.id) if each is not found):
        raise ResourceInUse(f"The last provisioning artifact of product {product.id} cannot be deleted.")
    del call.store.artifacts[found.id]
    return {}


def describe_artifact(call: Call) -> Answer:
    """DescribeProvisioningArtifact: by id or name of artifact and product."""
    store, product_id = _product_named(call)
    found = _artifact_named(call, store, product_id)
    answer = _answer(found)
    if call.get("IncludeProvisioningArtifactParameters"):
        answer["ProvisioningArtifactParameters"] = templates.parameters(sources.parse(found.template))
    return answer


def list_artifacts(call: Call) -> Answer:
    """ListProvisioningArtifacts: all versions in one answer, for the request has no page token."""
    store, product = access.reachable_product(call, call["ProductId"])
    return {"ProvisioningArtifactDetails": [view.artifact(each) for each in store.versions(product.id)]}


def find(store: Store, product_id: str, artifact_id: str) -> Artifact:
    """A version of a product. Raises ResourceNotFound."""
    for each in store.versions(product_id):
        if each.id == artifact_id:
            return each
    raise ResourceNotFound(f"Provisioning artifact not found: {artifact_id} of product {product_id}")


def named(store: Store, product_id: str, artifact_id: str | None, name: str | None) -> Artifact:
    """A version by id, or by a name that only one version bears. Raises ResourceNotFound or InvalidParameters."""
    if bool(artifact_id) == bool(name):
        raise InvalidParameters("Give the provisioning artifact's id or its name, but not both.")
    if artifact_id:
        return find(store, product_id, artifact_id)
    found = [each for each in store.versions(product_id) if each.name == name]
    if not found:
        raise ResourceNotFound(f"Provisioning artifact not found: {name} of product {product_id}")
    if len(found) > 1:
        raise InvalidParameters(f"{len(found)} provisioning artifacts of product {product_id} are named {name}.")
    return found[0]


def _product_named(call: Call) -> tuple[Store, str]:
    identifier, name = call.get("ProductId"), call.get("ProductName")
    if identifier:
        store, product = access.reachable_product(call, identifier)
        return store, product.id
    for each in call.store.products.values():
        if name and each.name == name:
            return call.store, each.id
    if call.get("ProvisioningArtifactId") and not name:
        found = call.store.artifacts.get(call["ProvisioningArtifactId"])
        if found is not None:
            return call.store, found.product_id
    raise ResourceNotFound(f"Product not found: {name or 'neither ProductId nor ProductName is given'}")


def _artifact_named(call: Call, store: Store, product_id: str) -> Artifact:
    return named(store, product_id, call.get("ProvisioningArtifactId"), call.get("ProvisioningArtifactName"))


def _answer(each: Artifact) -> Answer:
    return {
        "ProvisioningArtifactDetail": view.artifact(each),
        "Info": dict(each.info),
        "Status": view.artifact_status(each),
    }


OPERATIONS: dict[str, Operation] = {
    "CreateProvisioningArtifact": create_artifact,
    "UpdateProvisioningArtifact": update_artifact,
    "DeleteProvisioningArtifact": delete_artifact,
    "DescribeProvisioningArtifact": describe_artifact,
    "ListProvisioningArtifacts": list_artifacts,
}
