"""A spoke holds what it is offered against what the hub has signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from harness.emulator import clock
from harness.emulator.server import running_server
from harness.errors import KnownError
from harness.publish.model import described
from harness.publish.provenance import ALGORITHM, KEY_ALIAS, Envelope, enclose, open_envelope, signed_bytes
from harness.publish.verification import Verdict, sha256
from harness.publish.verify_gateway import VerifyGateway
from tests.unit.emulator.servicecatalog.accounts import REGION, token
from tests.unit.emulator.servicecatalog.accounts import version as artifact
from tests.unit.publish.faults import EmulatedHub, Wire, emulated_hub
from tests.unit.publish.hubs import CATALOG, desired, means, product, version

TEMPLATE = b"Resources: {Topic: {Type: AWS::SNS::Topic}}"
DIGEST = sha256(TEMPLATE)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


@dataclass(frozen=True)
class Published:
    """A hub with one version of one product, shared with a spoke."""

    hub: EmulatedHub
    key: str  # of the template

    def verdicts(self) -> tuple[Verdict, ...]:
        """What the spoke finds."""
        spoke, region = self.hub.organization.spokes[0], REGION
        clients = (spoke.client(each) for each in ("servicecatalog", "s3", "kms"))
        return VerifyGateway(*clients, spoke.id, region, self.hub.account).verify(CATALOG)

    def problems(self) -> list[str]:
        return [finding.problem for each in self.verdicts() for finding in each.findings]

    def object(self, key: str, content: bytes) -> None:
        """Overwrites an object in the hub's bucket."""
        self.hub.clients().storage.put_object(Bucket=self.hub.wanted.bucket, Key=key, Body=content)

    def away(self, key: str) -> None:
        """Deletes an object of the hub's bucket."""
        self.hub.clients().storage.delete_object(Bucket=self.hub.wanted.bucket, Key=key)

    def by_hand(self, name: str, description: str, url: str = "") -> None:
        """Somebody in the hub makes a version of the product by hand."""
        (product,) = self.hub.live().products
        url = url or f"https://{self.hub.wanted.bucket}.s3.{REGION}.amazonaws.com/{self.key}"
        self.hub.clients().catalog.create_provisioning_artifact(
            ProductId=product.id,
            Parameters={**artifact(name, url), "Description": description},
            IdempotencyToken=token(),
        )


@pytest.fixture
def published(endpoint: str) -> Published:
    key = f"templates/domain/1.0.0/{DIGEST}.yaml"
    one = replace(version("1.0.0"), digest=DIGEST, template_key=key, description=described("Better.", DIGEST))
    wanted = desired(product("domain", one))
    wanted = replace(wanted, objects=tuple(replace(each, size=len(TEMPLATE)) for each in wanted.objects))
    hub = emulated_hub(endpoint, wanted)
    assert hub.publish(Wire(), means(read=lambda _stored: TEMPLATE)).failures == ()
    return Published(hub, key)


def test_what_the_publisher_made_is_as_signed(published: Published) -> None:
    (verdict,) = published.verdicts()
    assert verdict.findings == ()
    assert verdict.statement is not None and verdict.statement.product == "domain"


Change = Callable[[Published], None]


def forged(published: Published) -> None:
    """Somebody who may write into the bucket signs with a key of his own account, and says that it is the hub's."""
    place = published.key.replace(".yaml", ".provenance.json")
    storage = published.hub.clients().storage
    content = storage.get_object(Bucket=published.hub.wanted.bucket, Key=place)["Body"].read()
    real = open_envelope(content)
    kms: Any = published.hub.organization.spokes[1].client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    made = kms.sign(KeyId=key, Message=signed_bytes(real.payload), SigningAlgorithm=ALGORITHM)
    published.object(place, enclose(Envelope(real.payload, real.key, made["Signature"])))


def in_a_bucket_of_their_own(published: Published) -> None:
    """The key, digest and version are right; the bytes are not."""
    hub = published.hub.organization.hub
    bucket, storage = f"mine-{hub.id}", hub.client("s3")
    storage.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_object(Bucket=bucket, Key=published.key, Body=b"Resources: {Mine: {Type: AWS::SNS::Topic}}")
    url = f"https://{bucket}.s3.{REGION}.amazonaws.com/{published.key}"
    published.by_hand("1.0.0", f"Better. [sha256:{DIGEST}]", url)


NOTHING_SIGNED = "nothing signed can be read in the hub for it"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda at: at.object(at.key, b"Resources: {}"), f"and {DIGEST} was signed"),
        (lambda at: at.object(at.key.replace(".yaml", ".provenance.json"), b"{}"), "is not signed by the hub's key"),
        (forged, "is not signed by the hub's key"),
        (lambda at: at.by_hand("mine", "Better."), "its description states no digest"),
        (lambda at: at.by_hand("mine", f"Better. [sha256:{'f' * 64}]"), NOTHING_SIGNED),
        (lambda at: at.by_hand("1.0.1", f"Better. [sha256:{DIGEST}]"), NOTHING_SIGNED),
        (lambda at: at.away(at.key.replace(".yaml", ".provenance.json")), NOTHING_SIGNED),
        (lambda at: at.away(at.key), "is missing in the hub's bucket"),
        (
            lambda at: at.by_hand("1.0.0", f"Better. [sha256:{DIGEST}]", at.hub.organization.hub.template()),
            "its template comes from https://templates-",
        ),
        (in_a_bucket_of_their_own, "its template comes from https://mine-"),
    ],
    ids=[
        *("template", "statement", "forged", "no digest", "unknown digest", "other version"),
        *("statement gone", "template gone", "other template", "same key in another bucket"),
    ],
)
def test_what_somebody_changed_or_made_by_hand_is_found(published: Published, change: Change, problem: str) -> None:
    change(published)
    (found,) = published.problems()
    assert problem in found


def test_what_somebody_overwrote_is_put_back_once_it_is_deleted(published: Published) -> None:
    """As the remedy says, of a template and of a statement: the publisher overwrites nothing that is there."""
    statement = published.key.replace(".yaml", ".provenance.json")
    for key in (published.key, statement):
        published.object(key, b"x" * len(TEMPLATE))
        assert published.hub.plan().actions == ()
        assert "delete the object" in published.verdicts()[0].findings[0].remedy
        published.away(key)
        assert published.hub.publish(Wire(), means(read=lambda _stored: TEMPLATE)).failures == ()
        assert published.problems() == []


def test_without_the_hubs_key_nothing_is_proved_and_that_is_told(published: Published) -> None:
    published.hub.clients().keys.delete_alias(AliasName=KEY_ALIAS)
    with pytest.raises(KnownError, match=f"the hub's key {KEY_ALIAS} cannot be asked .NotFoundException.") as caught:
        published.problems()
    assert "launch nothing until it is back" in caught.value.findings[0].remedy


def test_a_signature_of_one_version_does_not_serve_for_another(published: Published) -> None:
    storage, bucket = published.hub.clients().storage, published.hub.wanted.bucket
    place = published.key.replace(".yaml", ".provenance.json")
    content = storage.get_object(Bucket=bucket, Key=place)["Body"].read()
    published.object(place.replace("/1.0.0/", "/1.0.1/"), content)
    published.by_hand("1.0.1", f"Better. [sha256:{DIGEST}]")
    (found,) = published.problems()
    assert found == "the signature is of domain 1.0.0 with other bytes"


def test_a_product_of_others_in_the_portfolio_is_found(published: Published) -> None:
    account = published.hub.organization.hub
    product_id, _ = account.product("Theirs")
    (portfolio,) = published.hub.live().portfolios
    account.offer(product_id, portfolio.id)
    (found,) = published.problems()
    assert found == f"the product carries no tags of catalog {CATALOG}"


def test_an_inactive_version_cannot_be_launched_and_is_not_asked_about(published: Published) -> None:
    published.by_hand("mine", "Better.")
    (product,) = published.hub.live().products
    (mine,) = [each.id for each in product.versions if each.name == "mine"]
    published.hub.clients().catalog.update_provisioning_artifact(
        ProductId=product.id, ProvisioningArtifactId=mine, Active=False
    )
    assert published.problems() == []
