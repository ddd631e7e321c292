"""The hub of one region through boto3: every call that publishing makes, and the waiting that the services ask for.

Decides nothing: what to call is `plan.py`'s, in which order `apply.py`'s. Traps of the service are handled here.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from harness.errors import known_error
from harness.publish.aws import AGAIN, Patience, code_of, explained, object_url, pages
from harness.publish.lock import Lock, holder_here
from harness.publish.model import Live, PortfolioData, Principal, ProductData, Share, Tags, Version
from harness.publish.provenance import ALGORITHM, KEY_ALIAS, Envelope, enclose, signed_bytes
from harness.publish.reader import Clients, HubReader
from harness.publish.sharing import Sharing

T = TypeVar("T")

_NEW_ROLE = "deploy the foundations again, which make it (`build.py render --foundation`, docs/foundations.md)"


class HubGateway:
    """One region of the hub. Implements `hub.Hub`; safe to use from several threads."""

    def __init__(
        self,
        clients: Clients,
        account: str,
        region: str,
        bucket: str,
        lock: Lock | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`lock` and `patience` where the usual ones will not do."""
        self._catalog, self._storage, self._keys = clients.catalog, clients.storage, clients.keys
        self._account, self._region, self._bucket = account, region, bucket
        self.place = f"hub {account} in {region}"
        self._patience = patience or Patience(self.place)
        self._lock = lock or Lock(clients.storage, bucket, self.place, holder_here())
        self._reader = HubReader(clients, account, region, bucket)
        self._sharing = Sharing(clients.catalog, self.place, self._patience)

    @contextmanager
    def exclusively(
        self, wait: float, tell: Callable[[str], None], stop: threading.Event
    ) -> Iterator[Callable[[], None]]:
        """Holds the lock of this region's bucket; see `lock.py`."""
        with self._lock.held(wait, tell, stop):
            yield self._lock.demand

    def read(self) -> Live:
        """What is live; see `reader.py`."""
        return self._reader.read()

    @explained
    def upload(self, key: str, content: bytes) -> None:
        """Put an object; the bucket's own default key encrypts it."""
        self._storage.put_object(Bucket=self._bucket, Key=key, Body=content)

    @explained
    def attest(self, key: str, payload: bytes) -> None:
        """Sign a statement and put it, with its signature, where `provenance.py` says."""
        # A digest, for a message itself may have 4096 bytes only.
        digest = hashlib.sha256(signed_bytes(payload)).digest()
        try:
            made = self._keys.sign(KeyId=KEY_ALIAS, Message=digest, MessageType="DIGEST", SigningAlgorithm=ALGORITHM)
        except ClientError as error:
            if code_of(error) == "NotFoundException":
                raise known_error(self.place, f"the hub has no key {KEY_ALIAS} to sign with", _NEW_ROLE) from error
            if code_of(error) in ("DisabledException", "KMSInvalidStateException"):
                problem = f"the hub's key {KEY_ALIAS} is disabled, or about to be deleted"
                raise known_error(
                    self.place, problem, f"see who did so (CloudTrail), enable it, then {AGAIN}"
                ) from error
            raise
        envelope = enclose(Envelope(payload, made["KeyId"], made["Signature"]))
        self._storage.put_object(Bucket=self._bucket, Key=key, Body=envelope)

    @explained
    def create_tag_option(self, key: str, value: str) -> str:
        """Returns its id."""
        try:
            made = self._catalog.create_tag_option(Key=key, Value=value)
        except ClientError as error:
            if code_of(error) != "DuplicateResourceException":  # another publish was faster
                raise

            def there() -> str | None:
                found = (each.id for each in self._reader.tag_options() if (each.key, each.value) == (key, value))
                return next(found, None)

            return self._patience.until(f"sight of tag option {key}={value}", there)
        return str(made["TagOptionDetail"]["Id"])

    @explained
    def activate_tag_option(self, tag_option_id: str) -> None:
        """A tag option that is not active is offered to nobody."""
        self._catalog.update_tag_option(Id=tag_option_id, Active=True)

    @explained
    def create_portfolio(self, data: PortfolioData, tags: Tags, token: str) -> str:
        """Returns its id, when it can be seen."""

        def make(token: str) -> str:
            made = self._catalog.create_portfolio(
                DisplayName=data.display_name,
                Description=data.description,
                ProviderName=data.provider,
                Tags=_tag_list(tags),
                IdempotencyToken=token,
            )
            return str(made["PortfolioDetail"]["Id"])

        def seen(portfolio_id: str) -> str | None:
            self._catalog.describe_portfolio(Id=portfolio_id)
            return "AVAILABLE"

        return self._make(f"portfolio {data.display_name}", token, make, seen)

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

        def make(token: str) -> tuple[str, str]:
            made = self._catalog.create_product(
                **_product_parameters(data),
                ProductType="CLOUD_FORMATION_TEMPLATE",
                Tags=_tag_list(tags),
                ProvisioningArtifactParameters=self._artifact(version),
                IdempotencyToken=token,
            )
            product_id = str(made["ProductViewDetail"]["ProductViewSummary"]["ProductId"])
            return product_id, str(made["ProvisioningArtifactDetail"]["Id"])

        def seen(made: tuple[str, str]) -> str | None:
            status = _settled(self._catalog.describe_product_as_admin(Id=made[0])["ProductViewDetail"]["Status"])
            return status if status in (None, "FAILED") else self._version_status(*made)

        return self._make(f"product {data.name}", token, make, seen)

    @explained
    def update_product(self, product_id: str, data: ProductData, tags: Tags) -> None:
        """Tags are added or set, none removed."""
        self._catalog.update_product(Id=product_id, **_product_parameters(data), AddTags=_tag_list(tags))

    @explained
    def create_version(self, product_id: str, version: Version, token: str) -> str:
        """Returns its id, when it is there: the next one of the product may be made then, not before."""

        def make(token: str) -> str:
            made = self._catalog.create_provisioning_artifact(
                ProductId=product_id, Parameters=self._artifact(version), IdempotencyToken=token
            )
            return str(made["ProvisioningArtifactDetail"]["Id"])

        def seen(version_id: str) -> str | None:
            return self._version_status(product_id, version_id)

        return self._make(f"version {version.name}", token, make, seen)

    @explained
    def update_version(self, product_id: str, version_id: str, guidance: str, active: bool) -> None:
        """Guidance and activity; content never changes."""
        self._catalog.update_provisioning_artifact(
            ProductId=product_id, ProvisioningArtifactId=version_id, Guidance=guidance, Active=active
        )

    @explained
    def delete_version(self, product_id: str, version_id: str) -> None:
        """What is gone already is gone."""
        with _gone_is_gone():
            self._catalog.delete_provisioning_artifact(ProductId=product_id, ProvisioningArtifactId=version_id)

    @explained
    def delete_constraint(self, constraint_id: str) -> None:
        """What is gone already is gone."""
        with _gone_is_gone():
            self._catalog.delete_constraint(Id=constraint_id)

    @explained
    def disassociate_product(self, product_id: str, portfolio_id: str) -> None:
        """Returns when the product is seen in the portfolio no more: before, deleting it is refused."""
        with _gone_is_gone():
            self._catalog.disassociate_product_from_portfolio(ProductId=product_id, PortfolioId=portfolio_id)

        def left() -> bool | None:
            return portfolio_id not in self._portfolios_of(product_id) or None

        self._patience.until(f"the leaving of {product_id} from {portfolio_id}", left)

    @explained
    def delete_product(self, product_id: str) -> None:
        """What is gone already is gone."""
        with _gone_is_gone():
            self._catalog.delete_product(Id=product_id)

    @explained
    def associate_product(self, product_id: str, portfolio_id: str) -> None:
        """Returns when the association can be seen: a constraint made before is refused with ResourceNotFound."""
        self._catalog.associate_product_with_portfolio(ProductId=product_id, PortfolioId=portfolio_id)

        def seen() -> bool | None:
            return portfolio_id in self._portfolios_of(product_id) or None

        self._patience.until(f"the association of {product_id} with {portfolio_id}", seen)

    @explained
    def create_launch_constraint(self, product_id: str, portfolio_id: str, local_role_name: str, token: str) -> None:
        """Returns when the constraint is in force."""

        def make(token: str) -> str:
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
                if code_of(error) == "DuplicateResourceException":  # unseen until now; the next plan compares it
                    return ""
                self._demand_role(error, local_role_name)
                raise
            return str(made["ConstraintDetail"]["ConstraintId"])

        def seen(constraint_id: str) -> str | None:
            return self._constraint_status(constraint_id) if constraint_id else "AVAILABLE"

        self._make(f"launch constraint as {local_role_name}", token, make, seen)

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
        what = f"launch constraint {constraint_id}"
        status = self._patience.until(what, lambda: _unless_unseen(lambda: self._constraint_status(constraint_id)))
        self._demand_available(what, status)

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
        self._sharing.share(self._catalog.create_portfolio_share, portfolio_id, share)

    @explained
    def update_share(self, portfolio_id: str, share: Share) -> None:
        """Sets both flags, and brings the share to accounts that lack it. Raises KnownError as `create_share`."""
        self._sharing.share(self._catalog.update_portfolio_share, portfolio_id, share)

    def _demand_role(self, error: ClientError, role: str) -> None:
        """The launch role of a new product is missing where the foundations are older than the product."""
        if code_of(error) == "InvalidParametersException" and role in str(error):
            raise known_error(self.place, f"launch role {role} does not exist in the hub", _NEW_ROLE) from error

    def _artifact(self, version: Version) -> dict[str, Any]:
        return {
            "Name": version.name,
            "Description": version.description,
            "Type": "CLOUD_FORMATION_TEMPLATE",
            "Info": {"LoadTemplateFromURL": object_url(self._bucket, self._region, version.template_key)},
        }

    def _make(self, what: str, token: str, make: Callable[[str], T], seen: Callable[[T], str | None]) -> T:
        """Make something once, however often it is asked for; return when it is there.

        The service answers a token that it knows with what it made then. If that has been deleted since, it stays out
        of sight: then another token makes it anew.
        """
        made = make(token)
        status = self._patience.sight(lambda: _unless_unseen(lambda: seen(made) or "CREATING"))
        if status is None:
            made = make(hashlib.sha256(f"{token} again".encode()).hexdigest())
        if status in (None, "CREATING"):
            status = self._patience.until(f"creating {what}", lambda: _unless_unseen(lambda: seen(made)))
        self._demand_available(what, status)
        return made

    def _portfolios_of(self, product_id: str) -> set[str]:
        # One page nearly always; the list of a portfolio's products has twenty a page.
        return {
            each["Id"]
            for each in pages(self._catalog.list_portfolios_for_product, "PortfolioDetails", ProductId=product_id)
        }

    def _version_status(self, product_id: str, version_id: str) -> str | None:
        answer = self._catalog.describe_provisioning_artifact(ProductId=product_id, ProvisioningArtifactId=version_id)
        return _settled(answer["Status"])

    def _constraint_status(self, constraint_id: str) -> str | None:
        return _settled(self._catalog.describe_constraint(Id=constraint_id)["Status"])

    def _demand_available(self, what: str, status: str) -> None:
        if status == "FAILED":
            raise known_error(self.place, f"{what} was accepted, then failed in Service Catalog", AGAIN)


def _unless_unseen(ask: Callable[[], T | None]) -> T | None:
    """The answer, or None while the thing cannot be seen: it will be, for reads are eventually consistent."""
    try:
        return ask()
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return None


@contextmanager
def _gone_is_gone() -> Iterator[None]:
    """A deletion that is repeated, because its answer was lost, finds nothing."""
    try:
        yield
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise


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
