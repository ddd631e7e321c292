"""Where the delivery services keep their state: one store an account and region. Look-ups only, no rules."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict, BaseBackend

from harness.emulator.identity import PARTITION

if TYPE_CHECKING:
    from harness.emulator.delivery.builds.model import Build, Project
    from harness.emulator.delivery.connections import Connection
    from harness.emulator.delivery.packages.model import Domain, Repository
    from harness.emulator.delivery.pipelines.model import Execution, Job, Pipeline

# Held for a look or a change, never while anything runs.
LOCK = RLock()


@dataclass
class Store:
    """The state of one account and region. What stands in `projects`, `connections`, `domains` is frozen."""

    account_id: str
    region: str
    projects: dict[str, Project] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)  # by build id, oldest first
    build_numbers: dict[str, int] = field(default_factory=dict)  # project → number of its last build
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)  # by execution id, oldest first
    jobs: dict[str, Job] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)  # by ARN
    domains: dict[str, Domain] = field(default_factory=dict)  # of packages, by name
    package_repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)  # by domain and name
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)  # by ARN
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)  # operation, token → what it made

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:{PARTITION}:{service}:{self.region}:{self.account_id}:{resource}"


class DeliveryBackend(BaseBackend):  # type: ignore[misc] # moto is not typed for us
    """One account and region, kept where moto keeps its own, so that accounts are forgotten with it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = Store(account_id, region_name)

    @property
    def _url_module(self) -> ModuleType:
        # moto derives this from the backend's module name, which holds only inside its own package.
        return importlib.import_module("moto.codepipeline.urls")


_backends = BackendDict(DeliveryBackend, "codepipeline")


def store_of(account_id: str, region: str) -> Store:
    """The state of that account and region."""
    store: Store = _backends[account_id][region].store
    return store


def stores() -> list[Store]:
    """The state of every account and region in use."""
    return [backend.store for _, _, backend in list(_backends.iter_backends())]
