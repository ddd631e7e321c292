"""Policy variables: `${aws:PrincipalTag/team}`, `${key, 'default'}`, `${*}`. It decides nothing about what they mean.

Source: IAM user guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.iam.errors import UnreadablePolicyError
from harness.iam.wildcards import literal

Lookup = Callable[[str], str | None]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_CHARACTERS = ("*", "?", "$")
_KEY = re.compile(r"\s*(?P<key>[\w-]+:[^,'{}]*[^,'{}\s])\s*(?:,\s*'(?P<default>[^'{}]*)'\s*)?")


def has_variable(text: str) -> bool:
    """Whether anything in it is to be filled in."""
    return "${" in text


def check(text: str) -> None:
    """Raises UnreadablePolicyError for what looks like a variable and is none, a CloudFormation one among them."""
    for inner in _VARIABLE.findall(text):
        if "::" in inner:
            raise UnreadablePolicyError(f"${{{inner}}} is CloudFormation's and was not resolved")
        if inner not in _CHARACTERS and not _KEY.fullmatch(inner):
            raise UnreadablePolicyError(f"${{{inner}}} is no policy variable")
    if "${" in _VARIABLE.sub("", text):
        raise UnreadablePolicyError(f"a variable does not end: {text}")


def keys(text: str) -> tuple[str, ...]:
    """The condition keys that its variables ask for."""
    found = (_KEY.fullmatch(inner) for inner in _VARIABLE.findall(text))
    return tuple(match["key"] for match in found if match)


def filled(text: str, value: Lookup) -> str | None:
    """The text with its variables replaced; None where one has neither value nor default, which matches nothing.

    What a variable gives is literal: a * in it is no wildcard.
    """
    missing = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal missing
        if found[1] in _CHARACTERS:
            return literal(found[1])
        match = _KEY.fullmatch(found[1])
        assert match is not None  # checked when the policy was read
        got = value(match["key"])
        if got is None:
            got = match["default"]
        missing = missing or got is None
        return literal(got or "")

    result = _VARIABLE.sub(replaced, text)
    return None if missing else result
