"""Domains and repositories as data, and how the API describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.emulator import clock
from harness.emulator.identity import PARTITION


@dataclass(frozen=True)
class Domain:
    """A domain. `policy`: its permissions policy, a JSON text; `revision` changes with it."""

    name: str
    owner: str
    region: str
    key: str
    created: datetime = field(default_factory=clock.now)
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    revision: str = ""

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:codeartifact:{self.region}:{self.owner}:domain/{self.name}"

    def described(self, repositories: int) -> dict[str, Any]:
        """The API's DomainDescription."""
        return {
            "name": self.name,
            "owner": self.owner,
            "arn": self.arn,
            "status": "Active",
            "createdTime": self.created,
            "encryptionKey": self.key,
            "repositoryCount": repositories,
            "assetSizeBytes": 0,
        }

    def summary(self) -> dict[str, Any]:
        """The API's DomainSummary."""
        described = self.described(0)
        return {key: described[key] for key in ("name", "owner", "arn", "status", "createdTime", "encryptionKey")}


@dataclass(frozen=True)
class Repository:
    """A repository of a domain. `upstreams`: names of others; `external`: such as public:pypi."""

    name: str
    domain: Domain
    administrator: str
    description: str = ""
    upstreams: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    created: datetime = field(default_factory=clock.now)
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    revision: str = ""

    @property
    def arn(self) -> str:
        domain = self.domain
        return f"arn:{PARTITION}:codeartifact:{domain.region}:{domain.owner}:repository/{domain.name}/{self.name}"

    def described(self) -> dict[str, Any]:
        """The API's RepositoryDescription."""
        external = [
            {"externalConnectionName": name, "packageFormat": FORMATS[name], "status": "Available"}
            for name in self.external
        ]
        upstreams = [{"repositoryName": name} for name in self.upstreams]
        return {**self.summary(), "upstreams": upstreams, "externalConnections": external}

    def summary(self) -> dict[str, Any]:
        """The API's RepositorySummary."""
        return {
            "name": self.name,
            "administratorAccount": self.administrator,
            "domainName": self.domain.name,
            "domainOwner": self.domain.owner,
            "arn": self.arn,
            "description": self.description or None,
            "createdTime": self.created,
        }


# External connection → the format of its packages (CodeArtifact API, AssociateExternalConnection).
FORMATS: Mapping[str, str] = {
    "public:crates-io": "cargo",
    "public:maven-central": "maven",
    "public:maven-clojars": "maven",
    "public:maven-commonsware": "maven",
    "public:maven-googleandroid": "maven",
    "public:maven-gradleplugins": "maven",
    "public:npmjs": "npm",
    "public:nuget-org": "nuget",
    "public:pypi": "pypi",
    "public:ruby-gems-org": "ruby",
}
