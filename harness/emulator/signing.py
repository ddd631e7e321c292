"""What the emulated KMS lacks for signatures: keys of other accounts, named by ARN, and messages that are digests.

moto looks a key up in the caller's account and region whatever its ARN says, and hashes a digest once more. Whether a
caller may use another account's key is asked at the gate (`enforcement`), as for every call.
"""

from __future__ import annotations

import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms.exceptions import ValidationException
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey

_KEY = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]+):(?P<account>\d{12}):(?:key|alias)/.+")
_ACROSS_ACCOUNTS = {"DescribeKey", "GetPublicKey", "Sign", "Verify"}  # of those that AWS allows, what is asked here
_HASHES = {"ECDSA_SHA_256": hashes.SHA256(), "ECDSA_SHA_384": hashes.SHA384(), "ECDSA_SHA_512": hashes.SHA512()}

_param, _sign, _verify = KmsResponse._get_param, ECDSAPrivateKey.sign, ECDSAPrivateKey.verify


class _Digest(bytes):
    """A message that is the digest of what is signed."""


def _backend_of_the_key(response: KmsResponse) -> KmsBackend:
    across = response._get_action() in _ACROSS_ACCOUNTS
    named = _KEY.fullmatch(str(_param(response, "KeyId"))) if across else None
    account, region = (named["account"], named["region"]) if named else (response.current_account, response.region)
    return kms_backends[account][region]


def _param_with_digest(response: KmsResponse, name: str, default: Any = None) -> Any:
    value = _param(response, name, default)
    is_digest = name == "Message" and _param(response, "MessageType") == "DIGEST"
    return _Digest(value) if is_digest else value


def _prehashed(message: _Digest, algorithm: str) -> ec.ECDSA:
    if len(message) != _HASHES[algorithm].digest_size:
        raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
    return ec.ECDSA(Prehashed(_HASHES[algorithm]))


def _sign_digest_too(key: ECDSAPrivateKey, message: bytes, signing_algorithm: str) -> bytes:
    if not isinstance(message, _Digest):
        return bytes(_sign(key, message, signing_algorithm))
    return bytes(key.private_key.sign(message, _prehashed(message, signing_algorithm)))


def _verify_digest_too(key: ECDSAPrivateKey, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
    if not isinstance(message, _Digest):
        return bool(_verify(key, message, signature, signing_algorithm))
    try:
        key.private_key.public_key().verify(signature, message, _prehashed(message, signing_algorithm))
    except InvalidSignature:
        return False
    return True


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    KmsResponse.kms_backend = property(_backend_of_the_key)
    KmsResponse._get_param = _param_with_digest
    ECDSAPrivateKey.sign = _sign_digest_too
    ECDSAPrivateKey.verify = _verify_digest_too
