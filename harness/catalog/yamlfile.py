"""YAML files with their lines: reads one, validates it against a model, and tells every mistake with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import Finding, KnownError, Place, known_error

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]

# By the type of a pydantic error. The custom ones are raised in model.py.
REMEDIES: Mapping[str, str] = {
    "account_id": "write all 12 digits, in quotes",
    "account_id_unquoted": "put it in quotes",
    "account_twice": "give each account one place in the landscape",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "dict_type": "write it as lines of `key: value`, indented",
    "email": "write an address such as team@example.com",
    "literal_error": "choose one of them",
    "missing": "add it",
    "needs": "write it as studio-domain/defaults",
    "none": "give it one, or remove the key",
    "organization_id": "write it as o-a1b2c3d4e5",
    "parameter_value": "write a text, a number, true or false, or a list of texts; put others in quotes",
    "region": "write it as eu-west-1",
    "role_name": "use up to 64 letters, digits and +=,.@_-",
    "reserved_tag": "choose another key",
    "semver": "write it as 1.2.3, without a v or a suffix",
    "share_receiver": "name one of organization, organizational_unit, account",
    "slug": "use letters a–z, digits and single dashes, as in studio-domain",
    "string_too_long": "shorten it",
    "string_type": "put the value in quotes",
    "too_short": "name at least one",
    "tuple_type": "write it as a list: `[a, b]`, or lines that begin with `- `",
    "twice": "remove one of the two",
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


class _Loader(yaml.CSafeLoader):
    """The safe loader, which also tells the line of a value that its tag or form does not fit (a 13th month, say)."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError, TypeError):
            problem = f"'{str(node.value)[:40]}' cannot be read as {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def read(root: Path, path: Path) -> YamlFile:
    """Parse `path`. Raises KnownError for a missing file, broken YAML, a duplicate key, or no mapping."""
    name = path.relative_to(root).as_posix()
    text = read_text(root, path)
    lines: dict[Location, int] = {}
    try:
        for mistake in _walk(yaml.compose(text, Loader=_Loader), (), lines, ()):
            raise known_error(Place(name, mistake.node.start_mark.line + 1), mistake.problem, mistake.remedy)
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise KnownError(syntax_finding(name, text, error)) from None
    except RecursionError:
        raise known_error(name, "nested too deeply to be read", "flatten it") from None
    if not isinstance(data, dict):
        raise known_error(Place(name, 1), "the file is not a mapping of keys to values", "begin with `key: value`")
    return YamlFile(name, data, lines)


def places_in_json(file: YamlFile, text: str) -> list[Place]:
    """For each line of a JSON text that was written of the file, one value a line: where it comes from."""
    places = [Place(file.path, 1)] * (text.count("\n") + 1)

    def note(node: yaml.Node | None, location: Location) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                place(key.start_mark.line, (*location, key.value))
                note(value, (*location, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                place(value.start_mark.line, (*location, number))
                note(value, (*location, number))
        if node is not None:  # closing brackets belong to what they close
            places[node.end_mark.line] = file.place(*location)

    def place(line: int, location: Location) -> None:
        merged = (*location[:-1], "<<", *location[-1:])
        places[line] = file.place(*(merged if location not in file.lines and merged in file.lines else location))

    note(yaml.compose(_SUBSTITUTION.sub("0", text), Loader=yaml.CSafeLoader), ())
    return places


_SUBSTITUTION = re.compile(r"\$\{[^}]*\}")  # CloudFormation's, which is no JSON where it stands for a number


def read_text(root: Path, path: Path) -> str:
    """The text of a file under `root`. Raises KnownError where it is missing, no file, not readable or not UTF-8."""
    name = path.relative_to(root).as_posix()
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise known_error(name, "the file is missing", "create it") from None
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        raise known_error(name, problem, "have a readable file there") from None
    except UnicodeDecodeError as error:
        raise known_error(name, f"not UTF-8 at byte {error.start}", "save it as UTF-8") from None


def syntax_finding(name: str, text: str, error: yaml.YAMLError) -> Finding:
    """What a YAML parser's error says of `text`, as a finding."""
    if isinstance(error, yaml.reader.ReaderError):
        place = Place(name, text.count("\n", 0, error.position) + 1)
        problem = f"not valid YAML: a control character (U+{error.character:04X})"
        return Finding(place, problem, "remove it; in a text in double quotes it is written as an escape")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Finding(Place(name), f"not valid YAML: {error}", "correct the file")
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "it cannot be parsed"
    remedy = "look at this line and the one above: indentation, a missing colon, an unclosed quote"
    if isinstance(error, yaml.constructor.ConstructorError):
        remedy = "correct the value; a text goes in quotes"
    return Finding(Place(name, mark.line + 1 if mark else 0), f"not valid YAML: {problem}", remedy)


@dataclass(frozen=True)
class _Mistake:
    node: yaml.Node
    problem: str
    remedy: str


def _walk(
    node: yaml.Node | None, location: Location, lines: dict[Location, int], above: tuple[int, ...]
) -> Iterator[_Mistake]:
    """Record where each value stands; yield what the models could not tell with its line."""
    if node is None:
        return
    if id(node) in above:  # an anchor that holds its own alias
        yield _Mistake(node, "the value holds itself", "write out what the alias stands for")
    elif len(lines) > _MOST_VALUES:  # a few aliases of aliases stand for billions of values
        yield _Mistake(node, f"more than {_MOST_VALUES:,} values", "write out what aliases stand for, and less of it")
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag not in _KEYS:
                told = f"key '{key.value}'" if isinstance(key, yaml.ScalarNode) else "a key that is a collection"
                yield _Mistake(key, f"{told} is no text to YAML", "put it in quotes")
                continue
            here = (*location, key.value)
            if here in lines:
                yield _Mistake(key, f"key '{key.value}' stands twice", "remove one of the two")
            lines[here] = key.start_mark.line + 1
            yield from _walk(value, here, lines, (*above, id(node)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*location, index] = value.start_mark.line + 1
            yield from _walk(value, (*location, index), lines, (*above, id(node)))


_KEYS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}
_MOST_VALUES = 50_000


def validate(file: YamlFile, model: type[M]) -> M:
    """The file as `model`. Raises KnownError with one finding for each mistake."""
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        errors = error.errors()
        # A list of which no item is valid is also too short to pydantic; that is no mistake of its own.
        inner = {tuple(each["loc"][:-1]) for each in errors}
        told = [each for each in errors if each["type"] != "too_short" or tuple(each["loc"]) not in inner]
        raise KnownError(*sorted(_finding(file, model, each) for each in told)) from None


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
    if key == "[key]":  # a mapping whose keys are of a kind: the location is (…, key, "[key]")
        known_here = error.get("ctx", {}).get("expected", "")
        problem, remedy = f"unknown key '{location[-2]}'", f"known here: {known_here}"
        if not known_here:
            problem, remedy = error["msg"], REMEDIES.get(kind, "correct it")
        return Finding(file.place(*location[:-1]), problem, remedy)
    if error["input"] is None:
        return Finding(file.place(*location), f"{dotted} has no value", REMEDIES["none"])
    if kind in REMEDIES and kind not in _PYDANTICS_OWN:
        return Finding(file.place(*location), error["msg"], REMEDIES[kind])
    message = _PYDANTICS_OWN.get(kind) or _decapitalise(error["msg"])
    return Finding(file.place(*location), f"{dotted}: {message}", REMEDIES.get(kind, "correct the value"))


# Pydantic's errors, in our words where its own are about Python.
_PYDANTICS_OWN = {
    "bool_type": "",
    "bool_parsing": "",
    "dict_type": "not a mapping of keys to values",
    "literal_error": "",
    "string_too_long": "",
    "string_type": "not a text",
    "too_short": "the list is empty",
    "tuple_type": "not a list",
}


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
