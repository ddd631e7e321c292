"""Is what a spoke is offered what the hub has signed? Compares what was read; reads nothing itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import Finding, Place
from harness.publish.model import described_digest
from harness.publish.provenance import Envelope, Statement, open_envelope, read_statement

_NEVER = "launch nothing from it; see in the hub who made it (CloudTrail), then `build.py plan`"
_WRITTEN = (
    "launch nothing from it; see in the hub who wrote it (CloudTrail), delete the object, then `build.py publish` "
    "puts back what was released"
)
_AGAIN = "`build.py publish` in the hub uploads what is missing there"


@dataclass(frozen=True)
class Offer:
    """One version as a spoke sees it. `product`: its name in the catalog, from the product's tags; empty without."""

    account: str
    region: str
    portfolio: str
    title: str
    product: str
    version: str
    description: str
    template_url: str  # where Service Catalog has its template from

    @property
    def place(self) -> Place:
        """Where a finding about it is."""
        return Place(f"account {self.account} in {self.region}: {self.portfolio}: {self.title} {self.version}")

    @property
    def digest(self) -> str:
        """The template's sha256 by the version's description, or empty."""
        return described_digest(self.description) or ""


@dataclass(frozen=True)
class Template:
    """Where a version's template lies: its key in the hub's artifact bucket, and its address."""

    key: str
    url: str


@dataclass(frozen=True)
class Evidence:
    """What lies in the hub for an offer. `is_signed`: by the hub's own key; `sha256`: of each object that was read."""

    envelope: bytes | None
    is_signed: bool
    sha256: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What came of one offer; one without findings is what the hub has published."""

    offer: Offer
    statement: Statement | None
    findings: tuple[Finding, ...]


def envelope_of(content: bytes | None) -> Envelope | None:
    """The envelope, where it is one."""
    try:
        return open_envelope(content) if content is not None else None
    except ValueError:
        return None


def statement_of(content: bytes | None) -> Statement | None:
    """What an envelope says, signed or not."""
    envelope = envelope_of(content)
    try:
        return read_statement(envelope.payload) if envelope else None
    except ValueError:
        return None


def judge(catalog: str, offer: Offer, template: Template, evidence: Evidence) -> Verdict:
    """Whether the offer is a version of `catalog` that its publisher signed, with the bytes that lie in the hub.

    `template`: where the publisher puts the template of such a version.
    """
    statement = statement_of(evidence.envelope)
    found = _wrong(catalog, offer, template, evidence, statement)
    findings = tuple(Finding(offer.place, problem, remedy) for problem, remedy in found)
    return Verdict(offer, statement, findings)


def _wrong(
    catalog: str, offer: Offer, template: Template, evidence: Evidence, statement: Statement | None
) -> list[tuple[str, str]]:
    if not offer.product:
        return [(f"the product carries no tags of catalog {catalog}", _NEVER)]
    if not offer.digest:
        return [("its description states no digest, so it was made by something else", _NEVER)]
    if evidence.envelope is None:
        return [("nothing signed can be read in the hub for it", _NEVER)]
    if statement is None or not evidence.is_signed:
        return [("what lies in the hub for it is not signed by the hub's key", _WRITTEN)]
    said = (statement.catalog, statement.product, statement.version)
    if said != (catalog, offer.product, offer.version) or statement.subjects.get(template.key) != offer.digest:
        return [(f"the signature is of {statement.product} {statement.version} with other bytes", _NEVER)]
    if offer.template_url.partition("?")[0] != template.url:  # the same key in another bucket is anybody's
        return [(f"its template comes from {offer.template_url}, not from what was signed", _NEVER)]
    return [
        (f"{key} is missing in the hub's bucket", _AGAIN)
        if key not in evidence.sha256
        else (f"{key} has sha256 {evidence.sha256[key]}, and {sha256} was signed", _WRITTEN)
        for key, sha256 in sorted(statement.subjects.items())
        if evidence.sha256.get(key) != sha256
    ]


def sha256(content: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(content).hexdigest()
