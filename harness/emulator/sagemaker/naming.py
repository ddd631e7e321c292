"""ARNs of SageMaker resources, and what operations take in their place: a name, or the ARN of another account's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.emulator.identity import PARTITION
from harness.emulator.sagemaker import errors

_ARN = re.compile(r"arn:[^:]+:sagemaker:(?P<region>[^:]+):(?P<account>\d{12}):(?P<kind>[a-z-]+)/(?P<name>.+)")


@dataclass(frozen=True)
class Place:
    """Where a resource is, and its name there (for a model package version: group/version)."""

    account_id: str
    region: str
    kind: str  # as in the ARN: model-package-group
    name: str

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn(self.account_id, self.region, self.kind, self.name)


def arn(account_id: str, region: str, kind: str, name: str) -> str:
    """The ARN of a SageMaker resource."""
    return f"arn:{PARTITION}:sagemaker:{region}:{account_id}:{kind}/{name}"


def parsed(text: str) -> Place | None:
    """What an ARN of SageMaker names; None for anything else."""
    match = _ARN.fullmatch(text)
    return Place(match["account"], match["region"], match["kind"], match["name"]) if match else None


def place(text: str, kind: str, account_id: str, region: str) -> Place:
    """What a name, or an ARN, means to a caller of that account and region.

    Raises ValidationException for an ARN of another kind or region: it reaches accounts, not regions.
    """
    if not text.startswith("arn:"):
        return Place(account_id, region, kind, text)
    found = parsed(text)
    if found is None or found.kind != kind:
        raise errors.validation(f"The ARN {text} is not the ARN of a {kind}.")
    if found.region != region:
        raise errors.validation(f"The ARN {text} is of region {found.region}; this is {region}.")
    return found
