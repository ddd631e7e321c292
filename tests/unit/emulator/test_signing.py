"""Signatures across accounts, as KMS makes and checks them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.unit.emulator.conftest import Tenant

MESSAGE = b"what was published"
DIGEST = hashlib.sha256(MESSAGE).digest()
ALGORITHM = "ECDSA_SHA_256"


@pytest.fixture
def key(tenant: Tenant) -> str:
    """The ARN of a signing key's alias."""
    made = tenant.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    tenant.client("kms").create_alias(AliasName="alias/signs", TargetKeyId=made["KeyId"])
    return f"arn:aws:kms:eu-west-1:{tenant.id}:alias/signs"


def sign(tenant: Tenant, key: str, message: bytes, kind: str) -> bytes:
    made = tenant.client("kms").sign(KeyId=key, Message=message, MessageType=kind, SigningAlgorithm=ALGORITHM)
    return bytes(made["Signature"])


def verify(tenant: Tenant, key: str, message: bytes, kind: str, signature: bytes) -> bool:
    answer = tenant.client("kms").verify(
        KeyId=key, Message=message, MessageType=kind, Signature=signature, SigningAlgorithm=ALGORITHM
    )
    return bool(answer["SignatureValid"])


def test_a_digest_is_signed_as_the_message_itself(tenant: Tenant, key: str) -> None:
    signature = sign(tenant, key, DIGEST, "DIGEST")
    assert verify(tenant, key, MESSAGE, "RAW", signature)
    assert verify(tenant, key, DIGEST, "DIGEST", sign(tenant, key, MESSAGE, "RAW"))
    assert not verify(tenant, key, hashlib.sha256(b"another").digest(), "DIGEST", signature)


def test_a_signature_can_be_checked_without_kms(tenant: Tenant, key: str) -> None:
    public = load_der_public_key(tenant.client("kms").get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(sign(tenant, key, DIGEST, "DIGEST"), MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_another_account_verifies_by_the_keys_arn(tenant: Tenant, key: str, new_tenant: Callable[[], Tenant]) -> None:
    signature = sign(tenant, key, DIGEST, "DIGEST")
    assert verify(new_tenant(), key, DIGEST, "DIGEST", signature)


def test_a_digest_of_another_length_is_refused(tenant: Tenant, key: str) -> None:
    with pytest.raises(ClientError, match="Digest is invalid length"):
        sign(tenant, key, b"short", "DIGEST")


def test_portfolios_and_products_are_found_by_their_tags(tenant: Tenant) -> None:
    made = tenant.client("servicecatalog").create_portfolio(
        DisplayName="ml", ProviderName="team", IdempotencyToken="a", Tags=[{"Key": "of", "Value": "us"}]
    )["PortfolioDetail"]
    tagging = tenant.client("resourcegroupstaggingapi")
    found = tagging.get_resources(ResourceTypeFilters=["catalog:portfolio"], TagFilters=[{"Key": "of"}])
    (each,) = found["ResourceTagMappingList"]
    assert each == {"ResourceARN": made["ARN"], "Tags": [{"Key": "of", "Value": "us"}]}
    assert tagging.get_resources(ResourceTypeFilters=["catalog:product"])["ResourceTagMappingList"] == []
