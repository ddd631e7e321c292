"""A launch role as a file that people read and foundations include: YAML, a reason at each statement; and its size."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import cfn_flip
import yaml

from harness.catalog import launchpolicy
from harness.checks.launching.statements import Statement

_ANY_ACCOUNT = "000000000000"
_WIDTH = 120
_PLAIN = re.compile(r"[A-Za-z][\w:./-]*")
_BOOLEANS = {"true", "false", "yes", "no", "on", "off", "null"}
# Names that CloudFormation makes of a stack's name: what comes before the logical id.
_OF_A_STACK = re.compile(r"(.*[Ss][Cc]-\$\{AWS::AccountId\}-pp-\*)-[A-Za-z0-9]+-\*")
_NO_ROOM = "its policies have no room for each name, hence any that begins so, of other products too"
_HEADER = """\
# What the launch role of {product} may do, beside what every launch role may.
# Written by `build.py roles {product}`, from the product's template and those of its releases.
# Never edited: a right that no template tells is added, with its reason, under launch_role in product.yaml.
# SC-…-pp-*-Topic-* is what CloudFormation calls the Topic of any product's stack: its name does not tell the product.

"""


def fitted(generated: Sequence[Statement], added: Sequence[Statement] = ()) -> tuple[Statement, ...]:
    """The statements as a role takes them, what a human added behind what is generated.

    Where they are too many characters, names that differ in the logical id alone are told by what they have in common:
    first where there are three or more of them in a statement, then of two, then of each.
    """
    found = (*generated, *added)
    for least in (3, 2, 1):
        if not fits(found):
            found = (*(_short(each, least) for each in generated), *added)
    return found


def _short(statement: Statement, least: int) -> Statement:
    resources = _shortened(statement.resources, least)
    if resources == statement.resources:
        return statement
    return replace(statement, resources=resources, reason=f"{statement.reason}; {_NO_ROOM}")


def _shortened(resources: Sequence[str], least: int) -> tuple[str, ...]:
    alike: dict[str, list[str]] = {}
    for each in resources:
        match = _OF_A_STACK.fullmatch(each)
        alike.setdefault(match[1] if match else each, []).append(each)
    return tuple(sorted(x for common, those in alike.items() for x in ([common] if len(those) >= least else those)))


def fits(statements: Iterable[Statement]) -> bool:
    """Whether the policies of a role hold them."""
    return launchpolicy.fits([as_data(each) for each in statements])


def size(statements: Iterable[Statement]) -> int:
    """Characters of the statements as IAM counts them."""
    return launchpolicy.characters([as_data(each) for each in statements])


def as_data(statement: Statement) -> dict[str, Any]:
    """A statement as IAM takes it, texts as Fn::Sub takes them."""
    conditions: dict[str, dict[str, Any]] = {}
    for each in statement.conditions:
        conditions.setdefault(each.operator, {})[each.key] = _one_or_many(each.values)
    data = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": _one_or_many(statement.actions),
        "Resource": _one_or_many(statement.resources),
    }
    return {**data, "Condition": conditions} if conditions else data


def resolved(value: Any) -> Any:
    """With an account and a partition in place of Fn::Sub's names."""
    text = json.dumps(value).replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", _ANY_ACCOUNT)
    return json.loads(text)


def parsed(text: str) -> list[dict[str, Any]]:
    """The statements of such a file in long form; none where it is no list of statements."""
    try:
        data, _ = cfn_flip.load(text)
    except (ValueError, yaml.YAMLError):  # somebody edited it
        return []
    plain = json.loads(json.dumps(data, default=str))
    return [each for each in plain if isinstance(each, dict)] if isinstance(plain, list) else []


def as_text(product: str, statements: Iterable[Statement]) -> str:
    """The file."""
    return _HEADER.format(product=product) + "".join(f"{line}\n" for each in statements for line in _lines(each))


def _lines(statement: Statement) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(statement.reason, _WIDTH - 2, break_on_hyphens=False))
    data = as_data(statement)
    yield f"- Sid: {statement.sid}"
    yield "  Effect: Allow"
    yield from _element("Action", data["Action"])
    yield from _element("Resource", data["Resource"])
    if "Condition" in data:
        yield "  Condition:"
        for operator, lines in data["Condition"].items():
            yield from _condition(operator, lines)


def _element(name: str, value: str | list[str]) -> Iterator[str]:
    if isinstance(value, str):
        yield f"  {name}: {_scalar(value)}"
        return
    flow = f"  {name}: [{', '.join(map(_scalar, value))}]"
    if len(flow) <= _WIDTH and "!Sub" not in flow:
        yield flow
        return
    yield f"  {name}:"
    yield from (f"    - {_scalar(each)}" for each in value)


def _condition(operator: str, lines: Mapping[str, Any]) -> Iterator[str]:
    flow = f"    {operator}: {{ {', '.join(f'{key}: {_value(value)}' for key, value in lines.items())} }}"
    if len(flow) <= _WIDTH or all(isinstance(each, str) for each in lines.values()):
        yield flow
        return
    yield f"    {operator}:"
    for key, value in lines.items():
        if isinstance(value, str):
            yield f"      {key}: {_quoted(value)}"
        else:
            yield f"      {key}:"
            yield from (f"        - {_quoted(each)}" for each in value)


def _value(value: str | list[str]) -> str:
    return _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"


def _quoted(value: str) -> str:
    if "${" in value:
        return f"!Sub {json.dumps(value)}"
    return value if _PLAIN.fullmatch(value) and value not in _BOOLEANS else json.dumps(value)


def _scalar(value: str) -> str:
    if "${" in value:
        return f"!Sub {value}"
    return value if _PLAIN.fullmatch(value) else json.dumps(value)


def _one_or_many(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)
