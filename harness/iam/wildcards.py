"""Texts of policies that stand for many: wildcards in actions, ARNs and strings. It knows no policy.

A character that must be taken as it is, though it looks like a wildcard (from a policy variable), is marked: `literal`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MARKED = str.maketrans("*?", "\ue000\ue001")  # private use: no ARN or name holds them
_PLAIN = str.maketrans("\ue000\ue001", "*?")
_ARN_PARTS = 6


def literal(text: str) -> str:
    """The text with its wildcards marked as ordinary characters."""
    return text.translate(_MARKED)


def plain(text: str) -> str:
    """The text without marks."""
    return text.translate(_PLAIN)


@lru_cache(maxsize=16384)
def expression(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern of a string or an action: * is any run of characters, ? any one."""
    return re.compile(_translated(pattern, ".*", "."), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@lru_cache(maxsize=16384)
def resource_expression(pattern: str) -> re.Pattern[str]:
    """A pattern of a Resource element.

    In the five parts before the resource, a * stays within its part, unless it ends it: then it runs on beyond colons.
    Source: IAM user guide, "IAM JSON policy elements: Resource".
    """
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:  # "*", or an ARN that a * cuts short
        return expression(pattern)
    head = [
        _translated(part.removesuffix("*"), "[^:]*", "[^:]") + (".*" if part.endswith("*") else "")
        for part in parts[:-1]
    ]
    return re.compile(":".join([*head, _translated(parts[-1], ".*", ".")]), re.DOTALL)


def arn_matches(value: str, pattern: str) -> bool:
    """How the Arn operators compare: each of the six parts for itself (IAM user guide, "ARN condition operators")."""
    given, wanted = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(given) != _ARN_PARTS or len(wanted) != _ARN_PARTS:
        return False
    return all(expression(part).fullmatch(own) for own, part in zip(given, wanted, strict=True))


def is_arn_pattern(pattern: str) -> bool:
    """Whether the Arn operators can compare with it."""
    return len(pattern.split(":", _ARN_PARTS - 1)) == _ARN_PARTS


def _translated(pattern: str, many: str, one: str) -> str:
    pieces = re.split(r"([*?])", pattern)
    return "".join({"*": many, "?": one}.get(piece, re.escape(plain(piece))) for piece in pieces)
