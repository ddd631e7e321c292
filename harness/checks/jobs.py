"""What workers are asked, as data that both sides can read without importing what the work needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class LintJob:
    """Lint one rendered template. `settings`: rule id → the rule's configuration."""

    key: str
    text: str
    regions: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Given:
    """What earlier launches left in the account and region for later ones.

    `roles`: those that other roles may assume, by ARN: {"documents": of their policies, "boundary": its ARN}.
    `boundaries`: ARN → document of each permissions boundary that roles carry.
    """

    ssm: Mapping[str, str] = field(default_factory=dict)  # parameter name → value
    exports: Mapping[str, str] = field(default_factory=dict)  # export name → value
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    boundaries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def joined(self, other: Given) -> Given:
        """Both."""
        return Given(
            {**self.ssm, **other.ssm},
            {**self.exports, **other.exports},
            {**self.roles, **other.roles},
            {**self.boundaries, **other.boundaries},
        )


@dataclass(frozen=True)
class Launch:
    """One stack to create."""

    stack: str
    template: str
    parameters: Mapping[str, str]
    account_id: str
    region: str
    given: Given


@dataclass(frozen=True)
class Subject:
    """What a product has beside its template. `root`: the repository, on this machine.

    `code`: S3 key of an asset → name in the archive → path relative to the root. `samples`: paths of the product's
    sample events (`products/<name>/events/*.yaml`), and `example` for which of its examples this launch stands.
    `judges`: digest of all code and packages; `memory`: folder of what is known of functions' code, empty: none.
    """

    root: str = ""
    code: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)  # logical id of a rule → path relative to the root
    example: str = ""
    judges: str = ""
    memory: str = ""


class SelfAnswering(Protocol):
    """A job that needs neither rules nor provider: its module is loaded by the worker that is sent it, and no other."""

    @property
    def key(self) -> str:
        """Digest of everything that the answer depends on."""
        ...

    def answer(self) -> Any:
        """Plain data."""
        ...


@dataclass(frozen=True)
class RehearsalJob:
    """Rehearse one launch, and judge what it makes."""

    key: str
    launch: Launch
    subject: Subject = field(default_factory=Subject)
