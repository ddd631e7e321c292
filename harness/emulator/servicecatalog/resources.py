"""AWS::ServiceCatalog::* in stacks: real portfolios, products and the rest, made through the same door as the API's."""

from __future__ import annotations

import json

from harness.cfn.model import Maker, Provisioned, ResourceFailure, ResourceRequest, ResourceState
from harness.emulator.servicecatalog.asking import (
    Properties,
    ask,
    changed_text,
    remove,
    settle,
    tag_change,
    tag_list,
    token,
)
from harness.emulator.servicecatalog.product_resource import CloudFormationProduct


class Portfolio:
    """AWS::ServiceCatalog::Portfolio; its physical id is the portfolio's."""

    def create(self, request: ResourceRequest) -> Provisioned:
        given = request.properties
        made = ask(
            request,
            "CreatePortfolio",
            DisplayName=given["DisplayName"],
            ProviderName=given["ProviderName"],
            Description=given.get("Description"),
            Tags=tag_list(request),
            IdempotencyToken=token(),
        )
        return self._shown(made["PortfolioDetail"]["Id"], given)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        given = request.properties
        ask(
            request,
            "UpdatePortfolio",
            Id=current.physical_id,
            DisplayName=given["DisplayName"],
            ProviderName=given["ProviderName"],
            Description=changed_text(request, current.properties, "Description"),
            **tag_change(request, current.properties),
        )
        return self._shown(current.physical_id, given)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        remove(request, "DeletePortfolio", Id=current.physical_id)

    def _shown(self, identifier: str, given: Properties) -> Provisioned:
        return Provisioned(identifier, {"Id": identifier, "PortfolioName": given["DisplayName"]}, native=True)


class Association:
    """A resource that only ties two things together: every property of it replaces it.

    `members` are the request members of both operations, `identity` those that make the physical id, in order.
    """

    def __init__(self, operation: str, inverse: str, members: tuple[str, ...], identity: tuple[str, ...]) -> None:
        self._operation = operation
        self._inverse = inverse
        self._members = members
        self._identity = identity

    def create(self, request: ResourceRequest) -> Provisioned:
        ask(request, self._operation, **{name: request.properties.get(name) for name in self._members})
        settle()
        return self._shown(request.properties)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        return Provisioned(current.physical_id, current.attributes, current.ref, native=True)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        members = [name for name in self._members if name != "SourcePortfolioId"]
        remove(request, self._inverse, **{name: current.properties.get(name) for name in members})

    def _shown(self, given: Properties) -> Provisioned:
        return Provisioned("|".join(str(given.get(name, "")) for name in self._identity), {}, native=True)


class PortfolioShare:
    """AWS::ServiceCatalog::PortfolioShare, which knows account-to-account shares only."""

    def create(self, request: ResourceRequest) -> Provisioned:
        given = request.properties
        ask(
            request,
            "CreatePortfolioShare",
            PortfolioId=given["PortfolioId"],
            AccountId=given["AccountId"],
            ShareTagOptions=given.get("ShareTagOptions"),
        )
        return Provisioned(f"{given['PortfolioId']}|{given['AccountId']}", {}, native=True)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        given = request.properties
        ask(
            request,
            "UpdatePortfolioShare",
            PortfolioId=given["PortfolioId"],
            AccountId=given["AccountId"],
            ShareTagOptions=bool(given.get("ShareTagOptions")),
        )
        return Provisioned(current.physical_id, {}, native=True)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        given = current.properties
        remove(request, "DeletePortfolioShare", PortfolioId=given["PortfolioId"], AccountId=given["AccountId"])


class Constraint:
    """The constraint resources; each type says its parameters in properties of its own."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def create(self, request: ResourceRequest) -> Provisioned:
        given = request.properties
        made = ask(
            request,
            "CreateConstraint",
            PortfolioId=given["PortfolioId"],
            ProductId=given["ProductId"],
            Type=self._kind,
            Parameters=self._parameters(given),
            Description=given.get("Description"),
            IdempotencyToken=token(),
        )
        settle()
        identifier = made["ConstraintDetail"]["ConstraintId"]
        return Provisioned(identifier, {"Id": identifier}, native=True)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        ask(
            request,
            "UpdateConstraint",
            Id=current.physical_id,
            Parameters=self._parameters(request.properties),
            Description=changed_text(request, current.properties, "Description"),
        )
        settle()
        return Provisioned(current.physical_id, current.attributes, native=True)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        remove(request, "DeleteConstraint", Id=current.physical_id)

    def _parameters(self, given: Properties) -> str:
        if self._kind == "LAUNCH":
            return json.dumps({name: given[name] for name in ("RoleArn", "LocalRoleName") if given.get(name)})
        if self._kind == "NOTIFICATION":
            return json.dumps({"NotificationArns": list(given["NotificationArns"])})
        if self._kind == "RESOURCE_UPDATE":
            allowed = {"TagUpdateOnProvisionedProduct": given["TagUpdateOnProvisionedProduct"]}
            return json.dumps({"Version": "2.0", "Properties": allowed})
        try:
            return json.dumps({"Rules": json.loads(given["Rules"])})
        except ValueError as error:
            raise ResourceFailure(f"Rules are not JSON: {error}") from None


class TagOption:
    """AWS::ServiceCatalog::TagOption."""

    def create(self, request: ResourceRequest) -> Provisioned:
        made = ask(request, "CreateTagOption", Key=request.properties["Key"], Value=request.properties["Value"])
        identifier = made["TagOptionDetail"]["Id"]
        if request.properties.get("Active") is False:
            ask(request, "UpdateTagOption", Id=identifier, Active=False)
        return Provisioned(identifier, {"Id": identifier}, native=True)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        active = request.properties.get("Active") is not False
        ask(request, "UpdateTagOption", Id=current.physical_id, Active=active)
        return Provisioned(current.physical_id, current.attributes, native=True)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        remove(request, "DeleteTagOption", Id=current.physical_id)


_PREFIX = "AWS::ServiceCatalog::"
HANDLERS: dict[str, Maker] = {
    _PREFIX + "Portfolio": Portfolio(),
    _PREFIX + "CloudFormationProduct": CloudFormationProduct(),
    _PREFIX + "PortfolioProductAssociation": Association(
        "AssociateProductWithPortfolio",
        "DisassociateProductFromPortfolio",
        ("PortfolioId", "ProductId", "SourcePortfolioId"),
        ("PortfolioId", "ProductId"),
    ),
    _PREFIX + "PortfolioPrincipalAssociation": Association(
        "AssociatePrincipalWithPortfolio",
        "DisassociatePrincipalFromPortfolio",
        ("PortfolioId", "PrincipalARN", "PrincipalType"),
        ("PortfolioId", "PrincipalARN"),
    ),
    _PREFIX + "AcceptedPortfolioShare": Association(
        "AcceptPortfolioShare", "RejectPortfolioShare", ("PortfolioId",), ("PortfolioId",)
    ),
    _PREFIX + "TagOptionAssociation": Association(
        "AssociateTagOptionWithResource",
        "DisassociateTagOptionFromResource",
        ("TagOptionId", "ResourceId"),
        ("TagOptionId", "ResourceId"),
    ),
    _PREFIX + "PortfolioShare": PortfolioShare(),
    _PREFIX + "LaunchRoleConstraint": Constraint("LAUNCH"),
    _PREFIX + "LaunchNotificationConstraint": Constraint("NOTIFICATION"),
    _PREFIX + "LaunchTemplateConstraint": Constraint("TEMPLATE"),
    _PREFIX + "ResourceUpdateConstraint": Constraint("RESOURCE_UPDATE"),
    _PREFIX + "TagOption": TagOption(),
}
