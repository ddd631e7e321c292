"""Policies as IAM reads them: documents compiled to statements that can be asked. See `evaluate.py` for decisions."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from harness.iam import conditions, principals, variables
from harness.iam.conditions import Condition
from harness.iam.errors import UnreadablePolicyError
from harness.iam.principals import Level, Principals
from harness.iam.request import Request
from harness.iam.wildcards import expression, resource_expression

_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_ACTION = re.compile(r"\*|[\w-]+:[\w*?]+|[\w-]*\*")
_SERVICE = 2  # its place among the parts of an ARN


class Kind(enum.Enum):
    """What a policy is attached to; the value is how AWS's messages call it."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SERVICE_CONTROL = "service control policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about."""
        return self in (Kind.RESOURCE, Kind.TRUST)


@dataclass(frozen=True)
class Actions:
    """An Action or NotAction element."""

    inverted: bool
    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def cover(self, lowered: str) -> bool:
        """Whether the element is about that action, in lower case."""
        hit = lowered in self.exact or any(each.fullmatch(lowered) for each in self.patterns)
        return hit is not self.inverted


@dataclass(frozen=True)
class Resources:
    """A Resource or NotResource element.

    `texts`: as written, and among them `fixed`, and `variable`, which are filled in for each request.
    """

    inverted: bool = False
    everything: bool = False
    fixed: tuple[str, ...] = ()
    variable: tuple[str, ...] = ()
    texts: tuple[str, ...] = ("*",)

    def cover(self, request: Request) -> bool:
        """Whether the element is about the request's resource."""
        hit = (
            self.everything
            or any(resource_expression(each).fullmatch(request.resource) for each in self.fixed)
            or any(_fits(each, request) for each in self.variable)
        )
        return hit is not self.inverted


def _fits(pattern: str, request: Request) -> bool:
    text = variables.filled(pattern, request.value)
    return text is not None and resource_expression(text).fullmatch(request.resource) is not None


@dataclass(frozen=True)
class Statement:
    """One statement, ready to be asked. `index` counts from 0."""

    index: int
    sid: str
    allows: bool
    actions: Actions
    resources: Resources
    principals: Principals | None
    conditions: tuple[Condition, ...]

    def applies(self, request: Request) -> bool:
        """Whether action, resource and conditions fit; the principal is not its business."""
        return (
            self.actions.cover(request.lowered_action)
            and self.resources.cover(request)
            and all(each.holds(request) for each in self.conditions)
        )

    def level(self, request: Request, bounded: bool = False) -> Level:
        """How exactly it names the principal. `bounded`: the principal has a permissions boundary."""
        if self.principals is None:
            return Level.ITSELF
        if self.principals.inverted:
            return Level.NOT if self.principals.spares(request.principal, bounded) else Level.ANYONE
        found = self.principals.level(request.principal)
        # IAM user guide, "AWS global condition context keys": * that aws:PrincipalArn narrows is the session itself
        return Level.ITSELF if found is Level.ANYONE and any(map(_names_the_principal, self.conditions)) else found


@dataclass(frozen=True)
class Policy:
    """A policy. `name`: how a person finds it: the name of an inline policy, the ARN of a managed one, a bucket."""

    kind: Kind
    name: str
    statements: tuple[Statement, ...]

    @staticmethod
    def read(document: str | Mapping[str, Any], kind: Kind = Kind.IDENTITY, name: str = "policy") -> Policy:
        """A policy document, as text or as data. Raises UnreadablePolicyError."""
        return _read_text(document if isinstance(document, str) else json.dumps(document, default=str), kind, name)

    def about(self, lowered_action: str) -> tuple[Statement, ...]:
        """The statements about that action, in lower case; remembered, for few actions are asked of a policy often."""
        if lowered_action not in self._about:
            self._about[lowered_action] = tuple(each for each in self.statements if each.actions.cover(lowered_action))
        return self._about[lowered_action]

    @cached_property
    def _about(self) -> dict[str, tuple[Statement, ...]]:
        return {}


def _names_the_principal(condition: Condition) -> bool:
    asks = condition.operator is not None and not condition.operator.negated and not condition.if_exists
    return asks and condition.key.lower() == "aws:principalarn"


@lru_cache(maxsize=4096)
def _read_text(text: str, kind: Kind, name: str) -> Policy:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except UnreadablePolicyError as error:
        raise UnreadablePolicyError(f"{kind.value} {name}: {error}") from None
    except ValueError:
        raise UnreadablePolicyError(f"{kind.value} {name}: it is not JSON") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise UnreadablePolicyError(f"{kind.value} {name}: it has no Statement")
    version = document.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        raise UnreadablePolicyError(f"{kind.value} {name}: Version {version} does not exist")
    found = document["Statement"]
    statements = []
    for index, each in enumerate(found if isinstance(found, list) else [found]):
        try:
            statements.append(_statement(index, each, kind, version == _VERSIONS[0]))
        except UnreadablePolicyError as error:
            sid = each.get("Sid") if isinstance(each, dict) else None
            raise UnreadablePolicyError(f"{kind.value} {name}, statement {sid or index + 1}: {error}") from None
    sids = [each.sid for each in statements if each.sid]
    if not kind.names_principals and (twice := {each for each in sids if sids.count(each) > 1}):
        raise UnreadablePolicyError(f"{kind.value} {name}: several statements are called {min(twice)}; IAM refuses it")
    return Policy(kind, name, tuple(statements))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of which no key stands twice: whoever reads it would see one of the two."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise UnreadablePolicyError(f"{next(each for each in keys if keys.count(each) > 1)} stands twice in one object")
    return found


def _statement(index: int, data: Any, kind: Kind, with_variables: bool) -> Statement:
    if not isinstance(data, dict):
        raise UnreadablePolicyError("it is no object")
    if unknown := set(data) - _ELEMENTS:
        raise UnreadablePolicyError(f"the element {sorted(unknown)[0]} is not modelled")
    if data.get("Effect") not in ("Allow", "Deny"):
        raise UnreadablePolicyError("its Effect is neither Allow nor Deny")
    allows = data["Effect"] == "Allow"
    return Statement(
        index=index,
        sid=str(data.get("Sid", "")),
        allows=allows,
        actions=_actions(data),
        resources=_resources(data, kind, with_variables),
        principals=_principals(data, kind, allows),
        conditions=conditions.read(data["Condition"], with_variables) if data.get("Condition") else (),
    )


def _element(data: dict[str, Any], name: str) -> tuple[bool, list[str]] | None:
    """Whether the Not… form stands there, and its texts; None where there is neither."""
    if name in data and f"Not{name}" in data:
        raise UnreadablePolicyError(f"it has both {name} and Not{name}")
    inverted = f"Not{name}" in data
    if not inverted and name not in data:
        return None
    value = data[f"Not{name}" if inverted else name]
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise UnreadablePolicyError(f"its {name} is empty")
    for each in texts:
        if not isinstance(each, str):
            raise UnreadablePolicyError(f"{name} holds {each!r}, which is no text")
    return inverted, texts


def _actions(data: dict[str, Any]) -> Actions:
    element = _element(data, "Action")
    if element is None:
        raise UnreadablePolicyError("it has no Action")
    inverted, texts = element
    for each in texts:
        if not _ACTION.fullmatch(each):
            raise UnreadablePolicyError(f"{each!r} is no action")
    lowered = [each.lower() for each in texts]
    exact = frozenset(each for each in lowered if not set(each) & {"*", "?"})
    return Actions(inverted, exact, tuple(expression(each) for each in lowered if each not in exact))


def _resources(data: dict[str, Any], kind: Kind, with_variables: bool) -> Resources:
    element = _element(data, "Resource")
    if element is None:
        if not kind.names_principals:
            raise UnreadablePolicyError("it has no Resource")
        return Resources(everything=True)  # a policy on a resource that says no more is about that one
    inverted, texts = element
    for each in texts:
        _check_resource(each, with_variables)
    variable = tuple(each for each in texts if variables.has_variable(each))
    fixed = tuple(each for each in texts if each not in variable)
    return Resources(inverted, "*" in texts, fixed, variable, tuple(texts))


def _check_resource(text: str, with_variables: bool) -> None:
    """Source: IAM user guide, "IAM JSON policy elements: Resource"."""
    variables.check(text)
    if variables.has_variable(text) and not with_variables:
        raise UnreadablePolicyError(f"{text} is no variable in a policy without Version 2012-10-17")
    if text == "*":
        return
    if not text.startswith("arn:"):
        raise UnreadablePolicyError(f"{text!r} is no ARN")
    parts = text.split(":")
    if len(parts) > _SERVICE + 1 and set(parts[_SERVICE]) & {"*", "?"}:
        raise UnreadablePolicyError(f"{text} has a wildcard for the service, which IAM does not take")


def _principals(data: dict[str, Any], kind: Kind, allows: bool) -> Principals | None:
    inverted = "NotPrincipal" in data
    if inverted and "Principal" in data:
        raise UnreadablePolicyError("it has both Principal and NotPrincipal")
    if not inverted and "Principal" not in data:
        if kind.names_principals:
            raise UnreadablePolicyError("it names no Principal")
        return None
    if not kind.names_principals:
        raise UnreadablePolicyError(f"a {kind.value} names no principals")
    if inverted and allows:
        raise UnreadablePolicyError("NotPrincipal with Allow lets in whoever is not named, strangers too: not modelled")
    return principals.read(data["NotPrincipal" if inverted else "Principal"], inverted)
