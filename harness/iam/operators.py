"""The condition operators: how one value of a request compares with one value of a policy.

Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from harness.iam.wildcards import arn_matches, expression, is_arn_pattern, plain

_CIDR = re.compile(r"[0-9a-fA-F.:]+(?:/\d{1,3})?")
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?")
_SECONDS = re.compile(r"\d{5,}")
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})")

Compare = Callable[[str, str], bool]  # the request's value, the policy's (its literal wildcards marked)


@dataclass(frozen=True)
class Operator:
    """`negated`: holds where no value of the policy compares. `readable`: which values of a policy compare at all.

    `variables`: whether the policy's value may hold some (IAM user guide, "Where you can use policy variables").
    """

    compare: Compare
    negated: bool = False
    readable: Callable[[str], bool] = lambda _: True
    variables: bool = False


def _exactly(value: str, wanted: str) -> bool:
    return value == plain(wanted)


def _whatever_case(value: str, wanted: str) -> bool:
    return value.casefold() == plain(wanted).casefold()


def _like(value: str, wanted: str) -> bool:
    return expression(wanted).fullmatch(value) is not None


def _bool(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _binary(value: str, wanted: str) -> bool:
    return _decoded(value) is not None and _decoded(value) == _decoded(wanted)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _address(value: str, wanted: str) -> bool:
    network = _network(wanted)
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return network is not None and address.version == network.version and address in network


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if _CIDR.fullmatch(text) else None
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _moment(text: str) -> datetime | None:
    """A date as IAM takes it: one of the W3C's forms of ISO 8601, or seconds since 1970. A year alone may be either."""
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text if text.count("-") == 2 else f"{text}-01").replace(tzinfo=UTC)
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except (ValueError, OverflowError, OSError):
        return None


def _ordered(reading: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Compare:
    def compares(value: str, wanted: str) -> bool:
        left, right = reading(value), reading(wanted)
        return left is not None and right is not None and compare(left, right)

    return compares


def _family(name: str, reading: Callable[[str], Any]) -> dict[str, Operator]:
    def readable(text: str) -> bool:
        return reading(text) is not None

    return {
        f"{name}Equals": Operator(_ordered(reading, operator.eq), readable=readable),
        f"{name}NotEquals": Operator(_ordered(reading, operator.eq), negated=True, readable=readable),
        f"{name}LessThan": Operator(_ordered(reading, operator.lt), readable=readable),
        f"{name}LessThanEquals": Operator(_ordered(reading, operator.le), readable=readable),
        f"{name}GreaterThan": Operator(_ordered(reading, operator.gt), readable=readable),
        f"{name}GreaterThanEquals": Operator(_ordered(reading, operator.ge), readable=readable),
    }


def _pair(
    name: str, opposite: str, compare: Compare, readable: Callable[[str], bool] = lambda _: True
) -> dict[str, Operator]:
    """An operator for texts and the one that says the contrary: these take variables."""
    return {
        name: Operator(compare, readable=readable, variables=True),
        opposite: Operator(compare, negated=True, readable=readable, variables=True),
    }


OPERATORS: Mapping[str, Operator] = {
    **_pair("StringEquals", "StringNotEquals", _exactly),
    **_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _whatever_case),
    **_pair("StringLike", "StringNotLike", _like),
    **_family("Numeric", _number),
    **_family("Date", _moment),
    "Bool": Operator(_bool, readable=lambda text: text.lower() in ("true", "false")),
    "BinaryEquals": Operator(_binary, readable=lambda text: _decoded(text) is not None),
    "IpAddress": Operator(_address, readable=lambda text: _network(text) is not None),
    "NotIpAddress": Operator(_address, negated=True, readable=lambda text: _network(text) is not None),
    # Both of them take wildcards.
    **_pair("ArnEquals", "ArnNotEquals", arn_matches, is_arn_pattern),
    **_pair("ArnLike", "ArnNotLike", arn_matches, is_arn_pattern),
}
