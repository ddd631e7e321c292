"""The four settings that block public access, of a bucket or an access point."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks.stackrules import is_true, value

SETTINGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def all_set(resource: ResourceState) -> bool:
    """Whether the resource blocks public access whole."""
    return all(is_true(value(resource.properties, "PublicAccessBlockConfiguration", name)) for name in SETTINGS)
