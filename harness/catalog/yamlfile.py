"""YAML files with their lines: reads one, validates it against a model, and tells every mistake with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import Finding, KnownError, Place

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]

# By the type of a pydantic error. The custom ones are raised in model.py.
REMEDIES: Mapping[str, str] = {
    "account_id": "write all 12 digits, in quotes",
    "account_id_unquoted": "put it in quotes",
    "account_twice": "give each account one place in the landscape",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "email": "write an address such as team@example.com",
    "literal_error": "choose one of them",
    "missing": "add it",
    "needs": "write it as studio-domain/defaults",
    "organization_id": "write it as o-a1b2c3d4e5",
    "region": "write it as eu-west-1",
    "role_name": "use up to 64 letters, digits and +=,.@_-",
    "semver": "write it as 1.2.3, without a v or a suffix",
    "share_receiver": "name one of organization, organizational_unit, account",
    "slug": "use letters a–z, digits and single dashes, as in studio-domain",
    "string_too_long": "shorten it",
    "string_type": "put the value in quotes",
    "too_short": "name at least one",
    "unit_id": "write it as ou-a1b2-c3d4e5f6",
    "url": "write an address that begins with https://",
}


@dataclass(frozen=True)
class YamlFile:
    """A parsed file. `lines` maps the path of keys and indexes to the 1-based line on which it stands."""

    path: str  # relative to the repository root
    data: Any
    lines: Mapping[Location, int]

    def place(self, *location: str | int) -> Place:
        """Where that path stands, or the nearest one above it that exists."""
        while location and location not in self.lines:
            location = location[:-1]
        return Place(self.path, self.lines.get(location, 1))


def read(root: Path, path: Path) -> YamlFile:
    """Parse `path`. Raises KnownError for a missing file, broken YAML, a duplicate key, or no mapping."""
    name = path.relative_to(root).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KnownError(Finding(Place(name), "the file is missing", "create it")) from None
    except UnicodeDecodeError as error:
        raise KnownError(Finding(Place(name), f"not UTF-8 at byte {error.start}", "save it as UTF-8")) from None
    try:
        node = yaml.compose(text, Loader=_Loader)
        lines: dict[Location, int] = {}
        for duplicate in _walk(node, (), lines):
            raise KnownError(
                Finding(
                    Place(name, duplicate.start_mark.line + 1),
                    f"key '{duplicate.value}' stands twice",
                    "remove one of the two",
                )
            )
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise KnownError(syntax_finding(name, error)) from None
    if not isinstance(data, dict):
        raise KnownError(
            Finding(Place(name, 1), "the file is not a mapping of keys to values", "begin with `key: value`")
        )
    return YamlFile(name, data, lines)


def syntax_finding(name: str, error: yaml.MarkedYAMLError) -> Finding:
    """What a YAML parser's error says, as a finding."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "it cannot be parsed"
    return Finding(
        Place(name, mark.line + 1 if mark else 0),
        f"not valid YAML: {problem}",
        "look at this line and the one above: indentation, a missing colon, an unclosed quote",
    )


def _walk(node: yaml.Node | None, location: Location, lines: dict[Location, int]) -> Iterator[yaml.Node]:
    """Record where each value stands; yield keys that stand twice."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*location, key.value)
            if here in lines:
                yield key
            lines[here] = key.start_mark.line + 1
            yield from _walk(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*location, index] = value.start_mark.line + 1
            yield from _walk(value, (*location, index), lines)


def validate(file: YamlFile, model: type[M]) -> M:
    """The file as `model`. Raises KnownError with one finding for each mistake."""
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise KnownError(*sorted(_finding(file, model, each) for each in error.errors())) from None


def _finding(file: YamlFile, model: type[BaseModel], error: ErrorDetails) -> Finding:
    location: Location = tuple(error["loc"])
    kind = error["type"]
    key = location[-1] if location else ""
    dotted = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        known = sorted(_keys_at(model, location[:-1]))
        near = difflib.get_close_matches(str(key), known, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"remove it; known here: {', '.join(known)}"
        return Finding(file.place(*location), f"unknown key '{key}'", remedy)
    if kind == "missing":
        return Finding(file.place(*location[:-1]), f"key '{dotted}' is missing", REMEDIES["missing"])
    message = (
        error["msg"] if kind in REMEDIES and kind not in _PYDANTICS_OWN else f"{dotted}: {_decapitalise(error['msg'])}"
    )
    return Finding(file.place(*location), message, REMEDIES.get(kind, "correct the value"))


_PYDANTICS_OWN = {"bool_type", "bool_parsing", "literal_error", "string_too_long", "string_type", "too_short"}


def _decapitalise(message: str) -> str:
    return message[:1].lower() + message[1:]


def _keys_at(model: type[BaseModel], location: Location) -> set[str]:
    """The keys that the model knows there, found through its JSON schema so that containers need no special case."""
    schema = model.model_json_schema()
    here: dict[str, Any] = schema
    for part in location:
        here = _resolve(schema, here)
        if isinstance(part, int):
            here = here.get("items", {})
        else:
            extra = here.get("additionalProperties")
            here = here.get("properties", {}).get(part) or (extra if isinstance(extra, dict) else {})
    return set(_resolve(schema, here).get("properties", {}))


def _resolve(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in here:
        here = next((each for each in here["anyOf"] if "$ref" in each), here)
    if "$ref" in here:
        resolved: dict[str, Any] = schema["$defs"][here["$ref"].rsplit("/", 1)[-1]]
        return resolved
    return here
