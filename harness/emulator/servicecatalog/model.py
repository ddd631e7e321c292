"""What the emulated Service Catalog remembers, as frozen data without behaviour; a change is a `replace`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ORGANIZATION_KINDS = {
    "ORGANIZATION": "ORGANIZATION",
    "ORGANIZATIONAL_UNIT": "ORGANIZATIONAL_UNIT",
    "ACCOUNT": "ORGANIZATION_MEMBER_ACCOUNT",
}  # OrganizationNode.Type → the type that DescribePortfolioShares shows


@dataclass(frozen=True)
class Portfolio:
    """A portfolio, as its owner made it."""

    id: str
    arn: str
    account_id: str
    region: str
    name: str
    provider: str
    created: datetime
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """A product without its versions."""

    id: str
    view_id: str
    arn: str
    account_id: str
    region: str
    name: str
    owner: str
    created: datetime
    ready: datetime  # CREATING before, AVAILABLE from then on
    type: str = "CLOUD_FORMATION_TEMPLATE"
    description: str | None = None
    distributor: str | None = None
    support_description: str | None = None
    support_email: str | None = None
    support_url: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifact:
    """A provisioning artifact: one version of a product, with the template that was read when it was made."""

    id: str
    product_id: str
    name: str
    template: str
    info: Mapping[str, str]  # as DescribeProvisioningArtifact shows it, e.g. {"TemplateUrl": "https://…"}
    created: datetime
    ready: datetime
    description: str | None = None
    type: str = "CLOUD_FORMATION_TEMPLATE"
    active: bool = True
    guidance: str = "DEFAULT"
    doomed: bool = False  # accepted while another version was CREATING: it is gone when it should be ready


@dataclass(frozen=True)
class ProductAssociation:
    """A product in a portfolio. `source_portfolio_id`: the imported portfolio that a shared product came from."""

    portfolio_id: str
    product_id: str
    visible: datetime
    source_portfolio_id: str | None = None


@dataclass(frozen=True)
class Principal:
    """Who may use a portfolio, in the account that associated it."""

    portfolio_id: str
    arn: str
    type: str  # IAM, IAM_PATTERN


@dataclass(frozen=True)
class Constraint:
    """A constraint on a product in a portfolio. `parameters` is the JSON text as given."""

    id: str
    type: str
    owner: str
    product_id: str
    portfolio_id: str
    parameters: str
    effective: datetime  # launches heed it from then on, also while a change of it settles
    ready: datetime
    description: str | None = None


@dataclass(frozen=True)
class TagOption:
    """One value of a tag key, from which launchers choose."""

    id: str
    key: str
    value: str
    owner: str
    active: bool = True


@dataclass(frozen=True)
class Share:
    """A portfolio given to an account or a node of the organization. `type` as in DescribePortfolioShares."""

    portfolio_id: str
    type: str  # ACCOUNT, ORGANIZATION, ORGANIZATIONAL_UNIT, ORGANIZATION_MEMBER_ACCOUNT
    value: str  # account id, organization id or organizational unit id
    ready: datetime
    tag_options: bool = False
    principals: bool = False
    refused: tuple[str, ...] = ()  # accounts below the node that the share did not reach (ShareErrors)


@dataclass(frozen=True)
class ShareError:
    """Why a share did not reach some accounts."""

    accounts: tuple[str, ...]
    error: str
    message: str


@dataclass(frozen=True)
class ShareOperation:
    """One share operation on an organization node, known by its token."""

    token: str
    portfolio_id: str
    node: str
    ready: datetime
    successful: tuple[str, ...]
    errors: tuple[ShareError, ...] = ()


@dataclass(frozen=True)
class CopyOperation:
    """A CopyProduct, known by its token."""

    token: str
    target_product_id: str
    ready: datetime


@dataclass(frozen=True)
class RecordOutput:
    """An output that a record shows."""

    key: str
    value: str
    description: str = ""


@dataclass(frozen=True)
class Record:
    """What was asked of a provisioned product, and what became of it.

    Work is done when it is asked for, and shown from `ready` on: CREATED, then IN_PROGRESS, then SUCCEEDED or FAILED.
    """

    id: str
    type: str  # PROVISION_PRODUCT, UPDATE_PROVISIONED_PRODUCT, TERMINATE_PROVISIONED_PRODUCT …
    provisioned_product_id: str
    provisioned_product_name: str
    product_id: str
    artifact_id: str
    path_id: str | None
    created: datetime
    user_arn: str
    principal_arn: str
    started: datetime | None = None
    ready: datetime | None = None  # None: the work has not come back yet
    succeeded: bool = False
    errors: tuple[tuple[str, str], ...] = ()  # (code, description)
    tags: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[RecordOutput, ...] = ()
    launch_role: str | None = None


@dataclass(frozen=True)
class ProvisionedProduct:
    """A launched product: a stack in the launching account. `settled_status` holds when no record is open."""

    id: str
    name: str
    arn: str
    product_id: str
    product_name: str
    artifact_id: str
    artifact_name: str
    path_id: str
    created: datetime
    owner_arn: str  # session of the user that launched it, or the owner set since
    owner_principal_arn: str
    token: str
    settled_status: str = "AVAILABLE"  # AVAILABLE, TAINTED, ERROR, PLAN_IN_PROGRESS
    status_message: str | None = None
    last_record_id: str | None = None
    last_provisioning_record_id: str | None = None
    last_successful_record_id: str | None = None
    launch_role: str | None = None  # of the last launch or update
    chosen_role: str | None = None  # set since, by an administrator: updates take it before a constraint's
    stack_name: str = ""
    stack_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    notification_arns: tuple[str, ...] = ()
    gone: datetime | None = None  # terminated: no longer there from then on


@dataclass(frozen=True)
class Plan:
    """A provisioned product plan: what a launch or an update would change."""

    id: str
    name: str
    provisioned_product_id: str
    provisioned_product_name: str
    product_id: str
    artifact_id: str
    path_id: str | None
    created: datetime
    owner_arn: str
    owner_principal_arn: str
    ready: datetime | None = None  # None: the changes are not known yet
    parameters: tuple[Mapping[str, Any], ...] = ()  # as given
    tags: Mapping[str, str] = field(default_factory=dict)
    notification_arns: tuple[str, ...] = ()
    changes: tuple[Mapping[str, Any], ...] = ()
    failure: str | None = None
    makes: bool = True  # True: the plan provisions; False: it updates
    execution_record_id: str | None = None
