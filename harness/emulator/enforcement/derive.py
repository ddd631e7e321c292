"""From a call to the permissions that it takes, by the table of its service and IAM's reference. It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.table import Context, Need, Table
from harness.emulator.identity import PARTITION
from harness.iam import reference
from harness.iam.reference import ResourceType

_ROLE = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):role/.+")
_MAKING = ("Create", "Put", "Register", "Run", "Start", "Import")


class NotDerivedError(Exception):
    """The table does not say what the call needs; the message names what is lacking."""


def needs(asked: Asked, table: Table) -> list[Need]:
    """Every permission that the call takes; none for an operation that is free to all. Raises NotDerivedError."""
    if asked.operation in table.free:
        return list(table.more(asked))
    if table.whole is not None:
        said = table.whole(asked)
        if said is None:
            raise NotDerivedError(f"nothing says what {asked.operation} takes")
        return list(said)
    name = table.actions.get(asked.operation, asked.operation)
    known = reference.action(table.prefix, name)
    if known is None:
        raise NotDerivedError(f"IAM knows no action {table.prefix}:{name}")
    context = {**_tags_asked(asked), **table.keys(asked)}
    found = [_need(known.name, arn, context, table) for arn in _resources(asked, table, known)]
    if table.tagging and asked.operation.startswith(_MAKING) and _given_tags(asked):
        found += [_tagged(each, asked, context, table) for each in found]
    own = asked.caller.account_id  # a role of another account is assumed later, and passed by nobody
    found += [each for each in _passed(asked.parameters, table.roles) if each.resource_account == own]
    return [*found, *table.more(asked)]


def _tagged(making: Need, asked: Asked, context: Context, table: Table) -> Need:
    """Tags given at creation: on the resource, or on any of its kind where it has neither an id nor a policy yet."""
    action = f"{table.prefix}:{table.tagging}"
    known = reference.action(table.prefix, table.tagging)
    if making.resource != "*" or known is None or not known.types:
        return _need(action, making.resource, context, table)
    return Need(action, _filled(known.types[0].arn, asked, dict.fromkeys(known.types[0].variables, "*")), "", context)


def account_of(arn: str) -> str:
    """The account that an ARN names; empty where it names none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def _need(action: str, arn: str, context: Context, table: Table) -> Need:
    policy = table.policy(arn) if arn != "*" else None
    return Need(action, arn, account_of(arn), context, policy, table.policy_must_allow(arn))


def _resources(asked: Asked, table: Table, known: reference.Action) -> list[str]:
    if find := table.resources.get(asked.operation):
        found = list(find(asked))
        if not found:
            raise NotDerivedError(f"nothing says which resource {asked.operation} is about")
        return found
    if not known.types:
        return ["*"]
    required = [each for each in known.types if each.required]
    found = [arn for each in required for arn in _of_type(each, asked, table)]
    if required and not found:
        if not known.reads and not table.whole_if_unnamed:
            raise NotDerivedError(f"nothing says which {required[0].name} {asked.operation} is about")
        return [_filled(required[0].arn, asked, dict.fromkeys(required[0].variables, "*"))]
    if found:
        return list(dict.fromkeys(found))
    # Optional kinds: the one that the parameters say most about.
    for each in sorted(known.types, key=lambda kind: -len(kind.variables)):
        if found := _of_type(each, asked, table):
            return found
    return ["*"]


def _of_type(kind: ResourceType, asked: Asked, table: Table) -> list[str]:
    if find := table.kinds.get(kind.name):
        return list(find(asked))
    given = [str(value) for value in asked.parameters.values() if isinstance(value, str) and value.startswith("arn:")]
    if whole := [arn for arn in given if kind.is_one(arn)]:
        return whole[:1]
    values: dict[str, Any] = {}
    for variable in kind.variables:
        value = next(
            (
                found
                for name in table.variables.get(variable, (variable,))
                if (found := asked.get(name)) not in (None, "")
            ),
            None,
        )
        if value is None or isinstance(value, Mapping):
            return []
        values[variable] = value
    if len(values) == 1 and isinstance(one := next(iter(values.values())), list):
        return [_filled(kind.arn, asked, {next(iter(values)): each}) for each in one]
    return [_filled(kind.arn, asked, values)]


def _filled(arn: str, asked: Asked, values: Mapping[str, Any]) -> str:
    if len(values) == 1 and str(next(iter(values.values()))).startswith("arn:"):
        return str(next(iter(values.values())))
    everywhere = {"Partition": PARTITION, "Region": asked.region, "Account": asked.caller.account_id}
    known = {**everywhere, **{key: str(value) for key, value in values.items()}}
    return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], arn)


def _passed(value: Any, roles: Mapping[str, str]) -> Iterator[Need]:
    """iam:PassRole for every role that the call hands to a service."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if isinstance(each, str) and key in roles and (match := _ROLE.fullmatch(each)):
                yield Need("iam:PassRole", each, match["account"], {"iam:PassedToService": roles[key]})
            else:
                yield from _passed(each, roles)
    elif isinstance(value, list):
        for each in value:
            yield from _passed(each, roles)


def _given_tags(asked: Asked) -> dict[str, str]:
    """The tags of a request, in whichever form its API takes them."""
    for name in ("Tags", "TagList", "TagSet"):
        value = asked.get(name)
        if isinstance(value, Mapping):
            return {str(key): str(each) for key, each in value.items()}
        if isinstance(value, list) and value:
            return dict(_pair(each) for each in value if isinstance(each, Mapping))
    return {}


def _pair(tag: Mapping[str, Any]) -> tuple[str, str]:
    lowered = {key.lower().removeprefix("tag"): value for key, value in tag.items()}
    return str(lowered.get("key", "")), str(lowered.get("value", ""))


def _tags_asked(asked: Asked) -> Context:
    tags = _given_tags(asked)
    keys = asked.get("TagKeys") or asked.get("TagKeyList") or list(tags)
    context: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**context, "aws:TagKeys": tuple(str(key) for key in keys)} if keys else context
