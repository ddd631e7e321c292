"""The steps of a plan, as frozen data whose JSON says all of it. Nothing here performs one.

Every action knows its stage and its lane. Stages run one after the other, the lanes of a stage side by side, the
actions of a lane in order: so versions of one product are never made in parallel (the service loses all but one of
them), and there is one share operation at a time. `subject` and `detail` are for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from harness.publish.model import (
    Attestation,
    Guidance,
    PortfolioData,
    Principal,
    ProductData,
    Share,
    StoredObject,
    Tags,
    Version,
)

# What lies in the bucket, portfolios and tag options need nothing of each other, products all of it. Last, portfolios
# are opened to others: no spoke sees half a product.
GROUND, PRODUCTS, OPENING = range(3)


@dataclass(frozen=True)
class _OfProduct:
    product: str
    stage: ClassVar[int] = PRODUCTS

    @property
    def lane(self) -> str:
        return f"product {self.product}"

    @property
    def subject(self) -> str:
        return self.product


@dataclass(frozen=True)
class _OfPortfolio:
    portfolio: str

    @property
    def lane(self) -> str:
        return f"portfolio {self.portfolio}"

    @property
    def subject(self) -> str:
        return self.portfolio


@dataclass(frozen=True)
class _OfTagOption:
    key: str
    value: str
    stage: ClassVar[int] = GROUND

    @property
    def lane(self) -> str:
        return f"tag-option {self.key}"

    @property
    def subject(self) -> str:
        return self.key

    @property
    def detail(self) -> str:
        return self.value


@dataclass(frozen=True)
class UploadObject:
    """Put a frozen file into the artifact bucket."""

    object: StoredObject
    kind: Literal["upload-object"] = "upload-object"
    stage: ClassVar[int] = GROUND

    @property
    def lane(self) -> str:
        return self.object.key

    @property
    def subject(self) -> str:
        return self.object.source

    @property
    def detail(self) -> str:
        return f"{self.object.size} bytes"


@dataclass(frozen=True)
class CreateTagOption(_OfTagOption):
    """Make a tag option that portfolios can offer."""

    kind: Literal["create-tag-option"] = "create-tag-option"


@dataclass(frozen=True)
class ActivateTagOption(_OfTagOption):
    """Make a tag option that somebody switched off active again."""

    kind: Literal["activate-tag-option"] = "activate-tag-option"


@dataclass(frozen=True)
class CreatePortfolio(_OfPortfolio):
    """Make a portfolio."""

    data: PortfolioData
    tags: Tags
    kind: Literal["create-portfolio"] = "create-portfolio"
    stage: ClassVar[int] = GROUND

    @property
    def detail(self) -> str:
        return self.data.display_name


@dataclass(frozen=True)
class UpdatePortfolio(_OfPortfolio):
    """Repair a portfolio's data and tags; tags of others stay."""

    data: PortfolioData
    tags: Tags
    changed: tuple[str, ...]
    kind: Literal["update-portfolio"] = "update-portfolio"
    stage: ClassVar[int] = GROUND

    @property
    def detail(self) -> str:
        return ", ".join(self.changed)


@dataclass(frozen=True)
class AssociatePrincipal(_OfPortfolio):
    """Let a principal use a portfolio."""

    principal: Principal
    kind: Literal["associate-principal"] = "associate-principal"
    stage: ClassVar[int] = OPENING

    @property
    def detail(self) -> str:
        return self.principal.arn


@dataclass(frozen=True)
class AssociateTagOption(_OfPortfolio):
    """Offer a tag option on a portfolio."""

    key: str
    value: str
    kind: Literal["associate-tag-option"] = "associate-tag-option"
    stage: ClassVar[int] = OPENING

    @property
    def detail(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True)
class CreateProduct(_OfProduct):
    """Make a product together with its first version, as the service demands."""

    data: ProductData
    tags: Tags
    version: Version
    kind: Literal["create-product"] = "create-product"

    @property
    def detail(self) -> str:
        return f"{self.data.name}, version {self.version.name}"


@dataclass(frozen=True)
class UpdateProduct(_OfProduct):
    """Repair a product's data and tags; tags of others stay."""

    data: ProductData
    tags: Tags
    changed: tuple[str, ...]
    kind: Literal["update-product"] = "update-product"

    @property
    def detail(self) -> str:
        return ", ".join(self.changed)


@dataclass(frozen=True)
class CreateVersion(_OfProduct):
    """Make a further version of a product."""

    version: Version
    kind: Literal["create-version"] = "create-version"

    @property
    def detail(self) -> str:
        return self.version.name


@dataclass(frozen=True)
class UpdateVersion(_OfProduct):
    """Set guidance and activity of a version, which cannot be set when it is made."""

    version: str
    guidance: Guidance
    active: bool
    kind: Literal["update-version"] = "update-version"

    @property
    def detail(self) -> str:
        state = [*(["deprecated"] if self.guidance == "DEPRECATED" else []), *([] if self.active else ["inactive"])]
        return f"{self.version}: {', '.join(state) or 'active'}"


@dataclass(frozen=True)
class AttestVersion(_OfProduct):
    """Put the signed statement of a version's origin beside its template, before the version is made."""

    attestation: Attestation
    kind: Literal["attest-version"] = "attest-version"
    stage: ClassVar[int] = GROUND

    @property
    def lane(self) -> str:
        return self.attestation.key

    @property
    def detail(self) -> str:
        return self.attestation.version


@dataclass(frozen=True)
class DeleteVersion(_OfProduct):
    """Take a version away that is withdrawn and inactive; its frozen files stay in the bucket."""

    version: str
    kind: Literal["delete-version"] = "delete-version"

    @property
    def detail(self) -> str:
        return self.version


@dataclass(frozen=True)
class DeleteConstraint(_OfProduct):
    """Take a constraint away from a product that leaves."""

    portfolio: str
    constraint_id: str
    kind: Literal["delete-constraint"] = "delete-constraint"

    @property
    def detail(self) -> str:
        return f"in {self.portfolio}"


@dataclass(frozen=True)
class DisassociateProduct(_OfProduct):
    """Take a product that leaves out of a portfolio."""

    portfolio: str
    kind: Literal["disassociate-product"] = "disassociate-product"

    @property
    def detail(self) -> str:
        return f"from {self.portfolio}"


@dataclass(frozen=True)
class DeleteProduct(_OfProduct):
    """Remove a product whose versions are all withdrawn."""

    kind: Literal["delete-product"] = "delete-product"

    @property
    def detail(self) -> str:
        return "with all that is left of its versions"


@dataclass(frozen=True)
class AssociateProduct(_OfProduct):
    """Put a product into a portfolio."""

    portfolio: str
    kind: Literal["associate-product"] = "associate-product"

    @property
    def detail(self) -> str:
        return f"in {self.portfolio}"


@dataclass(frozen=True)
class _OfLaunchConstraint(_OfProduct):
    portfolio: str
    local_role_name: str

    @property
    def detail(self) -> str:
        return f"in {self.portfolio} as {self.local_role_name}"


@dataclass(frozen=True)
class CreateLaunchConstraint(_OfLaunchConstraint):
    """Say which role of the launching account launches a product of a portfolio run as."""

    kind: Literal["create-launch-constraint"] = "create-launch-constraint"


@dataclass(frozen=True)
class UpdateLaunchConstraint(_OfLaunchConstraint):
    """Set a launch constraint right that names another role; `was`: that role, empty where it is none by name."""

    constraint_id: str
    was: str = ""
    kind: Literal["update-launch-constraint"] = "update-launch-constraint"

    @property
    def detail(self) -> str:
        return f"{super().detail} (was {self.was or 'no local role'})"


@dataclass(frozen=True)
class _OfShare(_OfPortfolio):
    share: Share
    stage: ClassVar[int] = OPENING

    @property
    def lane(self) -> str:
        return "shares"


@dataclass(frozen=True)
class CreateShare(_OfShare):
    """Share a portfolio."""

    kind: Literal["create-share"] = "create-share"

    @property
    def detail(self) -> str:
        return f"with {self.share.id}"


@dataclass(frozen=True)
class UpdateShare(_OfShare):
    """Set the flags of a share, or bring it to accounts that it has not reached.

    CreatePortfolioShare on an existing share changes nothing and says nothing.
    """

    unreached: tuple[str, ...] = ()
    kind: Literal["update-share"] = "update-share"

    @property
    def detail(self) -> str:
        if self.unreached:
            return f"with {self.share.id}, which has not reached {', '.join(self.unreached)}"
        flags = f"tag options {self.share.share_tag_options}, principals {self.share.share_principals}"
        return f"with {self.share.id}: {flags.lower()}"


Action = (
    UploadObject
    | CreateTagOption
    | ActivateTagOption
    | CreatePortfolio
    | UpdatePortfolio
    | CreateProduct
    | UpdateProduct
    | CreateVersion
    | AttestVersion
    | UpdateVersion
    | DeleteVersion
    | DeleteConstraint
    | DisassociateProduct
    | DeleteProduct
    | AssociateProduct
    | CreateLaunchConstraint
    | UpdateLaunchConstraint
    | AssociatePrincipal
    | AssociateTagOption
    | CreateShare
    | UpdateShare
)
