"""What a target is given of an event: Input, InputPath, InputTransformer. Pure.

Source: EventBridge user guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.emulator.events.model import Event, compact

RESERVED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event.json",
    "aws.events.event",
)
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_STEP = re.compile(r"\.(?P<name>[\w\-/ ]+|\*)|\[(?P<index>\d+|\*)\]|\['(?P<quoted>[^']+)'\]")
_ABSENT = object()


class UnreadablePathError(Exception):
    """Not a JSON path that EventBridge reads; the message is the path."""


def payload(target: Mapping[str, Any], event: Event, rule_arn: str, rule_name: str) -> str:
    """The text that a target gets. A path that leads nowhere gives null."""
    if target.get("Input") is not None:
        return str(target["Input"])
    document = event.document()
    if target.get("InputPath"):
        found = at(document, str(target["InputPath"]))
        return compact(None if found is _ABSENT else found)
    transformer = target.get("InputTransformer")
    if transformer:
        return _transformed(transformer, event, rule_arn, rule_name)
    return compact(document)


def resolved(value: str, event: Event) -> str:
    """A parameter of a target that may be a path into the original event."""
    if not value.startswith("$."):
        return value
    found = at(event.document(), value)
    if found is _ABSENT or found is None:
        return ""
    return found if isinstance(found, str) else compact(found)


def at(document: Any, path: str) -> Any:
    """What a JSON path leads to, a sentinel of this module where nothing is there. Raises UnreadablePathError."""
    steps = _steps(path)
    found = [document]
    several = False
    for step in steps:
        several = several or step == "*"
        found = [each for value in found for each in _children(value, step)]
    if several:
        return found
    return found[0] if found else _ABSENT


def check(target: Mapping[str, Any]) -> str | None:
    """What is wrong with the input of a target; None where nothing is."""
    given = [key for key in ("Input", "InputPath", "InputTransformer") if target.get(key) is not None]
    if len(given) > 1:
        return f"Only one of Input, InputPath, or InputTransformer must be provided for target {target.get('Id')}."
    transformer = target.get("InputTransformer") or {}
    paths = transformer.get("InputPathsMap") or {}
    try:
        for path in [*paths.values(), *([target["InputPath"]] if target.get("InputPath") else [])]:
            _steps(path)
    except UnreadablePathError as error:
        return f"Invalid JSONPath: {error}"
    for name in paths:
        if name.lower().startswith("aws."):
            return f"InputPathsMap for target {target.get('Id')} contains the reserved name {name}."
    if target.get("Input") is not None and not _is_json(str(target["Input"])):
        return f"JSON syntax error in input for target {target.get('Id')}."
    unknown = set(_PLACEHOLDER.findall(str(transformer.get("InputTemplate", "")))) - set(paths) - set(RESERVED)
    if unknown:
        return f"InputTemplate for target {target.get('Id')} contains invalid placeholder {sorted(unknown)[0]}."
    return None


def _transformed(transformer: Mapping[str, Any], event: Event, rule_arn: str, rule_name: str) -> str:
    document = event.document()
    values = {name: at(document, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event.received,
        "aws.events.event.json": document,
        "aws.events.event": {key: value for key, value in document.items() if key != "detail"},
    }
    template = str(transformer["InputTemplate"])
    written, last, quoted = [], 0, False
    for match in _PLACEHOLDER.finditer(template):
        between = template[last : match.start()]
        quoted ^= _quotes(between) % 2 == 1
        last = match.end()
        written += [between, _written(values.get(match[1], _ABSENT), quoted)]
    text = "".join([*written, template[last:]])
    return compact(json.loads(text)) if _is_json(text) else text


def _written(value: Any, quoted: bool) -> str:
    # What the event lacks leaves nothing behind: an empty text where JSON wants a value.
    if value is _ABSENT:
        return "" if quoted else '""'
    if not quoted:
        return compact(value)
    return compact(value if isinstance(value, str) else compact(value))[1:-1]


def _quotes(text: str) -> int:
    return len(re.findall(r'(?<!\\)"', text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _steps(path: str) -> list[str | int]:
    if not path.startswith("$"):
        raise UnreadablePathError(path)
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise UnreadablePathError(path)
        index = match["index"]
        if index is not None:
            steps.append("*" if index == "*" else int(index))
        else:
            steps.append(match["name"] or match["quoted"])
        position = match.end()
    return steps


def _children(value: Any, step: str | int) -> list[Any]:
    if step == "*":
        return list(value.values()) if isinstance(value, Mapping) else list(value) if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, Mapping) and step in value else []
