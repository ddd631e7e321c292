"""What a spoke sees of the portfolios that it imported, and what lies in the hub for it, through boto3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from harness.errors import known_error
from harness.publish.aws import code_of, explained, object_url, pages
from harness.publish.desired import artifact_bucket, provenance_key, template_key
from harness.publish.model import CATALOG_TAG, PRODUCT_TAG
from harness.publish.provenance import ALGORITHM, KEY_ALIAS, Envelope, signed_bytes
from harness.publish.verification import Evidence, Offer, Template, Verdict, envelope_of, judge, sha256, statement_of

_READERS = 8
_MISSING = {"NoSuchKey", "404"}
_NO_KEY = {"NotFoundException", "DisabledException", "KMSInvalidStateException"}
_SEE_THE_KEY = "see in the hub who removed or disabled it (CloudTrail); launch nothing until it is back"


class VerifyGateway:
    """One spoke in one region: `catalog`, `storage` and `keys` are its own clients of servicecatalog, s3 and kms."""

    def __init__(self, catalog: Any, storage: Any, keys: Any, account: str, region: str, hub: str) -> None:
        self._catalog, self._storage, self._keys = catalog, storage, keys
        self._account, self._region = account, region
        self._bucket = artifact_bucket(hub, region)
        partition = catalog.meta.partition
        # Of the hub by name, so that no key that an envelope names can take its place.
        self._key = f"arn:{partition}:kms:{region}:{hub}:{KEY_ALIAS}"
        self.place = f"account {account} in {region}"

    @explained
    def verify(self, catalog: str) -> tuple[Verdict, ...]:
        """Every version that the spoke is offered, judged; active ones only, for no other can be launched."""
        with ThreadPoolExecutor(_READERS) as pool:
            offers = list(self._offers(catalog))
            objects: dict[str, str] = {}  # assets are shared by versions
            return tuple(pool.map(lambda offer: self._judged(catalog, offer, objects), offers))

    def _offers(self, catalog: str) -> Iterator[Offer]:
        seen = set()
        for kind in ("IMPORTED", "AWS_ORGANIZATIONS"):
            listed = pages(self._catalog.list_accepted_portfolio_shares, "PortfolioDetails", PortfolioShareType=kind)
            for portfolio in listed:
                if portfolio["Id"] not in seen:
                    seen.add(portfolio["Id"])
                    yield from self._offers_of(catalog, portfolio)

    def _offers_of(self, catalog: str, portfolio: dict[str, Any]) -> Iterator[Offer]:
        views = pages(self._catalog.search_products_as_admin, "ProductViewDetails", PortfolioId=portfolio["Id"])
        for view in views:
            summary = view["ProductViewSummary"]
            product_id = summary["ProductId"]
            described = self._catalog.describe_product_as_admin(Id=product_id, SourcePortfolioId=portfolio["Id"])
            tags = {each["Key"]: each["Value"] for each in described.get("Tags", ())}
            listed = self._catalog.list_provisioning_artifacts(ProductId=product_id)["ProvisioningArtifactDetails"]
            for version in listed:
                if version.get("Active", True):
                    yield Offer(
                        account=self._account,
                        region=self._region,
                        portfolio=portfolio["DisplayName"],
                        title=summary["Name"],
                        product=tags.get(PRODUCT_TAG, "") if tags.get(CATALOG_TAG) == catalog else "",
                        version=version["Name"],
                        description=version.get("Description", ""),
                        template_url=self._template_url(product_id, version["Id"]),
                    )

    def _template_url(self, product_id: str, version_id: str) -> str:
        answer = self._catalog.describe_provisioning_artifact(
            ProductId=product_id, ProvisioningArtifactId=version_id, Verbose=True
        )
        info = answer.get("Info", {})
        return str(info.get("TemplateUrl") or info.get("LoadTemplateFromURL") or "")

    def _judged(self, catalog: str, offer: Offer, objects: dict[str, str]) -> Verdict:
        named = (offer.product, offer.version, offer.digest)
        content = self._read(provenance_key(*named)) if all(named) else None
        envelope, statement = envelope_of(content), statement_of(content)
        for key in statement.subjects if statement else ():
            if key not in objects and (found := self._read(key)) is not None:
                objects[key] = sha256(found)
        evidence = Evidence(content, envelope is not None and self._is_signed(envelope), objects)
        key = template_key(*named)
        return judge(catalog, offer, Template(key, object_url(self._bucket, self._region, key)), evidence)

    def _read(self, key: str) -> bytes | None:
        try:
            return bytes(self._storage.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            # Without the right to list, S3 says AccessDenied of what is not there.
            if code_of(error) in {*_MISSING, "AccessDenied"}:
                return None
            raise

    def _is_signed(self, envelope: Envelope) -> bool:
        try:
            answer = self._keys.verify(
                KeyId=self._key,
                Message=hashlib.sha256(signed_bytes(envelope.payload)).digest(),
                MessageType="DIGEST",
                Signature=envelope.signature,
                SigningAlgorithm=ALGORITHM,
            )
        except ClientError as error:
            if code_of(error) == "KMSInvalidSignatureException":
                return False
            if code_of(error) in _NO_KEY:
                problem = f"the hub's key {KEY_ALIAS} cannot be asked ({code_of(error)}), so nothing can be proved"
                raise known_error(self.place, problem, _SEE_THE_KEY) from error
            raise
        return bool(answer["SignatureValid"])
