"""What a launcher sees change between two templates of a product, and which version step each change needs.

Parameters, their groups and rules, outputs, permissions of roles, and resources that come and go. What becomes of a
stack that exists is not told here: it depends on its parameters, and takes the stack engine (`checks.updates`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.catalog.permissions import Permission, grants, permissions_of
from harness.catalog.versions import Step
from harness.cfn.patterns import UndecidedError, refused
from harness.cfn.template import OutputDeclaration, Parameter, Rule, Template

Sign = Literal["+", "-", "~"]
_INTERFACE = "AWS::CloudFormation::Interface"


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `section` and `name` say where it stands in the newer template, or stood in the older.

    `text` goes on where the name ends: "became required (was optional)".
    """

    step: Step
    sign: Sign
    section: Literal["Parameters", "Outputs", "Rules", "Metadata", "Permissions", "Resources"]
    name: str
    text: str

    def __str__(self) -> str:
        return f"{_NOUNS[self.section]} {self.name} {self.text}"


_NOUNS = {
    "Parameters": "parameter",
    "Outputs": "output",
    "Rules": "rule",
    "Metadata": "group",
    "Permissions": "role",
    "Resources": "resource",
}


def differences(older: Template, newer: Template) -> tuple[Difference, ...]:
    """Everything that a launcher can see differ, in the order of the sections."""
    return (
        *_parameters(older, newer),
        *_rules(older, newer),
        *_groups(older, newer),
        *_outputs(older, newer),
        *_permissions(older, newer),
        *_resources(older, newer),
    )


def permission_differences(
    older: frozenset[Permission], newer: frozenset[Permission], step: Step = Step.MINOR
) -> Iterator[Difference]:
    """Permissions that are new and those that are gone, by holder."""
    for each in grants(newer - older):
        yield Difference(step, "+", "Permissions", each.holder, f"has now: {each}")
    for each in grants(older - newer):
        yield Difference(step, "-", "Permissions", each.holder, f"no longer has: {each}")


def _permissions(older: Template, newer: Template) -> Iterator[Difference]:
    lost = frozenset(each for each in permissions_of(older) if each.holder in newer.resources)  # gone with its role
    return permission_differences(lost, permissions_of(newer))


def _parameters(older: Template, newer: Template) -> Iterator[Difference]:
    for name, new in newer.parameters.items():
        old = older.parameters.get(name)
        if old is None:
            yield _new_parameter(new)
        else:
            for each in _changed_parameter(old, new):
                yield replace(each, name=name)
    for name in older.parameters:
        if name not in newer.parameters:
            yield Difference(Step.MAJOR, "-", "Parameters", name, "was removed")


def _new_parameter(new: Parameter) -> Difference:
    if new.default is None:
        return Difference(Step.MAJOR, "+", "Parameters", new.name, "is new and required")
    return Difference(Step.MINOR, "+", "Parameters", new.name, f"is new (default {_quoted(new.default)})")


def _changed_parameter(old: Parameter, new: Parameter) -> Iterator[Difference]:
    def told(step: Step, text: str) -> Difference:
        return Difference(step, "~", "Parameters", new.name, text)

    if old.type != new.type:
        yield told(Step.MAJOR, f"has type {new.type} (was {old.type})")
    if old.default is not None and new.default is None:
        yield told(Step.MAJOR, "became required (was optional)")
    elif old.default is None and new.default is not None:
        yield told(Step.MINOR, f"became optional (default {_quoted(new.default)})")
    elif old.default != new.default:
        yield told(Step.MINOR, f"has default {_quoted(new.default or '')} (was {_quoted(old.default or '')})")
    yield from (told(step, text) for step, text in _allowed(old, new))
    yield from (told(step, text) for step, text in _limits(old, new))
    if old.no_echo != new.no_echo:
        yield told(Step.MINOR, "is hidden now (NoEcho)" if new.no_echo else "is shown now (was NoEcho)")
    if old.description != new.description:
        yield told(Step.MINOR, "is described in other words")
    if old.constraint_description != new.constraint_description:
        yield told(Step.MINOR, "explains its constraint in other words")


def _allowed(old: Parameter, new: Parameter) -> Iterator[tuple[Step, str]]:
    if old.allowed_values and new.allowed_values:
        gone = [each for each in old.allowed_values if each not in new.allowed_values]
        more = [each for each in new.allowed_values if each not in old.allowed_values]
        if gone:
            yield Step.MAJOR, f"no longer allows {', '.join(map(_quoted, gone))}"
        if more:
            yield Step.MINOR, f"allows {', '.join(map(_quoted, more))} too"
        if not gone and not more and old.allowed_values != new.allowed_values:
            yield Step.MINOR, "lists its values in another order"
    elif new.allowed_values:
        yield Step.MAJOR, f"allows only {', '.join(map(_quoted, new.allowed_values))} (was any)"
    elif old.allowed_values:
        yield Step.MINOR, "allows any value (was a list)"
    if old.allowed_pattern == new.allowed_pattern:
        return
    if new.allowed_pattern is None:
        yield Step.MINOR, "has no pattern any more"
    elif old.allowed_pattern is None:
        yield Step.MAJOR, f"allows only what matches {new.allowed_pattern} (was any)"
    else:
        yield _pattern(old.allowed_pattern, new.allowed_pattern)


def _pattern(old: str, new: str) -> tuple[Step, str]:
    now = f"what matches {new} (was {old})"
    try:
        value = refused(new, old)
    except UndecidedError:
        return Step.MAJOR, f"allows only {now}; whether that is all that it did cannot be told"
    if value is None:
        return Step.MINOR, f"allows {now}, all that it did and more"
    return Step.MAJOR, f"no longer allows {_quoted(value)}, only {now}"


def _limits(old: Parameter, new: Parameter) -> Iterator[tuple[Step, str]]:
    for label, before, after, upward in (
        ("shortest length", old.min_length, new.min_length, True),
        ("longest length", old.max_length, new.max_length, False),
        ("least value", old.min_value, new.min_value, True),
        ("greatest value", old.max_value, new.max_value, False),
    ):
        if before == after:
            continue
        if after is None:
            yield Step.MINOR, f"has no {label} any more (was {before:g})"
            continue
        was = "none" if before is None else f"{before:g}"
        narrower = before is None or (after > before if upward else after < before)
        yield Step.MAJOR if narrower else Step.MINOR, f"has {label} {after:g} (was {was})"


def _rules(older: Template, newer: Template) -> Iterator[Difference]:
    before = {rule.name: rule for rule in older.rules}
    after = {rule.name: rule for rule in newer.rules}
    for name, rule in after.items():
        if name not in before:
            yield Difference(Step.MAJOR, "+", "Rules", name, "is new: it may refuse values that were accepted")
        elif _demands(rule) != _demands(before[name]):
            yield Difference(Step.MAJOR, "~", "Rules", name, "asks for something else: it may refuse what was accepted")
    for name in before:
        if name not in after:
            yield Difference(Step.MINOR, "-", "Rules", name, "was removed")


def _demands(rule: Rule) -> tuple[Any, ...]:
    return rule.condition, tuple(each.expression for each in rule.assertions)


def _groups(older: Template, newer: Template) -> Iterator[Difference]:
    before, after = _shown(older), _shown(newer)
    for name, (label, group) in after.items():
        was = before.get(name)
        if was is None or name not in older.parameters:
            continue  # a new parameter is told as such
        if was[0] != label:
            text = f"is labelled {_quoted(label)} (was {_quoted(was[0])})"
            yield Difference(Step.MINOR, "~", "Parameters", name, text)
        if was[1] != group:
            text = f"stands in group {_quoted(group)} (was {_quoted(was[1])})"
            yield Difference(Step.MINOR, "~", "Parameters", name, text)
    there = [each for each in before if each in after]
    if there != [each for each in after if each in before]:
        yield Difference(Step.MINOR, "~", "Metadata", "of parameters", "stand in another order")


def _shown(template: Template) -> dict[str, tuple[str, str]]:
    """Parameter → its label and the label of its group, in the order in which a launcher sees them."""
    interface = template.metadata.get(_INTERFACE)
    interface = interface if isinstance(interface, Mapping) else {}
    labels = interface.get("ParameterLabels")
    groups: dict[str, str] = {}
    for group in _listed(interface.get("ParameterGroups")):  # CloudFormation takes anything here, and shows what fits
        if isinstance(group, Mapping):
            for name in _listed(group.get("Parameters")):
                groups[str(name)] = _default(group.get("Label"))
    ordered = [*groups, *(name for name in template.parameters if name not in groups)]
    return {
        name: (_default(labels.get(name)) if isinstance(labels, Mapping) else "", groups.get(name, ""))
        for name in ordered
        if name in template.parameters
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _default(label: Any) -> str:
    return str(label.get("default", "")) if isinstance(label, Mapping) else ""


def _outputs(older: Template, newer: Template) -> Iterator[Difference]:
    for key, new in newer.outputs.items():
        old = older.outputs.get(key)
        if old is None:
            yield Difference(Step.MINOR, "+", "Outputs", key, "is new")
            continue
        if old.description != new.description:
            yield Difference(Step.MINOR, "~", "Outputs", key, "is described in other words")
        if old.export_name is None and new.export_name is not None:
            yield Difference(Step.MINOR, "~", "Outputs", key, f"is exported as {_export(new)}")
        elif old.export_name != new.export_name:
            yield Difference(Step.MAJOR, "~", "Outputs", key, f"is exported as {_export(new)} (was {_export(old)})")
    for key in older.outputs:
        if key not in newer.outputs:
            yield Difference(Step.MAJOR, "-", "Outputs", key, "was removed")


def _export(output: OutputDeclaration) -> str:
    name = output.export_name
    return "nothing" if name is None else name if isinstance(name, str) else json.dumps(name, sort_keys=True)


def _resources(older: Template, newer: Template) -> Iterator[Difference]:
    """What a launch makes. What an update makes of it, data and names, is the stack engine's to say."""
    for name, resource in newer.resources.items():
        if name not in older.resources:
            yield Difference(Step.MINOR, "+", "Resources", name, f"is new ({resource.type})")
    for name, resource in older.resources.items():
        if name not in newer.resources:
            yield Difference(Step.MINOR, "-", "Resources", name, f"was removed ({resource.type})")


def _quoted(text: str) -> str:
    return f"'{text}'"
