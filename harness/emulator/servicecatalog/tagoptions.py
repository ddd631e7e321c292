"""Tag options: values of a tag key, tied to portfolios and products, from which a launch takes its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.emulator.servicecatalog import access, ids, quotas, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import DuplicateResource, InvalidParameters, ResourceInUse, ResourceNotFound
from harness.emulator.servicecatalog.model import TagOption
from harness.emulator.servicecatalog.paging import page


def create_tag_option(call: Call) -> Answer:
    """CreateTagOption: a key and value exist once."""
    store, key, value = call.store, call["Key"], call["Value"]
    _refuse_twin(call, key, value)
    values = sum(each.key == key for each in store.tag_options.values())
    quotas.hold(values, quotas.VALUES_PER_TAG_OPTION, "values of a tag option")
    made = TagOption(ids.new("tag"), key, value, call.account_id)
    store.tag_options[made.id] = made
    return {"TagOptionDetail": view.tag_option(made)}


def update_tag_option(call: Call) -> Answer:
    """UpdateTagOption: another value, or (in)active."""
    found = _own(call, call["Id"])
    value = found.value if call.get("Value") is None else call["Value"]
    if value != found.value:
        _refuse_twin(call, found.key, value)
    changed = replace(found, value=value, active=found.active if call.get("Active") is None else call["Active"])
    call.store.tag_options[found.id] = changed
    return {"TagOptionDetail": view.tag_option(changed)}


def describe_tag_option(call: Call) -> Answer:
    """DescribeTagOption."""
    return {"TagOptionDetail": view.tag_option(_own(call, call["Id"]))}


def delete_tag_option(call: Call) -> Answer:
    """DeleteTagOption: refused while a portfolio or product has it."""
    found = _own(call, call["Id"])
    if any(option == found.id for _, option in call.store.tag_option_links):
        raise ResourceInUse(f"TagOption {found.id} cannot be deleted: it is associated with a portfolio or product.")
    del call.store.tag_options[found.id]
    return {}


def list_tag_options(call: Call) -> Answer:
    """ListTagOptions."""
    filters = call.get("Filters") or {}
    found = [
        each
        for each in call.store.tag_options.values()
        if filters.get("Key") in (None, each.key)
        and filters.get("Value") in (None, each.value)
        and filters.get("Active") in (None, each.active)
    ]
    shown, following = page(found, call.parameters)
    return {"TagOptionDetails": [view.tag_option(each) for each in shown], "PageToken": following}


def associate_tag_option(call: Call) -> Answer:
    """AssociateTagOptionWithResource: with an own product, an own portfolio or an imported one; 25 a resource."""
    store, resource = call.store, call["ResourceId"]
    option = _own(call, call["TagOptionId"])
    if resource not in store.products:
        access.reach(call, resource)  # an imported portfolio takes tag options of this account besides its owner's
    if (resource, option.id) in store.tag_option_links:
        raise DuplicateResource(f"TagOption {option.id} is associated with {resource} already.")
    quotas.hold(len(store.tag_options_of(resource)), quotas.TAG_OPTIONS_PER_RESOURCE, "TagOptions of a resource")
    store.tag_option_links[resource, option.id] = None
    return {}


def disassociate_tag_option(call: Call) -> Answer:
    """DisassociateTagOptionFromResource."""
    key = (call["ResourceId"], call["TagOptionId"])
    if key not in call.store.tag_option_links:
        raise ResourceNotFound(f"TagOption {key[1]} is not associated with {key[0]}")
    del call.store.tag_option_links[key]
    return {}


def list_resources(call: Call) -> Answer:
    """ListResourcesForTagOption."""
    store = call.store
    option = _own(call, call["TagOptionId"])
    kind = call.get("ResourceType")
    if kind not in (None, "Portfolio", "Product"):
        raise InvalidParameters(f"Invalid ResourceType {kind}: it must be Portfolio or Product.")
    linked = [resource for resource, each in store.tag_option_links if each == option.id]
    found: list[dict[str, Any]] = []
    portfolios = {each.portfolio.id: each.portfolio for each in access.reachable(call)}
    for identifier in linked:
        each = portfolios.get(identifier) or store.products.get(identifier)
        # A link to a portfolio that is no longer shared stays, and shows nothing.
        if each is None or (kind and (kind == "Portfolio") is not (identifier in portfolios)):
            continue
        shown = {"Id": each.id, "ARN": each.arn, "Name": each.name, "Description": each.description}
        found.append(view.present({**shown, "CreatedTime": each.created}))
    resources, following = page(found, call.parameters)
    return {"ResourceDetails": list(resources), "PageToken": following}


def choices(of_portfolio: Iterable[TagOption], of_product: Iterable[TagOption]) -> dict[str, list[str]]:
    """The values that a launcher may choose from, by tag key.

    Where portfolio and product both say something of a key, what both allow remains; an empty list is a conflict.
    Inactive tag options say nothing.
    """
    portfolio, product = _by_key(of_portfolio), _by_key(of_product)
    merged = {}
    for key in {**portfolio, **product}:
        if key in portfolio and key in product:
            merged[key] = [value for value in portfolio[key] if value in product[key]]
        else:
            merged[key] = portfolio.get(key) or product[key]
    return merged


def launch_tags(
    offered: Mapping[str, list[str]], given: Mapping[str, str], portfolio_id: str, product_id: str
) -> dict[str, str]:
    """The tags of a launch: what the launcher gave, and the tag options.

    A key with one value is applied unasked; a key with several must be given, with one of them. A conflicting key is
    left out and the launch is marked instead. Raises InvalidParameters.
    """
    tags = dict(given)
    for key, values in offered.items():
        if not values:
            tags.pop(key, None)
            tags[f"sc-tagoption-conflict-{portfolio_id}-{product_id}"] = key
        elif key in given:
            if given[key] not in values:
                allowed = ", ".join(values)
                raise InvalidParameters(f"Invalid value {given[key]} for tag {key}: its TagOptions allow {allowed}.")
        elif len(values) == 1:
            tags[key] = values[0]
        else:
            raise InvalidParameters(f"Tag {key} is required: choose one of {', '.join(values)}.")
    return tags


def _by_key(options: Iterable[TagOption]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in options:
        if each.active:
            found.setdefault(each.key, []).append(each.value)
    return found


def _own(call: Call, identifier: str) -> TagOption:
    found = call.store.tag_options.get(identifier)
    if found is None:
        raise ResourceNotFound(f"TagOption not found: {identifier}")
    return found


def _refuse_twin(call: Call, key: str, value: str) -> None:
    if any(each.key == key and each.value == value for each in call.store.tag_options.values()):
        raise DuplicateResource(f"A TagOption with key {key} and value {value} exists already.")


OPERATIONS: dict[str, Operation] = {
    "CreateTagOption": create_tag_option,
    "UpdateTagOption": update_tag_option,
    "DescribeTagOption": describe_tag_option,
    "DeleteTagOption": delete_tag_option,
    "ListTagOptions": list_tag_options,
    "AssociateTagOptionWithResource": associate_tag_option,
    "DisassociateTagOptionFromResource": disassociate_tag_option,
    "ListResourcesForTagOption": list_resources,
}
