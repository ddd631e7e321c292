"""A text of a launch as its template would write it: names in place of what they stood for there.

So that what is wrong in every example is told once, and a remedy can be taken over.
"""

from __future__ import annotations

import re

from harness.checks.stackrules import Stack

_SHORTEST = 4  # characters: shorter values stand in too many texts by chance
_ACCOUNT = re.compile(r"\d{12}")


def as_written(text: str, stack: Stack) -> str:
    """The text with `${Name}` for each value of a parameter, resource or pseudo parameter in it, longest first."""
    names: dict[str, str] = {}
    for value, name in _named(stack):
        if len(value) >= _SHORTEST and (re.search("[A-Za-z]", value) or _ACCOUNT.fullmatch(value)):
            names.setdefault(value, f"${{{name}}}")
    values = "|".join(re.escape(each) for each in sorted(names, key=len, reverse=True))
    found = re.sub(rf"(?<![A-Za-z0-9])(?:{values})(?![A-Za-z0-9])", lambda match: names[match[0]], text)
    return found.replace(f"arn:{stack.partition}:", "arn:${AWS::Partition}:")


def _named(stack: Stack) -> list[tuple[str, str]]:
    found = [(stack.account_id, "AWS::AccountId"), (stack.region, "AWS::Region"), (stack.state.name, "AWS::StackName")]
    found += [(value, name) for name, value in stack.state.resolved.items() if isinstance(value, str)]
    found += [(each.ref or each.physical_id, each.logical_id) for each in stack.state.resources]
    for each in stack.state.resources:
        attributes = ((name, value) for name, value in each.attributes.items() if isinstance(value, str))
        found += [(value, f"{each.logical_id}.{name}") for name, value in attributes]
    return found
