"""The rule of a composite alarm: read, and decided by the states of the alarms that it names. Pure.

Source: CloudWatch API, PutCompositeAlarm, AlarmRule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*(?:(?P<sign>[()])|\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<word>[^\s()\"']+))")
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")

StateOf = Callable[[str], str | None]  # an alarm's name or ARN → its state, None where it does not exist


class InvalidRuleError(ValueError):
    """The text is no rule; the message says why."""


@dataclass(frozen=True)
class Rule:
    """A rule that was read."""

    decide: Callable[[StateOf], bool]
    names: frozenset[str]  # the alarms that it names


def parse(text: str) -> Rule:
    """Raises InvalidRuleError."""
    reader = _Reader(text)
    decide = reader.either()
    if reader.token is not None:
        raise InvalidRuleError(f"{reader.token} was not expected")
    return Rule(decide, frozenset(reader.names))


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = self._split(text)
        self.token: str | None = None
        self.names: list[str] = []
        self._next()

    @staticmethod
    def _split(text: str) -> Iterator[str]:
        position, text = 0, text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise InvalidRuleError(f"cannot read {text[position:]}")
            position = match.end()
            yield match["sign"] or match["quoted"] or match["single"] or match["word"]

    def _next(self) -> str | None:
        token, self.token = self.token, next(self._tokens, None)
        return token

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise InvalidRuleError(f"{wanted} was expected")

    def either(self) -> Callable[[StateOf], bool]:
        """Terms with OR between."""
        terms = [self._both()]
        while self.token == "OR":
            self._next()
            terms.append(self._both())
        return lambda state_of: any(each(state_of) for each in terms)

    def _both(self) -> Callable[[StateOf], bool]:
        terms = [self._one()]
        while self.token == "AND":
            self._next()
            terms.append(self._one())
        return lambda state_of: all(each(state_of) for each in terms)

    def _one(self) -> Callable[[StateOf], bool]:
        token = self._next()
        if token == "NOT":
            inner = self._one()
            return lambda state_of: not inner(state_of)
        if token == "(":
            inner = self.either()
            self._take(")")
            return inner
        if token in ("TRUE", "FALSE"):
            return lambda _: token == "TRUE"
        if token not in _STATES:
            raise InvalidRuleError(f"{token} is no function of a rule: there are {', '.join(_STATES)}")
        self._take("(")
        name = self._next()
        self._take(")")
        if not name or name == ")":
            raise InvalidRuleError(f"{token} names no alarm")
        self.names.append(name)
        return lambda state_of: state_of(name) == token
