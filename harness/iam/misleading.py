"""What in a policy would silently mislead: it is accepted by IAM, and never does what it seems to say.

An action that does not exist, a condition key that an action does not offer (it never matches, and with a negated
operator always) or that holds something else than the operator compares, a resource that none of its actions takes, an
action none of whose resources are named, a reference of CloudFormation that was not resolved, a variable where none is
filled in. Judged by IAM's own reference; it decides no request.
Sources: IAM user guide, "Policy validation", "Access Analyzer policy check reference", "IAM policy elements: Variables
and tags"; Service Authorization Reference.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from harness.iam import reference
from harness.iam.wildcards import meets

_UNRESOLVED = re.compile(r"\$\{(?:AWS::\w+|[A-Z]\w*(?:\.\w+)?)\}")
_PARTS = 6  # of an ARN
# Keys that come with what a service does by itself for a resource, or with S3's requests whatever the action.
_EVERYWHERE = ("aws:sourcearn", "aws:sourceaccount", "s3:tlsversion")
# Beginning of an operator's name → what it compares; texts and ARNs otherwise.
_COMPARED = {"Binary": "Binary", "Bool": "Bool", "Date": "Date", "IpAddress": "IPAddress", "NotIpAddress": "IPAddress",
             "Numeric": "Numeric"}  # fmt: skip
# What the reference leaves out. SageMaker developer guide, "Deploy a model version from a different account": a model
# that is made of a version asks for the version too.
_BEYOND_THE_REFERENCE = {
    "sagemaker:CreateModel": (
        reference.ResourceType("model-package", "arn:${P}:sagemaker:${R}:${A}:model-package/${Name}", False),
    )
}


@dataclass(frozen=True)
class Misleading:
    """One finding. `sid`: of the statement, or its number; `problem`: what it says and does not do."""

    sid: str
    problem: str


def misleading(document: Mapping[str, Any], with_resources: bool = True) -> Iterator[Misleading]:
    """Everything that misleads in a resolved policy document. `with_resources`: off for a trust policy."""
    found = document.get("Statement", [])
    for number, statement in enumerate(found if isinstance(found, list) else [found], start=1):
        sid = str(statement.get("Sid") or number)
        yield from (Misleading(sid, problem) for problem in _comparisons(statement))
        for text in _texts(statement):
            if match := _UNRESOLVED.search(text):
                yield Misleading(sid, f"{match[0]} was not resolved, so that it names nothing")
        inverted = "NotAction" in statement
        patterns = _many(statement.get("NotAction" if inverted else "Action", []))
        actions: list[reference.Action] = []
        for pattern in patterns:
            named = expanded(pattern)
            if not named and pattern != "*":
                yield Misleading(sid, f"IAM knows no action {pattern}")
            actions += named
        if inverted or "*" in patterns:
            continue  # about everything: any key and any resource is somebody's
        yield from (Misleading(sid, problem) for problem in _keys(statement, patterns))
        if with_resources and actions:
            yield from (Misleading(sid, problem) for problem in _resources(statement, patterns, actions))


@cache
def expanded(pattern: str) -> tuple[reference.Action, ...]:
    """The actions that an entry of an Action element stands for; none for * alone, and for what IAM does not know."""
    service, _, name = pattern.partition(":")
    if not set(name) & {"*", "?"}:
        known = reference.known(pattern)
        return (known,) if known else ()
    names = [each for each in reference.names(service.lower()) if fnmatch.fnmatchcase(each.lower(), name.lower())]
    return tuple(known for each in names if (known := reference.action(service.lower(), each)) is not None)


def _keys(statement: Mapping[str, Any], patterns: list[str]) -> Iterator[str]:
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            for pattern in patterns if not key.lower().startswith(_EVERYWHERE) else ():
                actions = expanded(pattern)
                if actions and not any(each.offers(key) for each in actions):
                    yield f"{pattern} does not offer the key {key}, which {operator} asks for"


def _comparisons(statement: Mapping[str, Any]) -> Iterator[str]:
    """Operators that do not compare what their key holds."""
    asked = statement.get("Condition", {})
    present = {key.lower() for key, wanted in asked.get("Null", {}).items() if str(wanted).lower() == "false"}
    for operator, key in ((operator, key) for operator, keys in asked.items() for key in keys):
        holds = reference.key_type(key)
        if operator == "Null" or not holds:
            continue
        quantifier, _, name = operator.rpartition(":")
        one = holds.removeprefix("ArrayOf")
        compared = next((each for start, each in _COMPARED.items() if name.startswith(start)), "String")
        if compared != ("String" if one == "ARN" else one):
            yield f"{key} holds {one}, which {operator} does not compare"
        if one != holds and not quantifier:
            yield f"{key} holds many values: {operator} needs ForAnyValue or ForAllValues"
        if one == holds and quantifier == "ForAllValues":
            yield f"{key} holds one value: {operator} lets pass whatever lacks it"
        if quantifier == "ForAllValues" and statement.get("Effect") == "Allow" and key.lower() not in present:
            yield f"{operator} allows what lacks {key}, too: it needs Null of the key to be false"


def _resources(statement: Mapping[str, Any], patterns: list[str], actions: list[reference.Action]) -> Iterator[str]:
    named = [str(each) for each in _many(statement.get("Resource", statement.get("NotResource", "*")))]
    for arn in named:
        if arn != "*" and not any(_is_taken(arn, each.name) for each in actions):
            yield f"none of its actions takes the resource {arn}"
        if "${" in arn and arn.partition("${")[0].count(":") < _PARTS - 1:
            yield f"{arn} has a variable before the fifth colon, where none is filled in"
    if "NotResource" in statement or "*" in named:
        return
    does = "allowed" if statement.get("Effect") == "Allow" else "denied"
    for pattern in patterns:
        if not any(_is_taken(arn, each.name) for each in expanded(pattern) for arn in named):
            yield f"{pattern} takes none of the resources that it names, and so is never {does} by it"


@lru_cache(maxsize=65536)
def _is_taken(arn: str, action: str) -> bool:
    known = reference.known(action)
    types = known.types if known else ()
    return any(_is_of(_every(arn), kind) for kind in (*types, *_BEYOND_THE_REFERENCE.get(action, ())))


def _is_of(arn: str, kind: reference.ResourceType) -> bool:
    """Whether some resource of that kind fits: each of the six parts for itself, as stars do not reach beyond them."""
    if arn == "*":
        return True
    if kind.arn.endswith(":s3:::${BucketName}") and "/" in arn:  # a bucket's name holds no slash, other names may
        return False
    ours, theirs = arn.split(":", _PARTS - 1), kind.pattern.split(":", _PARTS - 1)
    if len(ours) < len(theirs):  # cut short by a star
        return meets(arn, kind.pattern)
    return all(meets(one, other) for one, other in zip(ours, theirs, strict=True))


def _every(arn: str) -> str:
    return re.sub(r"\$\{[^}]*\}", "*", arn)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
