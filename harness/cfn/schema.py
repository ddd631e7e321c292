"""Validates resolved properties against a type's provider schema and coerces scalars as CloudFormation does.

Messages follow CloudFormation's ("#/Foo: expected type: String, found: JSONArray"). Formats of identifiers are
not checked: CloudFormation
leaves those to the service.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import regex

from harness.cfn.dynamic import is_opaque
from harness.cfn.model import ResourceFailure
from harness.cfn.numbers import number_of
from harness.cfn.registry import Path, ResourceType

_LOG = logging.getLogger(__name__)
_JSON_NAMES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "object": "JSONObject",
    "array": "JSONArray",
    "null": "Null",
}


def validate_properties(kind: ResourceType, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with scalars coerced to their schema types.

    Raises `ResourceFailure` with every violation, in the wording of the service.
    """
    for path in kind.read_only:
        if _is_set(properties, path) and not _may_be_set(kind, path):
            raise ResourceFailure(
                f"Properties validation failed for resource {logical_id} with message: Encountered "
                f"unsupported property {path[-1]}"
            )
    problems: list[str] = []
    coerced = _check(dict(properties), kind.schema, kind, "#", problems)
    if problems:
        raise ResourceFailure(
            f"Properties validation failed for resource {logical_id} with message: " + "\n".join(problems)
        )
    assert isinstance(coerced, dict)
    return coerced


def coerce_properties(kind: ResourceType, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with scalars coerced, valid or not: to compare with what was validated before."""
    coerced = _check(dict(properties), kind.schema, kind, "#", [])
    return coerced if isinstance(coerced, dict) else {}


def _may_be_set(kind: ResourceType, path: Path) -> bool:
    # Some schemas list a property both as read-only and as required, or as create-only (CodeArtifact
    # Domain's EncryptionKey, which the template reference says may be given).
    return path[0] in kind.schema.get("required", ()) or path in kind.create_only


def _is_set(value: Any, path: Path) -> bool:
    if not path:
        return True
    if path[0] == "*":
        return isinstance(value, list) and any(_is_set(each, path[1:]) for each in value)
    return isinstance(value, Mapping) and path[0] in value and _is_set(value[path[0]], path[1:])


def _check(value: Any, schema: Any, kind: ResourceType, place: str, problems: list[str]) -> Any:
    """The value coerced; what is wrong with it is appended to `problems`."""
    if schema is True or schema is False:
        if not schema:
            problems.append(f"{place}: not allowed")
        return value
    if "$ref" in schema:
        value = _check(value, kind.follow(schema), kind, place, problems)
        schema = {key: each for key, each in schema.items() if key != "$ref"}
    if isinstance(value, str) and is_opaque(value):
        return value  # only the provider sees what it stands for
    types = schema.get("type")
    if types is not None:
        fitted = _fit(value, [types] if isinstance(types, str) else types)
        if fitted is _UNFIT:
            wanted = types if isinstance(types, str) else types[0]
            problems.append(f"{place}: expected type: {_JSON_NAMES[wanted]}, found: {_found(value)}")
            return value
        value = fitted
    _check_values(value, schema, place, problems)
    if isinstance(value, str):
        _check_string(value, schema, place, problems)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(value, schema, place, problems)
    elif isinstance(value, list):
        value = _check_list(value, schema, kind, place, problems)
    elif isinstance(value, dict):
        value = _check_object(value, schema, kind, place, problems)
    return _check_combined(value, schema, kind, place, problems)


_UNFIT = object()


def _found(value: Any) -> str:
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "BigDecimal"
        case str():
            return "String"
        case list():
            return "JSONArray"
    return "JSONObject"


def _fit(value: Any, types: list[str]) -> Any:
    """The value as the first of the types that it already is, else as the first that it can become, else `_UNFIT`."""
    for name in types:
        if _is(value, name):
            return value
    for name in types:
        fitted = _convert(value, name)
        if fitted is not _UNFIT:
            return fitted
    return _UNFIT


def _is(value: Any, name: str) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
    return value is None


def _convert(value: Any, name: str) -> Any:
    match name, value:
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return str(value)
        case "boolean", str() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case "integer" | "number", str():
            number = number_of(value)
            if number is None:
                return _UNFIT
            if number.is_integer() and "." not in value and "e" not in value.lower():
                return int(value)
            return int(number) if name == "integer" and number.is_integer() else _UNFIT if name == "integer" else number
        case "integer", float() if value.is_integer():
            return int(value)
    return _UNFIT


def _check_values(value: Any, schema: Mapping[str, Any], place: str, problems: list[str]) -> None:
    if "enum" in schema and value not in schema["enum"] and str(value) not in map(str, schema["enum"]):
        problems.append(f"{place}: {value} is not a valid enum value")
    if "enumCaseInsensitive" in schema and str(value).lower() not in {
        str(each).lower() for each in schema["enumCaseInsensitive"]
    }:
        problems.append(f"{place}: {value} is not a valid enum value")
    if "const" in schema and value != schema["const"]:
        problems.append(f"{place}: {value} is not the constant {schema['const']}")


@lru_cache(maxsize=8192)
def compiled(pattern: str) -> regex.Pattern[str] | None:
    """The pattern, or None if it is not one that can be read here: then nothing is refused because of it."""
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError) as error:
        _LOG.debug("cannot read the pattern %s: %s", pattern, error)
        return None


def matches(pattern: str, value: str) -> bool:
    """Whether the value contains a match (JSON Schema patterns are not anchored); True where the pattern
    cannot be read."""
    found = compiled(pattern)
    if found is None:
        return True
    try:
        return found.search(value, timeout=1) is not None
    except TimeoutError:
        return True


def _check_string(value: str, schema: Mapping[str, Any], place: str, problems: list[str]) -> None:
    if len(value) < schema.get("minLength", 0):
        problems.append(f"{place}: expected minLength: {schema['minLength']}, actual: {len(value)}")
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        problems.append(f"{place}: expected maxLength: {schema['maxLength']}, actual: {len(value)}")
    if "pattern" in schema and not matches(schema["pattern"], value):
        problems.append(f"{place}: string [{value}] does not match pattern {schema['pattern']}")


def _check_number(value: float, schema: Mapping[str, Any], place: str, problems: list[str]) -> None:
    if "minimum" in schema and value < schema["minimum"]:
        problems.append(f"{place}: {value} is not greater or equal to {schema['minimum']}")
    if "maximum" in schema and value > schema["maximum"]:
        problems.append(f"{place}: {value} is not less or equal to {schema['maximum']}")
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        problems.append(f"{place}: {value} is not greater than {schema['exclusiveMinimum']}")
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        problems.append(f"{place}: {value} is not less than {schema['exclusiveMaximum']}")
    if "multipleOf" in schema and value % schema["multipleOf"]:
        problems.append(f"{place}: {value} is not a multiple of {schema['multipleOf']}")


def _check_list(
    value: list[Any], schema: Mapping[str, Any], kind: ResourceType, place: str, problems: list[str]
) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        problems.append(f"{place}: expected minimum item count: {schema['minItems']}, found: {len(value)}")
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        problems.append(f"{place}: expected maximum item count: {schema['maxItems']}, found: {len(value)}")
    positional = schema.get("prefixItems") or []
    items = schema.get("items")
    if isinstance(items, list):
        positional, items = items, None
    result = []
    for index, each in enumerate(value):
        item_schema = positional[index] if index < len(positional) else items
        result.append(each if item_schema is None else _check(each, item_schema, kind, f"{place}/{index}", problems))
    if schema.get("uniqueItems") and len({json.dumps(each, sort_keys=True, default=str) for each in result}) < len(
        result
    ):
        problems.append(f"{place}: array items are not unique")
    keys = schema.get("uniqueKeys")
    if keys and all(isinstance(each, dict) for each in result):
        seen = [tuple(str(each.get(key)) for key in keys) for each in result]
        if len(set(seen)) < len(seen):
            problems.append(f"{place}: array items are not unique")
    return result


def _check_object(
    value: dict[str, Any], schema: Mapping[str, Any], kind: ResourceType, place: str, problems: list[str]
) -> dict[str, Any]:
    declared = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    others = schema.get("additionalProperties", True)
    result: dict[str, Any] = {}
    for key, each in value.items():
        inner = f"{place}/{key}"
        if key in declared:
            result[key] = _check(each, declared[key], kind, inner, problems)
            continue
        matched = next((sub for pattern, sub in patterns.items() if matches(pattern, key)), None)
        if matched is not None:
            result[key] = _check(each, matched, kind, inner, problems)
        elif others is False:
            problems.append(f"{place}: extraneous key [{key}] is not permitted")
        else:
            result[key] = each if others is True else _check(each, others, kind, inner, problems)
    for key in schema.get("required", ()):
        if key not in value:
            problems.append(f"{place}: required key [{key}] not found")
    if len(value) < schema.get("minProperties", 0):
        problems.append(f"{place}: minimum size: [{schema['minProperties']}], found: [{len(value)}]")
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        problems.append(f"{place}: maximum size: [{schema['maxProperties']}], found: [{len(value)}]")
    _check_together(value, schema, kind, place, problems)
    return result


def _check_together(
    value: dict[str, Any], schema: Mapping[str, Any], kind: ResourceType, place: str, problems: list[str]
) -> None:
    dependent = {**schema.get("dependencies", {}), **schema.get("dependentRequired", {})}
    for key, needed in dependent.items():
        if key not in value:
            continue
        if isinstance(needed, list):
            problems.extend(f"{place}: property [{other}] is required" for other in needed if other not in value)
        else:
            _check(value, needed, kind, place, problems)
    for key, excluded in schema.get("dependentExcluded", {}).items():
        clashing = [other for other in excluded if other in value] if key in value else []
        problems.extend(f"{place}: [{key}] and [{other}] cannot be specified together" for other in clashing)
    one_of = schema.get("requiredXor")
    if one_of and sum(key in value for key in one_of) != 1:
        problems.append(f"{place}: exactly one of [{', '.join(one_of)}] is required")
    any_of = schema.get("requiredOr")
    if any_of and not any(key in value for key in any_of):
        problems.append(f"{place}: at least one of [{', '.join(any_of)}] is required")


def _check_combined(value: Any, schema: Mapping[str, Any], kind: ResourceType, place: str, problems: list[str]) -> Any:
    for sub in schema.get("allOf", ()):
        value = _check(value, sub, kind, place, problems)
    if "anyOf" in schema:
        fitting = _alternatives(value, schema["anyOf"], kind, place)
        if fitting:
            value = fitting[0]
        else:
            total = len(schema["anyOf"])
            problems.append(f"{place}: #: no subschema matched out of the total {total} subschemas")
    if "oneOf" in schema:
        fitting = _alternatives(value, schema["oneOf"], kind, place)
        # Alternatives that differ in format alone cannot be told apart here.
        if len(fitting) == 1 or (fitting and any("format" in sub for sub in schema["oneOf"])):
            value = fitting[0]
        else:
            problems.append(f"{place}: #: {len(fitting)} subschemas matched instead of one")
    if "not" in schema and _alternatives(value, [schema["not"]], kind, place):
        problems.append(f"{place}: subject must not be valid against schema {json.dumps(schema['not'])}")
    if "if" in schema:
        branch = "then" if _alternatives(value, [schema["if"]], kind, place) else "else"
        if branch in schema:
            value = _check(value, schema[branch], kind, place, problems)
    return value


def _alternatives(value: Any, schemas: list[Any], kind: ResourceType, place: str) -> list[Any]:
    fitting = []
    for sub in schemas:
        problems: list[str] = []
        coerced = _check(value, sub, kind, place, problems)
        if not problems:
            fitting.append(coerced)
    return fitting
