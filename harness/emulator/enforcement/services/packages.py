"""CodeArtifact. What pip may read with a token is decided in `delivery/packages/index.py`, by the holder's rights."""

from __future__ import annotations

from collections.abc import Iterator

from harness.emulator.delivery.packages.lookup import by_arn
from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Need, Table
from harness.iam import Kind, Policy

_SERVICE = "codeartifact.amazonaws.com"


def _domain(asked: Asked) -> list[str]:
    if whole := asked.text("resourceArn"):
        return [whole]
    owner = asked.text("domainOwner") or asked.caller.account_id
    return [own.arn_of("codeartifact", asked.region, owner, f"domain/{asked.text('domain') or '*'}")]


def _repository(asked: Asked) -> list[str]:
    domain = _domain(asked)[0]
    if asked.get("resourceArn"):
        return [domain]
    return [f"{domain.replace(':domain/', ':repository/')}/{asked.text('repository') or '*'}"]


def _tagged(asked: Asked) -> list[str]:
    return [asked.text("resourceArn")]


def _bearer(asked: Asked) -> Iterator[Need]:
    """A token is one of STS, given out by CodeArtifact."""
    if asked.operation == "GetAuthorizationToken":
        seconds = asked.text("durationSeconds") or None
        yield Need(
            "sts:GetServiceBearerToken", context={"sts:AWSServiceName": _SERVICE, "sts:DurationSeconds": seconds}
        )


def _tags(arn: str) -> dict[str, str]:
    found = by_arn(arn)
    return dict(found.tags) if found is not None else {}


def policy_of(arn: str) -> Policy | None:
    """The permissions policy of a domain or repository."""
    found = by_arn(arn)
    return Policy.read(found.policy, Kind.RESOURCE, arn) if found is not None and found.policy else None


CODEARTIFACT = Table(
    prefix="codeartifact",
    kinds={"domain": _domain, "repository": _repository},
    resources=dict.fromkeys(("ListTagsForResource", "TagResource", "UntagResource"), _tagged),
    tags=_tags,
    policy=policy_of,
    tagging="TagResource",
    more=_bearer,
)
