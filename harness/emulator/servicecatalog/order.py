"""What a launch or an update comes down to: path, version, template, tags, role. Decided before a stack is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.cfn.model import StackRequest
from harness.emulator.servicecatalog import artifacts, catalogue, constraints, quotas, sources, tagoptions, templates
from harness.emulator.servicecatalog.call import Call
from harness.emulator.servicecatalog.catalogue import Path
from harness.emulator.servicecatalog.errors import InvalidParameters, OperationNotSupported
from harness.emulator.servicecatalog.model import Artifact, Product, ProvisionedProduct
from harness.emulator.servicecatalog.tags import new_tags

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class Order:
    """A launch or an update, as decided. `parameters`: a value of None keeps the previous one."""

    product: Product
    artifact: Artifact
    path: Path
    template: str
    parameters: Mapping[str, str | None]
    tags: Mapping[str, str]
    notification_arns: tuple[str, ...]
    launch_role: str | None

    def request(self, call: Call, target: ProvisionedProduct) -> StackRequest:
        """What CloudFormation is asked for."""
        return StackRequest(
            name=target.stack_name,
            template=self.template,
            parameters=self.parameters,
            tags={
                **self.tags,
                "aws:servicecatalog:productArn": self.product.arn,
                "aws:servicecatalog:provisioningPrincipalArn": call.arn,
                "aws:servicecatalog:provisioningArtifactIdentifier": self.artifact.id,
                "aws:servicecatalog:portfolioArn": self.path.offer.reach.portfolio.arn,
                "aws:servicecatalog:provisionedProductArn": target.arn,
            },
            capabilities=CAPABILITIES,
            notification_arns=self.notification_arns,
            role_arn=self.launch_role or "",
        )


def new_order(call: Call) -> Order:
    """The order of a launch. Raises CatalogError for what the caller may not launch, or not like this."""
    _refuse_stack_sets(call)
    product = catalogue.launchable(call, call.get("ProductId"), call.get("ProductName"))
    path = catalogue.choose_path(call, product)
    artifact = _artifact(call, path)
    if artifact.guidance == "DEPRECATED":
        raise InvalidParameters(f"Provisioning artifact {artifact.id} is deprecated: it takes no new launches.")
    topics = tuple(call.get("NotificationArns") or ())
    return _order(call, path, artifact, _tags(call, path), topics)


def update_order(call: Call, target: ProvisionedProduct) -> Order:
    """The order of an update. Without a product, version or path the present one stays."""
    _refuse_stack_sets(call)
    named = call.get("ProductId") or call.get("ProductName")
    product = catalogue.launchable(
        call, call.get("ProductId") if named else target.product_id, call.get("ProductName") if named else None
    )
    path = _path(call, product, target)
    artifact = _artifact(call, path, target.artifact_id if product.id == target.product_id else None)
    if artifact.guidance == "DEPRECATED" and product.id != target.product_id:
        raise InvalidParameters(f"Provisioning artifact {artifact.id} is deprecated: it takes no new launches.")
    tags = target.tags
    if call.get("Tags"):
        if constraints.tag_updates(path.constraints) != "ALLOWED":
            raise InvalidParameters("Tags cannot be updated: no RESOURCE_UPDATE constraint of the product allows it.")
        tags = _tags(call, path)
    order = _order(call, path, artifact, tags, target.notification_arns)
    # Source: UpdateProvisionedProductProperties of the API reference, LAUNCH_ROLE.
    return replace(order, launch_role=target.chosen_role) if target.chosen_role else order


def parameters_of(given: Sequence[Mapping[str, Any]] | None) -> dict[str, str | None]:
    """ProvisioningParameters as a mapping; None: UsePreviousValue."""
    found: dict[str, str | None] = {}
    for each in given or ():
        if "Key" not in each:
            raise InvalidParameters("A provisioning parameter has no Key.")
        if each["Key"] in found:
            raise InvalidParameters(f"Provisioning parameter {each['Key']} is given more than once.")
        found[each["Key"]] = None if each.get("UsePreviousValue") else each.get("Value", "")
    return found


def _order(
    call: Call, path: Path, artifact: Artifact, tags: Mapping[str, str], notification_arns: tuple[str, ...]
) -> Order:
    rules = constraints.rules(path.constraints)
    template = artifact.template
    if rules:
        template = json.dumps(templates.with_rules(sources.parse(template), rules), indent=2)
    topics = (*notification_arns, *constraints.topics(path.constraints))
    constraints.demand_topics(topics)
    return Order(
        product=path.offer.product,
        artifact=artifact,
        path=path,
        template=template,
        parameters=parameters_of(call.get("ProvisioningParameters")),
        tags=tags,
        notification_arns=tuple(dict.fromkeys(topics)),
        launch_role=constraints.launch_role(path.constraints, call.account_id),
    )


def _tags(call: Call, path: Path) -> dict[str, str]:
    given = new_tags(call.get("Tags"), quotas.TAGS_PER_PROVISIONED_PRODUCT)
    offer = path.offer
    return tagoptions.launch_tags(catalogue.offered_tags(call, path), given, offer.reach.portfolio.id, offer.product.id)


def _artifact(call: Call, path: Path, present: str | None = None) -> Artifact:
    identifier, name = call.get("ProvisioningArtifactId"), call.get("ProvisioningArtifactName")
    if not identifier and not name:
        identifier = present
    found = artifacts.named(path.offer.home, path.offer.product.id, identifier, name)
    if found not in path.versions():
        raise InvalidParameters(f"Provisioning artifact {found.id} is not active.")
    return found


def _path(call: Call, product: Product, target: ProvisionedProduct) -> Path:
    if not call.get("PathId") and not call.get("PathName"):
        for each in catalogue.paths(call, product.id):
            if each.id == target.path_id:
                return each
    return catalogue.choose_path(call, product)


def _refuse_stack_sets(call: Call) -> None:
    if call.get("ProvisioningPreferences"):
        raise OperationNotSupported("The emulated Service Catalog does not model ProvisioningPreferences (stack sets).")
