"""Texts of policies that stand for many: wildcards in actions, ARNs and strings. It knows no policy.

A character that must be taken as it is, though it looks like a wildcard (from a policy variable), is marked: `literal`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MARKED = str.maketrans("*?", "\ue000\ue001")  # private use: no ARN or name holds them
_PLAIN = str.maketrans("\ue000\ue001", "*?")
_MANY, _ONE = "\ue002", "\ue003"  # a wildcard of a pattern that is looked at as a text
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
    return re.compile(_resource_translated(pattern, "."), re.DOTALL)


def _resource_translated(pattern: str, one: str) -> str:
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:  # "*", or an ARN that a * cuts short
        return _translated(pattern, ".*", one)
    within = "[^:]" if one == "." else f"[^:{_MANY}]"
    head = [
        _translated(part.removesuffix("*"), "[^:]*", within) + (".*" if part.endswith("*") else "")
        for part in parts[:-1]
    ]
    return ":".join([*head, _translated(parts[-1], ".*", one)])


def arn_matches(value: str, pattern: str) -> bool:
    """How the Arn operators compare: each of the six parts for itself (IAM user guide, "ARN condition operators")."""
    given, wanted = value.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(given) != _ARN_PARTS or len(wanted) != _ARN_PARTS:
        return False
    return all(expression(part).fullmatch(own) for own, part in zip(given, wanted, strict=True))


def is_arn_pattern(pattern: str) -> bool:
    """Whether the Arn operators can compare with it."""
    return len(pattern.split(":", _ARN_PARTS - 1)) == _ARN_PARTS


@lru_cache(maxsize=65536)
def covers(general: str, special: str) -> bool:
    """Whether every ARN that the pattern `special` stands for is one that `general` stands for.

    Sufficient, not necessary: where it cannot tell, it says no. Both are patterns of Resource elements.
    """
    opaque = special.replace("*", _MANY).replace("?", _ONE)
    return _covering(general).fullmatch(opaque) is not None


@lru_cache(maxsize=16384)
def _covering(general: str) -> re.Pattern[str]:
    return re.compile(_resource_translated(general, f"[^{_MANY}]"), re.DOTALL)


@lru_cache(maxsize=65536)
def meets(one: str, other: str) -> bool:
    """Whether some text is what both patterns stand for; for ARNs it may say yes where colons would keep them apart."""
    head = min(_plain_length(one), _plain_length(other))
    if one[:head] != other[:head]:
        return False
    # The places of `other` that can be reached after each piece of `one`, from its beginning.
    reached = _after_stars(other, {0})
    for piece in one:
        if piece == "*":
            reached = set(range(min(reached), len(other) + 1)) if reached else set()
            continue
        following = set()
        for at in reached:
            if at < len(other) and other[at] == "*":
                following.add(at)
            elif at < len(other) and (piece == "?" or other[at] in ("?", piece)):
                following.add(at + 1)
        reached = _after_stars(other, following)
        if not reached:
            return False
    return len(other) in reached


def _after_stars(pattern: str, places: set[int]) -> set[int]:
    """Those places, and the ones behind stars that stand for nothing."""
    found = set(places)
    for at in places:
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            found.add(at)
    return found


def _plain_length(pattern: str) -> int:
    return next((at for at, piece in enumerate(pattern) if piece in "*?"), len(pattern))


def _translated(pattern: str, many: str, one: str) -> str:
    pieces = re.split(r"([*?])", pattern)
    return "".join({"*": many, "?": one}.get(piece, re.escape(plain(piece))) for piece in pieces)
