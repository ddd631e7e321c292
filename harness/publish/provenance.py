"""Where a version comes from, as a statement that can be signed and checked. Pure; signs nothing and reads nothing.

The statement is in-toto's (v1) with a predicate of ours; its envelope is DSSE (v1), so that tools of others can check
it too. Source: the specifications in-toto/attestation (spec/v1) and secure-systems-lab/dsse (protocol.md,
envelope.md).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.publish.model import Attestation

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:platform-catalog:release:v1"
KEY_ALIAS = "alias/platform-provenance"
ALGORITHM = "ECDSA_SHA_256"


@dataclass(frozen=True)
class Origin:
    """What is known of a release when it is published. `commit`: the one that brought it; empty where none did yet."""

    commit: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)  # name → version
    checks: Mapping[str, str] = field(default_factory=dict)  # check → result


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope with one signature. `key`: ARN of the KMS key that made it."""

    payload: bytes
    key: str
    signature: bytes


@dataclass(frozen=True)
class Statement:
    """What an envelope says. `subjects`: key in the artifact bucket → sha256."""

    catalog: str
    product: str
    version: str
    subjects: Mapping[str, str]
    origin: Origin


def statement(catalog: str, product: str, attestation: Attestation, origin: Origin) -> bytes:
    """The statement of a version, as the bytes that are signed."""
    data = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": each.key, "digest": {"sha256": each.sha256}} for each in attestation.subjects],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "catalog": catalog,
            "product": product,
            "version": attestation.version,
            "source": {"commit": origin.commit or None},
            "tools": dict(origin.tools),
            "checks": dict(origin.checks),
        },
    }
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def signed_bytes(payload: bytes) -> bytes:
    """What the signature is of: DSSE's pre-authentication encoding of the payload."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def enclose(envelope: Envelope) -> bytes:
    """The envelope as a file."""
    data = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(envelope.payload).decode(),
        "signatures": [{"keyid": envelope.key, "sig": base64.b64encode(envelope.signature).decode()}],
    }
    return (json.dumps(data, indent=2) + "\n").encode()


def open_envelope(content: bytes) -> Envelope:
    """The envelope of a file. Raises ValueError where it is none."""
    try:
        data = json.loads(content)
        (signature,) = data["signatures"]
        if data["payloadType"] != PAYLOAD_TYPE:
            raise ValueError(f"payload type {data['payloadType']}")
        payload, sig = (base64.b64decode(each, validate=True) for each in (data["payload"], signature["sig"]))
        return Envelope(payload, str(signature["keyid"]), sig)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no envelope: {error}") from None


def read_statement(payload: bytes) -> Statement:
    """What a payload says. Raises ValueError where it is no statement of ours."""
    try:
        data: dict[str, Any] = json.loads(payload)
        if (data["_type"], data["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise ValueError(f"a statement of type {data['predicateType']}")
        said = data["predicate"]
        return Statement(
            catalog=said["catalog"],
            product=said["product"],
            version=said["version"],
            subjects={each["name"]: each["digest"]["sha256"] for each in data["subject"]},
            origin=Origin(said["source"]["commit"] or "", said["tools"], said["checks"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no statement: {error}") from None
