"""Tags on portfolios, products and provisioned products: the API's lists and their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.emulator.servicecatalog import quotas
from harness.emulator.servicecatalog.errors import InvalidParameters


def new_tags(given: Sequence[Mapping[str, str]] | None, limit: int = quotas.TAGS_PER_RESOURCE) -> dict[str, str]:
    """The tags of a new resource. Raises InvalidParameters for a repeated or reserved key."""
    found: dict[str, str] = {}
    for tag in given or ():
        if tag["Key"] in found:
            raise InvalidParameters(f"Tag key {tag['Key']} is given more than once.")
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidParameters(f"Tag key {tag['Key']} is reserved: keys may not start with aws:.")
        found[tag["Key"]] = tag["Value"]
    return _within_quota(found, limit)


def changed_tags(
    current: Mapping[str, str], added: Sequence[Mapping[str, str]] | None, removed: Sequence[str] | None
) -> dict[str, str]:
    """The tags after AddTags and RemoveTags."""
    kept = {key: value for key, value in current.items() if key not in (removed or ())}
    return _within_quota({**kept, **new_tags(added)}, quotas.TAGS_PER_RESOURCE)


def _within_quota(tags: dict[str, str], limit: int) -> dict[str, str]:
    quotas.hold(len(tags) - 1, limit, "tags on a resource")
    return tags
