"""Domains and repositories by their ARN, whoever asks."""

from __future__ import annotations

from harness.emulator.delivery.packages.model import Domain, Repository
from harness.emulator.delivery.store import store_of


def by_arn(arn: str) -> Domain | Repository | None:
    """The domain or repository of that ARN, None where there is none."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "codeartifact" or not parts[4].isdigit():
        return None
    store, (kind, _, path) = store_of(parts[4], parts[3]), parts[5].partition("/")
    domain, _, name = path.partition("/")
    return store.domains.get(domain) if kind == "domain" else store.package_repositories.get((domain, name))
