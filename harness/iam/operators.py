"""The condition operators: how one value of a request compares with one value of a policy.

Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from harness.iam.wildcards import arn_matches, expression, is_arn_pattern, plain

Compare = Callable[[str, str], bool]  # the request's value, the policy's (its literal wildcards marked)


@dataclass(frozen=True)
class Operator:
    """`negated`: holds where no value of the policy compares. `readable`: which values of a policy compare at all."""

    compare: Compare
    negated: bool = False
    readable: Callable[[str], bool] = lambda _: True


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
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str) -> datetime | None:
    """A date as IAM takes it: ISO 8601, or seconds since 1970."""
    try:
        moment = (
            datetime.fromtimestamp(int(text), UTC)
            if text.isdecimal() and len(text) > 8
            else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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


OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_exactly),
    "StringNotEquals": Operator(_exactly, negated=True),
    "StringEqualsIgnoreCase": Operator(_whatever_case),
    "StringNotEqualsIgnoreCase": Operator(_whatever_case, negated=True),
    "StringLike": Operator(_like),
    "StringNotLike": Operator(_like, negated=True),
    **_family("Numeric", _number),
    **_family("Date", _moment),
    "Bool": Operator(_bool, readable=lambda text: text.lower() in ("true", "false")),
    "BinaryEquals": Operator(_binary, readable=lambda text: _decoded(text) is not None),
    "IpAddress": Operator(_address, readable=lambda text: _network(text) is not None),
    "NotIpAddress": Operator(_address, negated=True, readable=lambda text: _network(text) is not None),
    # Both of them take wildcards.
    "ArnEquals": Operator(arn_matches, readable=is_arn_pattern),
    "ArnLike": Operator(arn_matches, readable=is_arn_pattern),
    "ArnNotEquals": Operator(arn_matches, negated=True, readable=is_arn_pattern),
    "ArnNotLike": Operator(arn_matches, negated=True, readable=is_arn_pattern),
}
