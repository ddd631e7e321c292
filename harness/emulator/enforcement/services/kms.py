"""KMS: keys by id, alias or ARN, whose own policies must always allow; and keys that services use for a caller.

Grants are not modelled.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

from moto.kms.models import kms_backends

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Context, Need, Table
from harness.iam import Kind, Policy

_KEY = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]*):(?P<account>\d{12}):(?P<name>(?:key|alias)/.+)")
_ID_LENGTH = 36  # moto writes the key's id before what it encrypts


def key_arn(key: str, account_id: str, region: str) -> str:
    """The ARN of a key given by id, alias or ARN; of one that does not exist, the ARN that it would have."""
    match = _KEY.fullmatch(key)
    owner, where, name = (match["account"], match["region"], match["name"]) if match else (account_id, region, key)
    found = _find(name.removeprefix("key/"), owner, where)
    return str(found.arn) if found is not None else own.arn_of("kms", where, owner, f"key/{name.removeprefix('key/')}")


def _find(name: str, account_id: str, region: str) -> Any:
    backend = kms_backends[account_id][region]
    if name.startswith("alias/"):
        return next((each for each in backend.keys.values() if name in each.aliases), None)
    return backend.keys.get(name)


def _key(arn: str) -> Any:
    match = _KEY.fullmatch(arn)
    return _find(match["name"].removeprefix("key/"), match["account"], match["region"]) if match else None


def policy(arn: str) -> Policy | None:
    """The policy of a key; None for one that is not there, which is then refused, and for an alias."""
    found = _key(arn) if ":key/" in arn else None
    return Policy.read(found.policy, Kind.RESOURCE, arn) if found is not None else None


def aliases(arn: str) -> tuple[str, ...]:
    """The names of a key: alias/…"""
    found = _key(arn)
    return tuple(sorted(found.aliases)) if found is not None else ()


def is_of_aws(key: str, account_id: str, region: str) -> bool:
    """Whether AWS manages the key: every principal of the account may use it, through its one service only."""
    if "alias/aws/" in key:
        return True
    found = _key(key_arn(key, account_id, region))
    return found is not None and any(alias.startswith("alias/aws/") for alias in found.aliases)


def through(
    service: str, actions: Iterable[str], key: str, owner: str, region: str, caller: str, context: Mapping[str, str]
) -> list[Need]:
    """What a caller needs of a key that a service uses on its behalf.

    `service`: the first part of its host name, s3; `owner`: the account of the thing that is encrypted; `context`: the
    encryption context. A key that AWS manages takes nothing within the account and never serves another.
    """
    if is_of_aws(key, owner, region):
        if owner == caller:
            return []
        return [Need(f"kms:{each}", key_arn(key, owner, region), owner) for each in actions]
    arn = key_arn(key, owner, region)
    keys: Context = {
        **_encryption(context),
        **_NOTHING,
        "kms:CallerAccount": caller,
        "kms:ResourceAliases": aliases(arn),
        "kms:ViaService": f"{service}.{arn.split(':')[3]}.amazonaws.com",
        "kms:GrantIsForAWSResource": None,
        "aws:ViaAWSService": "true",
    }
    return [Need(f"kms:{each}", arn, arn.split(":")[4], keys, policy(arn), True) for each in actions]


_NOTHING: Context = dict.fromkeys(("kms:RequestAlias", "kms:RecipientAttestation:ImageSha384"))


def _encryption(context: Mapping[str, str]) -> Context:
    keys: Context = {f"kms:EncryptionContext:{key}": str(value) for key, value in context.items()}
    return {**keys, "kms:EncryptionContextKeys": tuple(context)}


def _keys(asked: Asked) -> Context:
    grants = asked.get("GranteePrincipal")
    return {
        **_encryption(asked.get("EncryptionContext") or {}),
        **_NOTHING,
        "kms:CallerAccount": asked.caller.account_id,
        "kms:ResourceAliases": aliases(named[0]) if (named := _named(asked)) else None,
        "kms:ViaService": None,
        "kms:GrantIsForAWSResource": "false" if grants else None,
        "kms:GrantOperations": tuple(asked.get("Operations") or ()) if grants else None,
        "kms:GranteePrincipal": grants,
        "kms:RequestAlias": key if (key := asked.text("KeyId")).startswith("alias/") else None,
        "kms:ScheduleKeyDeletionPendingWindowInDays": asked.text("PendingWindowInDays") or None,
        "kms:SigningAlgorithm": asked.text("SigningAlgorithm") or None,
        "kms:MessageType": asked.text("MessageType") or None,
        "kms:BypassPolicyLockoutSafetyCheck": asked.text("BypassPolicyLockoutSafetyCheck").lower() or "false",
    }


# A call that names an alias only is about its key too.
_NAMES = ("KeyId", "TargetKeyId", "DestinationKeyId", "AliasName")


def _named(asked: Asked) -> list[str]:
    key = next((found for name in _NAMES if (found := asked.text(name))), "")
    if not key:
        try:
            key = base64.b64decode(asked.text("CiphertextBlob"))[:_ID_LENGTH].decode()
        except (binascii.Error, UnicodeDecodeError):
            return []
    return [key_arn(key, asked.caller.account_id, asked.region)] if key else []


def _alias(asked: Asked) -> list[str]:
    return [own.arn_of("kms", asked.region, asked.caller.account_id, asked.text("AliasName"))]


def _re_encrypted(asked: Asked) -> list[Need]:
    if asked.operation != "ReEncrypt":
        return []
    source = _named(
        Asked(asked.service, "", {"CiphertextBlob": asked.get("CiphertextBlob")}, asked.caller, asked.region)
    )
    return [Need("kms:ReEncryptFrom", arn, arn.split(":")[4], _keys(asked), policy(arn), True) for arn in source]


TABLE = Table(
    prefix="kms",
    actions={"ReEncrypt": "ReEncryptTo"},
    kinds={"key": _named, "alias": _alias},
    keys=_keys,
    families=("kms:encryptioncontext:", "kms:recipientattestation:"),
    tags=own.tags("kms", "list_resource_tags", "KeyId", "Tags"),
    policy=policy,
    policy_must_allow=lambda arn: ":key/" in arn,
    tagging="TagResource",
    more=_re_encrypted,
)
