"""Who asks, and whom a policy's Principal element names. It knows nothing of what is asked.

Source: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.iam.errors import UnreadablePolicyError

_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_NAMED = re.compile(
    r"arn:[^:*?$]+:(?:iam::\d{12}:(?:role|user)/[^*?$]+|sts::\d{12}:assumed-role/[^*?$/]+/[^*?$/]+"
    r"|sts::\d{12}:federated-user/[^*?$]+|iam::cloudfront:user/[^*?$]+)"
)
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_UNIQUE_ID = re.compile(r"A(?:ROA|IDA|GPA|NPA)[A-Z0-9]{12,}")

PrincipalKind = Literal["account", "user", "session", "federated", "service", "anonymous"]


@dataclass(frozen=True)
class Principal:
    """Who asks. `arn`: of the session, user, account root or provider; a service's name. `role_arn`: of a session."""

    kind: PrincipalKind
    account_id: str = ""  # none for a service, a provider and a stranger
    arn: str = ""
    role_arn: str = ""

    @staticmethod
    def account(account_id: str, partition: str = "aws") -> Principal:
        """The root of an account, who may do everything there."""
        return Principal("account", account_id, f"arn:{partition}:iam::{account_id}:root")

    @staticmethod
    def user(arn: str) -> Principal:
        """An IAM user."""
        return Principal("user", arn.split(":")[4], arn)

    @staticmethod
    def session(role_arn: str, name: str = "session") -> Principal:
        """A session of a role."""
        _, partition, _, _, account_id, resource = role_arn.split(":", 5)
        arn = f"arn:{partition}:sts::{account_id}:assumed-role/{resource.rpartition('/')[2]}/{name}"
        return Principal("session", account_id, arn, role_arn)

    @staticmethod
    def service(name: str) -> Principal:
        """An AWS service by itself, such as events.amazonaws.com."""
        return Principal("service", "", name)

    @staticmethod
    def federated(provider: str) -> Principal:
        """Somebody whom an identity provider vouches for, before a role is assumed."""
        return Principal("federated", "", provider)


class Level(enum.IntEnum):
    """How exactly a statement names a principal. What a permission is worth depends on it."""

    NOT = 0
    ACCOUNT = 1  # its account, which hands the decision on to the account's own policies
    ANYONE = 2
    ROLE = 3
    ITSELF = 4  # the very session, user, service or provider


@dataclass(frozen=True)
class Principals:
    """A Principal or NotPrincipal element."""

    inverted: bool = False
    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()

    def level(self, who: Principal) -> Level:
        """How a Principal element names somebody."""
        if who.kind == "service" and who.arn in self.services:
            return Level.ITSELF
        if who.kind == "federated" and who.arn in self.providers:
            return Level.ITSELF
        if who.kind in ("user", "session") and who.arn in self.arns:
            return Level.ITSELF
        if who.role_arn and who.role_arn in self.arns:
            return Level.ROLE
        if self.everyone:
            return Level.ANYONE
        return Level.ACCOUNT if who.account_id and who.account_id in self.accounts else Level.NOT

    def spares(self, who: Principal, bounded: bool) -> bool:
        """Whether a NotPrincipal element of a denial leaves somebody out.

        A person is left out only where the account, the role and the session are all named; and never with a
        permissions boundary (IAM user guide, "Permissions boundaries for IAM entities").
        """
        if self.everyone:
            return True
        if who.kind in ("service", "federated"):
            return self.level(who) is Level.ITSELF
        if bounded or who.account_id not in self.accounts:
            return False
        named = {who.role_arn, who.arn} - {""} if who.kind != "account" else set()
        return named <= self.arns


def read(element: Any, inverted: bool = False) -> Principals:
    """A Principal element as it stands in a policy. Raises UnreadablePolicyError."""
    if element == "*":
        return Principals(inverted, everyone=True)
    if not isinstance(element, Mapping):
        raise UnreadablePolicyError(f"the principal {element!r} is neither * nor an object")
    found: dict[str, set[str]] = {"accounts": set(), "arns": set(), "services": set(), "providers": set()}
    everyone = False
    for kind, value in element.items():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str):
                raise UnreadablePolicyError(f"the principal {each!r} is no text")
            if each == "*" and kind == "AWS":
                everyone = True
            elif kind == "AWS":
                name, group = _of_aws(each)
                found[group].add(name)
            elif kind == "Service":
                if not _SERVICE.fullmatch(each):
                    raise UnreadablePolicyError(f"the principal {each!r} is no service")
                found["services"].add(each)
            elif kind == "Federated":
                found["providers"].add(each)
            else:
                raise UnreadablePolicyError(f"principals of the kind {kind} are not modelled")
    return Principals(inverted, everyone, **{group: frozenset(names) for group, names in found.items()})


def _of_aws(text: str) -> tuple[str, str]:
    if _ACCOUNT.fullmatch(text):
        return text, "accounts"
    if match := _ROOT.fullmatch(text):
        return match[1], "accounts"
    if _NAMED.fullmatch(text):
        return text, "arns"
    if _UNIQUE_ID.fullmatch(text):  # what IAM leaves of a principal that was deleted: nobody
        return text, "arns"
    raise UnreadablePolicyError(f"{text} is no principal: IAM takes an account, a whole ARN or *")
