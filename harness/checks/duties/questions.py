"""What several lines of the proof ask: every request that is a decision, or that leads to whoever decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from harness.checks.duties.landscape import STATUS, Landscape
from harness.iam import Values

Asked: TypeAlias = tuple[str, str, str, dict[str, Values]]  # action, resource, whose it is, what is certain


def everywhere(landscape: Landscape) -> tuple[str, ...]:
    """The accounts where models are registered, trained and used."""
    return tuple(dict.fromkeys((landscape.stage.registry, *landscape.stage.spokes)))


def decisions(landscape: Landscape) -> Iterator[Asked]:
    """Action, resource, its account and what is certain of the request, for everything that is a decision."""
    region = next((each.region for each in landscape.stage.things), "")
    for account in everywhere(landscape):
        versions = f"arn:aws:sagemaker:{region}:{account}:model-package/*"
        of_group = f"arn:aws:sagemaker:{region}:{account}:model-package-group/*"
        for status in ("Approved", "Rejected"):
            yield "sagemaker:UpdateModelPackage", versions, account, {STATUS: status}
        yield "sagemaker:CreateModelPackage", versions, account, {STATUS: "Approved"}
        yield "sagemaker:PutModelPackageGroupPolicy", of_group, account, {}
        yield "sagemaker:DeleteModelPackageGroupPolicy", of_group, account, {}


def becoming(landscape: Landscape) -> Iterator[Asked]:
    """The same for whoever takes on a role that decides, or one of the platform's."""
    for account in everywhere(landscape):
        for name in ("platform-approver", "platform-launch-studio-domain", "platform/approver/any"):
            role = f"arn:aws:iam::{account}:role/{name}"
            yield "sts:AssumeRole", role, account, {}
            yield "iam:PassRole", role, account, {}
