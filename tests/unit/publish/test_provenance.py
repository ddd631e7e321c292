"""Statements of origin, and their envelopes as others read them."""

from __future__ import annotations

import json

import pytest

from harness.publish.model import Attestation, StoredObject
from harness.publish.provenance import (
    Envelope,
    Origin,
    enclose,
    open_envelope,
    read_statement,
    signed_bytes,
    statement,
)

SUBJECT = StoredObject("templates/demo/1.0.0/a.yaml", "products/demo/releases/1.0.0/template.yaml", "a" * 64, 10)
ATTESTATION = Attestation("1.0.0", "templates/demo/1.0.0/a.provenance.json", (SUBJECT,))
ORIGIN = Origin("c0ffee", {"cfn-lint": "1.58.0"}, {"build.py check": "passed"})
PAYLOAD = statement("tiny", "demo", ATTESTATION, ORIGIN)


def test_a_statement_says_what_was_made_of_what_and_by_what() -> None:
    said = read_statement(PAYLOAD)
    assert (said.catalog, said.product, said.version) == ("tiny", "demo", "1.0.0")
    assert said.subjects == {SUBJECT.key: SUBJECT.sha256}
    assert said.origin == ORIGIN


def test_a_statement_is_of_the_type_that_other_tools_know() -> None:
    data = json.loads(PAYLOAD)
    assert data["_type"] == "https://in-toto.io/Statement/v1"
    assert data["subject"] == [{"name": SUBJECT.key, "digest": {"sha256": SUBJECT.sha256}}]


def test_what_is_signed_is_the_pre_authentication_encoding() -> None:
    assert signed_bytes(b"hello") == b"DSSEv1 28 application/vnd.in-toto+json 5 hello"


def test_an_envelope_is_read_as_it_was_written() -> None:
    envelope = Envelope(PAYLOAD, "arn:aws:kms:…", b"\x00\x01")
    assert open_envelope(enclose(envelope)) == envelope


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        json.dumps({"payloadType": "text/plain", "payload": "", "signatures": [{"keyid": "", "sig": ""}]}).encode(),
        json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": []}).encode(),
        json.dumps(
            {"payloadType": "application/vnd.in-toto+json", "payload": "%", "signatures": [{"keyid": "", "sig": ""}]}
        ).encode(),
    ],
)
def test_what_is_no_envelope_is_none(content: bytes) -> None:
    with pytest.raises(ValueError):
        open_envelope(content)


def test_a_statement_of_others_is_none_of_ours() -> None:
    other = json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": "slsa", "predicate": {}})
    with pytest.raises(ValueError, match="slsa"):
        read_statement(other.encode())
