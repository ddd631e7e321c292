"""The shape of intrinsic functions' arguments, as far as it shows without values: CloudFormation refuses these at
the call. What arguments resolve to is `intrinsics.py`'s matter, which refuses with the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.cfn.model import StackError

JOIN = (
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings "
    "to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
)
SPLIT = (
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
    "split or a function that returns a string to be split."
)
SELECT = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
SUB = (
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
    "first argument, and an optional second argument to specify a mapping of values to replace in the string"
)
IF = "Template error: Fn::If requires a list argument with the first element being a condition"
FIND_IN_MAP = (
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute "
    "for return value"
)
GET_ATT = (
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
    "attribute"
)
REF = "Template error: every Ref object must have a single String value."
BASE64 = "Template error: every Fn::Base64 object must have a String-typed value."
IMPORT_VALUE = "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string"
GET_AZS = "Template error: Fn::GetAZs requires a region name"
CIDR = "Template error: Fn::Cidr requires two or three parameters: ipBlock, count and cidrBits"


def is_call(value: Any) -> bool:
    """Whether the value is written as a function, so that nothing can be said about it yet."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = str(next(iter(value)))
    return name == "Ref" or name.startswith("Fn::")


def _text_or_call(value: Any) -> bool:
    return not isinstance(value, dict | list) or is_call(value)


def _list_or_call(value: Any) -> bool:
    return isinstance(value, list) or is_call(value)


def _pair(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 2


def _join(argument: Any) -> bool:
    return _pair(argument) and isinstance(argument[0], str) and _list_or_call(argument[1])


def _split(argument: Any) -> bool:
    return _pair(argument) and isinstance(argument[0], str) and bool(argument[0]) and _text_or_call(argument[1])


def _select(argument: Any) -> bool:
    return (
        _pair(argument)
        and (is_call(argument[0]) or re.fullmatch(r"-?\d+", str(argument[0])) is not None)
        and _list_or_call(argument[1])
    )


def _sub(argument: Any) -> bool:
    if isinstance(argument, str):
        return True
    return _pair(argument) and isinstance(argument[0], str) and isinstance(argument[1], dict)


def _if(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)


def _find_in_map(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) in (3, 4) and all(_text_or_call(each) for each in argument[:3])


def _get_att(argument: Any) -> bool:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return (
        isinstance(parts, list)
        and len(parts) >= 2
        and isinstance(parts[0], str)
        and all(parts)
        and all(_text_or_call(each) for each in parts[1:])
    )


def _cidr(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) in (2, 3) and all(_text_or_call(each) for each in argument)


_SHAPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "Ref": (lambda argument: isinstance(argument, str), REF),
    "Fn::Base64": (_text_or_call, BASE64),
    "Fn::Cidr": (_cidr, CIDR),
    "Fn::FindInMap": (_find_in_map, FIND_IN_MAP),
    "Fn::GetAZs": (_text_or_call, GET_AZS),
    "Fn::GetAtt": (_get_att, GET_ATT),
    "Fn::If": (_if, IF),
    "Fn::ImportValue": (_text_or_call, IMPORT_VALUE),
    "Fn::Join": (_join, JOIN),
    "Fn::Select": (_select, SELECT),
    "Fn::Split": (_split, SPLIT),
    "Fn::Sub": (_sub, SUB),
}


def check_arguments(name: str, argument: Any) -> None:
    """Raises `StackError` if a function of that name can never take the argument."""
    fits, refusal = _SHAPES.get(name, (None, ""))
    if fits is not None and not fits(argument):
        raise StackError(refusal)
