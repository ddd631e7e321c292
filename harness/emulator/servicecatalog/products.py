"""Products as their administrator sees them: create, change, delete, search, copy. Versions are `artifacts.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.emulator import clock
from harness.emulator.servicecatalog import access, artifacts, ids, quotas, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import (
    InvalidParameters,
    OperationNotSupported,
    ResourceInUse,
    ResourceNotFound,
)
from harness.emulator.servicecatalog.model import Artifact, CopyOperation, Product
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.store import Store
from harness.emulator.servicecatalog.tags import changed_tags, new_tags

_TEXTS = {
    "Name": "name",
    "Owner": "owner",
    "Description": "description",
    "Distributor": "distributor",
    "SupportDescription": "support_description",
    "SupportEmail": "support_email",
    "SupportUrl": "support_url",
}


def create_product(call: Call) -> Answer:
    """CreateProduct, with its first version."""
    if call["ProductType"] != "CLOUD_FORMATION_TEMPLATE":
        raise OperationNotSupported(
            f"The emulated Service Catalog does not model products of type {call['ProductType']}."
        )
    _refuse_connection(call)
    properties = call.get("ProvisioningArtifactParameters")
    if not properties:
        raise InvalidParameters("ProvisioningArtifactParameters are required for a product without a SourceConnection.")
    made = _new(call, {each: call.get(name) for name, each in _TEXTS.items()}, new_tags(call.get("Tags")))
    version = artifacts.make(made.id, properties, call.who)
    call.store.products[made.id] = made
    call.store.artifacts[version.id] = version
    return {
        "ProductViewDetail": view.product(made),
        "ProvisioningArtifactDetail": view.artifact(version),
        "Tags": view.tags(made.tags),
    }


def update_product(call: Call) -> Answer:
    """UpdateProduct."""
    _refuse_connection(call)
    found = access.own_product(call, call["Id"])
    changes: dict[str, Any] = {each: call[name] for name, each in _TEXTS.items() if call.get(name) is not None}
    changes["tags"] = changed_tags(found.tags, call.get("AddTags"), call.get("RemoveTags"))
    changed = replace(found, **changes)
    call.store.products[found.id] = changed
    return {"ProductViewDetail": view.product(changed), "Tags": view.tags(changed.tags)}


def delete_product(call: Call) -> Answer:
    """DeleteProduct: refused while a portfolio of the account holds it."""
    store = call.store
    found = access.own_product(call, call["Id"])
    if any(product == found.id for _, product in store.associations):
        raise ResourceInUse(f"Product {found.id} cannot be deleted: it is associated with a portfolio.")
    del store.products[found.id]
    for version in store.versions(found.id):
        del store.artifacts[version.id]
    for link in [each for each in store.tag_option_links if each[0] == found.id]:
        del store.tag_option_links[link]
    return {}


def describe_product_as_admin(call: Call) -> Answer:
    """DescribeProductAsAdmin: an own product or one of an imported portfolio, by id or name."""
    store, found = _by_id_or_name(call)
    source = call.get("SourcePortfolioId")
    options = list(call.store.tag_options_of(found.id))
    if source:
        reached = access.reach(call, source)
        if reached.share is not None and reached.share.tag_options:
            options += store.tag_options_of(found.id)
    return {
        "ProductViewDetail": view.product(found),
        "ProvisioningArtifactSummaries": [view.artifact_summary(each) for each in store.versions(found.id)],
        "Tags": view.tags(found.tags),
        "TagOptions": [view.tag_option(each) for each in options],
        "Budgets": [],
    }


def search_products_as_admin(call: Call) -> Answer:
    """SearchProductsAsAdmin: the account's own products, or those of a portfolio that it owns or imported."""
    portfolio_id = call.get("PortfolioId")
    if portfolio_id:
        found = [(each.home, each.product) for each in access.offers(access.reach(call, portfolio_id))]
    else:
        found = [(call.store, each) for each in call.store.products.values()]
    kept = [each for each in found if fits(each[1], call.get("Filters") or {})]
    shown, following = page(in_order(kept, call.get("SortBy"), call.get("SortOrder")), call.parameters)
    return {"ProductViewDetails": [view.product(each) for _, each in shown], "NextPageToken": following}


def copy_product(call: Call) -> Answer:
    """CopyProduct: into a new product of the account, or into an existing one; asynchronous."""
    source_store, source = _by_arn(call, call["SourceProductArn"])
    wanted = [each["Id"] for each in call.get("SourceProvisioningArtifactIdentifiers") or () if "Id" in each]
    versions = source_store.versions(source.id)
    chosen = [artifacts.find(source_store, source.id, each) for each in wanted] if wanted else versions
    tags = dict(source.tags) if "CopyTags" in (call.get("CopyOptions") or ()) else {}
    target_id = call.get("TargetProductId")
    if target_id:
        target = access.own_product(call, target_id)
        used = len(call.store.versions(target.id)) + len(chosen) - 1
        quotas.hold(used, quotas.VERSIONS_PER_PRODUCT, "provisioning artifacts of a product")
        target = replace(target, tags={**target.tags, **tags})
    else:
        texts = {each: getattr(source, each) for each in _TEXTS.values()}
        texts["name"] = call.get("TargetProductName") or source.name
        target = _new(call, texts, tags)
    call.store.products[target.id] = target
    for version in chosen:
        copied = _copied(version, target.id)
        call.store.artifacts[copied.id] = copied
    made = CopyOperation(ids.new("copyproduct"), target.id, clock.due())
    call.store.copies[made.token] = made
    return {"CopyProductToken": made.token}


def describe_copy(call: Call) -> Answer:
    """DescribeCopyProductStatus."""
    found = call.store.copies.get(call["CopyProductToken"])
    if found is None:
        raise ResourceNotFound(f"Copy operation not found: {call['CopyProductToken']}")
    done = clock.reached(found.ready)
    return {
        "CopyProductStatus": "SUCCEEDED" if done else "IN_PROGRESS",
        "TargetProductId": found.target_product_id if done else None,
    }


def fits(each: Product, filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether a product passes all filters of a search; within one filter any value will do."""
    text = " ".join(
        part or "" for part in (each.name, each.owner, each.description, each.distributor, each.support_description)
    ).lower()
    tests: dict[str, Callable[[str], bool]] = {
        "FullTextSearch": lambda value: all(word in text for word in value.lower().split()),
        "Owner": lambda value: each.owner == value,
        "ProductType": lambda value: each.type == value,
        "SourceProductId": lambda value: each.id == value,
    }
    return all(any(tests[name](value) for value in values) for name, values in filters.items())


def in_order(found: list[tuple[Store, Product]], by: str | None, order: str | None) -> list[tuple[Store, Product]]:
    """Search results sorted by title, number of versions or date of creation; as they come without `by`."""
    keys = {
        "Title": lambda each: (each[1].name, each[1].id),
        "VersionCount": lambda each: (len(each[0].versions(each[1].id)), each[1].id),
        "CreationDate": lambda each: (each[1].created, each[1].id),
    }
    return sorted(found, key=keys[by], reverse=order == "DESCENDING") if by else found


def _new(call: Call, texts: Mapping[str, Any], tags: Mapping[str, str]) -> Product:
    quotas.hold(len(call.store.products), quotas.PRODUCTS_PER_REGION, "products in a region")
    identifier = ids.new("prod")
    return Product(
        id=identifier,
        view_id=ids.derived("prodview", identifier),
        arn=call.store.arn("catalog", f"product/{identifier}"),
        account_id=call.account_id,
        region=call.region,
        created=clock.now(),
        ready=clock.due(),
        tags=tags,
        **texts,
    )


def _copied(version: Artifact, product_id: str) -> Artifact:
    return replace(version, id=ids.new("pa"), product_id=product_id, created=clock.now(), ready=clock.due())


def _by_id_or_name(call: Call) -> tuple[Store, Product]:
    identifier, name = call.get("Id"), call.get("Name")
    if bool(identifier) == bool(name):
        raise InvalidParameters("Give the product's Id or its Name, but not both.")
    if identifier:
        return access.reachable_product(call, identifier)
    named = [each for each in call.store.products.values() if each.name == name]
    if not named:
        raise ResourceNotFound(f"Product not found: {name}")
    return call.store, named[0]


def _by_arn(call: Call, arn: str) -> tuple[Store, Product]:
    store, found = access.reachable_product(call, arn.rsplit("/", 1)[-1])
    if found.arn != arn:
        raise ResourceNotFound(f"Product not found: {arn}")
    return store, found


def _refuse_connection(call: Call) -> None:
    if call.get("SourceConnection"):
        raise OperationNotSupported("The emulated Service Catalog does not model products with a SourceConnection.")


OPERATIONS: dict[str, Operation] = {
    "CreateProduct": create_product,
    "UpdateProduct": update_product,
    "DeleteProduct": delete_product,
    "DescribeProductAsAdmin": describe_product_as_admin,
    "SearchProductsAsAdmin": search_products_as_admin,
    "CopyProduct": copy_product,
    "DescribeCopyProductStatus": describe_copy,
}
