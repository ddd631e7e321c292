"""The Condition element: which keys it asks for, and whether it holds for a request.

Source: IAM user guide, "IAM JSON policy elements: Condition", "Multivalued context keys".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam import variables
from harness.iam.errors import UnreadablePolicyError
from harness.iam.operators import OPERATORS, Operator
from harness.iam.request import Request

_QUANTIFIERS = ("ForAllValues", "ForAnyValue")
_KEY = re.compile(r"[\w-]+:\S(?:.*\S)?")


@dataclass(frozen=True)
class Condition:
    """One key under one operator. `text`: the operator as the policy writes it."""

    text: str
    key: str
    wanted: tuple[str, ...]
    operator: Operator | None  # None: Null
    quantifier: str = ""
    if_exists: bool = False

    def holds(self, request: Request) -> bool:
        """Whether it holds. Raises UnreadablePolicyError where it compares several values with an operator for one."""
        values = request.values(self.key)
        if self.operator is None:
            return (not values) == (self.wanted[0] == "true")
        if not values:
            return self._holds_without()
        wanted = [text for each in self.wanted if (text := variables.filled(each, request.value)) is not None]
        if self.quantifier == "ForAllValues":
            return all(self._compares(self.operator, value, wanted) for value in values)
        if self.quantifier == "ForAnyValue":
            return any(self._compares(self.operator, value, wanted) for value in values)
        if len(values) > 1:
            problem = f"{self.text} compares one value, and {self.key} holds {len(values)}"
            raise UnreadablePolicyError(f"{problem}: it needs ForAnyValue or ForAllValues")
        return self._compares(self.operator, values[0], wanted)

    def _holds_without(self) -> bool:
        assert self.operator is not None
        if self.if_exists or self.quantifier == "ForAllValues":
            return True
        return self.operator.negated and not self.quantifier

    @staticmethod
    def _compares(operator: Operator, value: str, wanted: list[str]) -> bool:
        return any(operator.compare(value, each) for each in wanted) is not operator.negated


def read(element: Any, with_variables: bool) -> tuple[Condition, ...]:
    """A Condition element as it stands in a policy. Raises UnreadablePolicyError."""
    if not isinstance(element, Mapping):
        raise UnreadablePolicyError("its Condition is no object")
    found: list[Condition] = []
    for text, keys in element.items():
        if not isinstance(keys, Mapping):
            raise UnreadablePolicyError(f"{text} holds no condition keys")
        found.extend(_condition(str(text), str(key), values, with_variables) for key, values in keys.items())
    return tuple(found)


def _condition(text: str, key: str, values: Any, with_variables: bool) -> Condition:
    if not _KEY.fullmatch(key):
        raise UnreadablePolicyError(f"{key!r} is no condition key")
    wanted = tuple(_texts(values, f"{text} of {key}", with_variables))
    quantifier, _, rest = text.rpartition(":")
    if quantifier and quantifier not in _QUANTIFIERS:
        raise UnreadablePolicyError(f"condition operator {text} is not modelled")
    name = rest.removesuffix("IfExists")
    if text == "Null":
        if len(wanted) != 1 or wanted[0].lower() not in ("true", "false"):
            raise UnreadablePolicyError(f"Null of {key} is neither true nor false")
        return Condition(text, key, (wanted[0].lower(),), None)
    operator = OPERATORS.get(name)
    if operator is None:
        raise UnreadablePolicyError(f"condition operator {text} is not modelled")
    if not wanted:
        raise UnreadablePolicyError(f"{text} of {key} names no value")
    for each in wanted:
        if variables.has_variable(each) and not operator.variables:
            raise UnreadablePolicyError(f"{each} is not filled in under {name}: only texts and ARNs take variables")
        if not variables.has_variable(each) and not operator.readable(each):
            raise UnreadablePolicyError(f"{name} cannot compare with {each!r}: such a value is not modelled")
    return Condition(text, key, wanted, operator, quantifier, name != rest)


def _texts(values: Any, where: str, with_variables: bool) -> list[str]:
    found = []
    for each in values if isinstance(values, list) else [values]:
        if isinstance(each, bool):
            found.append("true" if each else "false")
        elif isinstance(each, (int, float)):
            found.append(str(each))
        elif isinstance(each, str):
            variables.check(each)
            if variables.has_variable(each) and not with_variables:
                raise UnreadablePolicyError(f"{each} is no variable in a policy without Version 2012-10-17")
            found.append(each)
        else:
            raise UnreadablePolicyError(f"{where} holds {each!r}, which is no text")
    return found
