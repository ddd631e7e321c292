"""Reads a template body, YAML or JSON, into plain dicts and lists with long-form intrinsics. Knows nothing of
what they mean.

CloudFormation reads YAML 1.1 without aliases, merges and timestamps; dates therefore stay the text that they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import yaml

from harness.cfn.model import StackError

MAX_TEMPLATE_BYTES = (
    1024 * 1024
)  # CloudFormation quota for a template in S3; the 51,200 bytes of a body are the API's matter

_LIST_FUNCTIONS = frozenset({"GetAtt"})
_BARE_TAGS = frozenset({"Ref", "Condition"})
# fmt: off
_FUNCTIONS = frozenset((
    "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap",
    "ForEach", "GetAZs", "GetAtt", "GetStackOutput", "If", "ImportValue", "Join", "Length", "Not", "Or",
    "RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform", "ValueOf", "ValueOfAll",
))
# fmt: on


class _Loader(yaml.CSafeLoader):
    """A YAML loader with CloudFormation's tags, without duplicate keys or dates."""


def _refuse_aliases(node: yaml.Node, seen: set[int]) -> None:
    """Raises `StackError` if a node stands in two places, which only an alias can bring about."""
    if id(node) in seen:
        raise StackError("Template format error: YAML aliases are not allowed in CloudFormation templates")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _refuse_aliases(each, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _refuse_aliases(key, seen)
            _refuse_aliases(value, seen)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable) or isinstance(key, tuple):
            raise _not_well_formed("YAML", key_node.start_mark.line, key_node.start_mark.column)
        # JSON has text keys only; YAML's `1:` and `true:` mean the same text.
        text = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key)
        if text in result:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            raise StackError(f"Template format error: duplicate key {text} (line {line}, column {column})")
        result[text] = loader.construct_object(value_node, deep=True)
    return result


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix not in _BARE_TAGS and suffix not in _FUNCTIONS:
        raise StackError(f"Template error: YAML tag !{suffix} is not an intrinsic function")
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = _mapping(loader, node)
    elif isinstance(node, yaml.SequenceNode):
        value = [loader.construct_object(each, deep=True) for each in node.value]
    else:
        value = node.value
    if suffix in _LIST_FUNCTIONS and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _BARE_TAGS else f"Fn::{suffix}": value}


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _intrinsic)


def read_body(body: str) -> dict[str, Any]:
    """The template as plain data. Raises `StackError` in CloudFormation's words if it is too large or not
    well-formed."""
    if len(body.encode()) > MAX_TEMPLATE_BYTES:
        raise StackError("Template may not exceed 1048576 bytes in size.")
    data = _read_json(body) if body.lstrip().startswith("{") else _read_yaml(body)
    if not isinstance(data, dict):
        raise StackError("Template format error: unsupported structure.")
    return data


def _not_well_formed(language: str, line: int, column: int) -> StackError:
    return StackError(f"Template format error: {language} not well-formed. (line {line + 1}, column {column + 1})")


_DEEPEST = 500  # far more than any template, far less than what the parser's own recursion bears
_BLOCK_PREFIX = re.compile(r"^[ ?:-]*", re.MULTILINE)


def _is_too_deep(body: str) -> bool:
    """Whether the text could nest deeper than a parser in C survives, by an estimate that never errs on the
    low side."""
    if max((match.end() - match.start() for match in _BLOCK_PREFIX.finditer(body)), default=0) > _DEEPEST:
        return True
    if body.count("[") + body.count("{") <= _DEEPEST:
        return False
    depth = deepest = 0
    for character in body:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth = max(depth - 1, 0)
    return deepest > _DEEPEST


def _read_yaml(body: str) -> Any:
    if _is_too_deep(body):
        raise StackError("Template format error: the template is nested too deeply.")
    loader = _Loader(body)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_aliases(node, set())
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_well_formed("YAML", mark.line if mark else 0, mark.column if mark else 0) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _not_well_formed("YAML", 0, 0) from error
    finally:
        loader.dispose()


def _read_json(body: str) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_unique_pairs)
    except json.JSONDecodeError as error:
        if "\n" in body.strip():  # YAML flow style may begin with a brace as well
            try:
                return _read_yaml(body)
            except StackError:
                pass
        raise _not_well_formed("JSON", error.lineno - 1, error.colno - 1) from error
    except RecursionError:
        raise StackError("Template format error: the template is nested too deeply.") from None


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise StackError(f"Template format error: duplicate key {key}")
        result[key] = value
    return result
