"""The hub of one region through boto3: every call that publishing makes, and the waiting that the services ask for.

Decides nothing: what to call is `plan.py`'s, in which order `apply.py`'s. Traps of the service are handled here.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from harness.errors import known_error
from harness.publish.aws import AGAIN, Patience, code_of, explained
from harness.publish.model import Live, LivePortfolio, PortfolioData, Principal, ProductData, Share, Tags, Version
from harness.publish.reader import HubReader

_OPEN_SHARING = (
    "in the organization's management account: `aws servicecatalog enable-aws-organizations-access`, and "
    "`aws organizations register-delegated-administrator --service-principal servicecatalog.amazonaws.com` for the hub"
)
_NEW_ROLE = "deploy the foundations again, which make it (`build.py render --foundation`, docs/foundations.md)"


class HubGateway:
    """One region of the hub. Implements `hub.Hub`; safe to use from several threads."""

    def __init__(self, catalog: Any, storage: Any, account: str, region: str, bucket: str) -> None:
        """`catalog` and `storage` are boto3 clients of servicecatalog and s3 in `region`."""
        self._catalog, self._storage = catalog, storage
        self._account, self._region, self._bucket = account, region, bucket
        self.place = f"hub {account} in {region}"
        self._patience = Patience(self.place)
        self._reader = HubReader(catalog, storage, account, region, bucket)

    def read(self) -> Live:
        """What is live; see `reader.py`."""
        return self._reader.read()

    def read_portfolios(self) -> tuple[LivePortfolio, ...]:
        """The portfolios alone."""
        return self._reader.read_portfolios()

    @explained
    def upload(self, key: str, content: bytes) -> None:
        """Put an object; the bucket's own default key encrypts it."""
        self._storage.put_object(Bucket=self._bucket, Key=key, Body=content)

    @explained
    def create_tag_option(self, key: str, value: str) -> str:
        """Returns its id."""
        try:
            made = self._catalog.create_tag_option(Key=key, Value=value)
        except ClientError as error:
            if code_of(error) != "DuplicateResourceException":  # another publish was faster
                raise
            return next(each.id for each in self._reader.tag_options() if (each.key, each.value) == (key, value))
        return str(made["TagOptionDetail"]["Id"])

    @explained
    def activate_tag_option(self, tag_option_id: str) -> None:
        """A tag option that is not active is offered to nobody."""
        self._catalog.update_tag_option(Id=tag_option_id, Active=True)

    @explained
    def create_portfolio(self, data: PortfolioData, tags: Tags, token: str) -> str:
        """Returns its id."""
        made = self._catalog.create_portfolio(
            DisplayName=data.display_name,
            Description=data.description,
            ProviderName=data.provider,
            Tags=_tag_list(tags),
            IdempotencyToken=token,
        )
        return str(made["PortfolioDetail"]["Id"])

    @explained
    def update_portfolio(self, portfolio_id: str, data: PortfolioData, tags: Tags) -> None:
        """Tags are added or set, none removed."""
        self._catalog.update_portfolio(
            Id=portfolio_id,
            DisplayName=data.display_name,
            Description=data.description,
            ProviderName=data.provider,
            AddTags=_tag_list(tags),
        )

    @explained
    def create_product(self, data: ProductData, tags: Tags, version: Version, token: str) -> tuple[str, str]:
        """Returns the ids of the product and of its first version, when both are there."""
        made = self._catalog.create_product(
            **_product_parameters(data),
            ProductType="CLOUD_FORMATION_TEMPLATE",
            Tags=_tag_list(tags),
            ProvisioningArtifactParameters=self._artifact(version),
            IdempotencyToken=token,
        )
        product_id = str(made["ProductViewDetail"]["ProductViewSummary"]["ProductId"])
        self._await_product(product_id, data.name)
        version_id = str(made["ProvisioningArtifactDetail"]["Id"])
        self._await_version(product_id, version_id, version.name)
        return product_id, version_id

    @explained
    def update_product(self, product_id: str, data: ProductData, tags: Tags) -> None:
        """Tags are added or set, none removed."""
        self._catalog.update_product(Id=product_id, **_product_parameters(data), AddTags=_tag_list(tags))

    @explained
    def create_version(self, product_id: str, version: Version, token: str) -> str:
        """Returns its id, when it is there: the next one of the product may be made then, not before."""
        made = self._catalog.create_provisioning_artifact(
            ProductId=product_id, Parameters=self._artifact(version), IdempotencyToken=token
        )
        version_id = str(made["ProvisioningArtifactDetail"]["Id"])
        self._await_version(product_id, version_id, version.name)
        return version_id

    @explained
    def update_version(self, product_id: str, version_id: str, guidance: str, active: bool) -> None:
        """Guidance and activity; content never changes."""
        self._catalog.update_provisioning_artifact(
            ProductId=product_id, ProvisioningArtifactId=version_id, Guidance=guidance, Active=active
        )

    @explained
    def associate_product(self, product_id: str, portfolio_id: str) -> None:
        """Returns when the association can be seen: a constraint made before is refused with ResourceNotFound."""
        self._catalog.associate_product_with_portfolio(ProductId=product_id, PortfolioId=portfolio_id)

        def seen() -> bool | None:
            return product_id in self._reader.products_of(portfolio_id) or None

        self._patience.until(f"the association of {product_id} with {portfolio_id}", seen)

    @explained
    def create_launch_constraint(self, product_id: str, portfolio_id: str, local_role_name: str, token: str) -> None:
        """Returns when the constraint is in force."""
        try:
            made = self._catalog.create_constraint(
                PortfolioId=portfolio_id,
                ProductId=product_id,
                Type="LAUNCH",
                Parameters=json.dumps({"LocalRoleName": local_role_name}),
                Description=f"Launches run as {local_role_name} of the launching account",
                IdempotencyToken=token,
            )
        except ClientError as error:
            if code_of(error) == "DuplicateResourceException":  # another publish was faster; the next plan compares it
                return
            self._demand_role(error, local_role_name)
            raise
        self._await_constraint(made["ConstraintDetail"]["ConstraintId"])

    @explained
    def update_launch_constraint(self, constraint_id: str, local_role_name: str) -> None:
        """Returns when the constraint is in force."""
        try:
            self._catalog.update_constraint(
                Id=constraint_id,
                Parameters=json.dumps({"LocalRoleName": local_role_name}),
                Description=f"Launches run as {local_role_name} of the launching account",
            )
        except ClientError as error:
            self._demand_role(error, local_role_name)
            raise
        self._await_constraint(constraint_id)

    @explained
    def associate_principal(self, portfolio_id: str, principal: Principal) -> None:
        """The service takes a repeated association silently."""
        self._catalog.associate_principal_with_portfolio(
            PortfolioId=portfolio_id, PrincipalARN=principal.arn, PrincipalType=principal.type
        )

    @explained
    def associate_tag_option(self, portfolio_id: str, tag_option_id: str) -> None:
        """Offers a tag option to those who launch from the portfolio."""
        try:
            self._catalog.associate_tag_option_with_resource(ResourceId=portfolio_id, TagOptionId=tag_option_id)
        except ClientError as error:
            if code_of(error) != "DuplicateResourceException":
                raise

    @explained
    def create_share(self, portfolio_id: str, share: Share) -> None:
        """Returns when every account of the node has it. Raises KnownError with the accounts that do not."""
        answer = self._share(self._catalog.create_portfolio_share, portfolio_id, share)
        self._await_share(answer.get("PortfolioShareToken"), share)

    @explained
    def update_share(self, portfolio_id: str, share: Share) -> None:
        """Sets both flags, and brings the share to accounts that lack it. Raises KnownError as `create_share`."""
        answer = self._share(self._catalog.update_portfolio_share, portfolio_id, share)
        self._await_share(answer.get("PortfolioShareToken"), share)

    def _demand_role(self, error: ClientError, role: str) -> None:
        """The launch role of a new product is missing where the foundations are older than the product."""
        if code_of(error) == "InvalidParametersException" and role in str(error):
            raise known_error(self.place, f"launch role {role} does not exist in the hub", _NEW_ROLE) from error

    def _share(self, operation: Any, portfolio_id: str, share: Share) -> dict[str, Any]:
        node = {"OrganizationNode": {"Type": share.type, "Value": share.id}}
        receiver = {"AccountId": share.id} if share.type == "ACCOUNT" else node

        def attempt() -> dict[str, Any] | None:
            try:
                answer: dict[str, Any] = operation(
                    PortfolioId=portfolio_id,
                    **receiver,
                    ShareTagOptions=share.share_tag_options,
                    SharePrincipals=share.share_principals,
                )
            except ClientError as error:
                # "Cannot process more than one portfolio share action at the same time": somebody else's is under way.
                if code_of(error) == "InvalidStateException" and "more than one" in str(error):
                    return None
                if code_of(error) in ("InvalidStateException", "OperationNotSupportedException"):
                    raise known_error(
                        self.place, f"sharing with {share.id} is refused: {error}", _OPEN_SHARING
                    ) from error
                raise
            return answer

        return self._patience.until(f"sharing with {share.id} (other share operations are under way)", attempt)

    def _await_share(self, token: str | None, share: Share) -> None:
        if not token:  # shares with one account take effect at once
            return

        def finished() -> dict[str, Any] | None:
            answer: dict[str, Any] = self._catalog.describe_portfolio_share_status(PortfolioShareToken=token)
            return None if answer["Status"] in ("NOT_STARTED", "IN_PROGRESS") else answer

        answer = self._patience.until(f"sharing with {share.id}", finished)
        # The status alone is not enough: throttling and refusals of single accounts stand in ShareErrors.
        errors = answer.get("ShareDetails", {}).get("ShareErrors", ())
        if errors or answer["Status"] != "COMPLETED":
            told = "; ".join(
                f"{', '.join(each.get('Accounts', ())) or share.id}: {each.get('Error', '')} {each.get('Message', '')}"
                for each in errors
            )
            raise known_error(
                self.place,
                f"sharing with {share.id} ended as {answer['Status']}: {told or 'no reason given'}",
                f"look at those accounts, then {AGAIN}",
            )

    def _artifact(self, version: Version) -> dict[str, Any]:
        suffix = "amazonaws.com.cn" if self._region.startswith("cn-") else "amazonaws.com"
        url = f"https://{self._bucket}.s3.{self._region}.{suffix}/{version.template_key}"
        return {
            "Name": version.name,
            "Description": version.description,
            "Type": "CLOUD_FORMATION_TEMPLATE",
            "Info": {"LoadTemplateFromURL": url},
        }

    def _await_product(self, product_id: str, name: str) -> None:
        def status() -> str | None:
            try:
                answer = self._catalog.describe_product_as_admin(Id=product_id)
            except ClientError as error:
                _demand_only_unseen(error)
                return None
            return _settled(answer["ProductViewDetail"]["Status"])

        self._demand_available(f"product {name}", self._patience.until(f"creating product {name}", status))

    def _await_version(self, product_id: str, version_id: str, name: str) -> None:
        def status() -> str | None:
            try:
                answer = self._catalog.describe_provisioning_artifact(
                    ProductId=product_id, ProvisioningArtifactId=version_id
                )
            except ClientError as error:
                _demand_only_unseen(error)
                return None
            return _settled(answer["Status"])

        self._demand_available(f"version {name}", self._patience.until(f"creating version {name}", status))

    def _await_constraint(self, constraint_id: str) -> None:
        def status() -> str | None:
            try:
                return _settled(self._catalog.describe_constraint(Id=constraint_id)["Status"])
            except ClientError as error:
                _demand_only_unseen(error)
                return None

        what = f"launch constraint {constraint_id}"
        self._demand_available(what, self._patience.until(f"creating {what}", status))

    def _demand_available(self, what: str, status: str) -> None:
        if status == "FAILED":
            raise known_error(self.place, f"{what} was accepted, then failed in Service Catalog", AGAIN)


def _demand_only_unseen(error: ClientError) -> None:
    """What cannot be seen yet will be (reads are eventually consistent); any other error goes on up."""
    if code_of(error) != "ResourceNotFoundException":
        raise error


def _settled(status: str) -> str | None:
    # The model knows AVAILABLE, CREATING and FAILED; the service has also been seen to answer CREATED.
    return None if status == "CREATING" else status


def _tag_list(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]


def _product_parameters(data: ProductData) -> dict[str, str]:
    return {
        "Name": data.name,
        "Owner": data.owner,
        "Description": data.description,
        "Distributor": data.distributor,
        "SupportDescription": data.support_description,
        "SupportEmail": data.support_email,
        "SupportUrl": data.support_url,
    }
