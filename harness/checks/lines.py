"""On which line of a template something stands that was found in its resolved values, also inside a JSON text.

Only asked where something was found: the text is read once more, as nodes with their lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

Location = tuple[str | int, ...]
_SUBSTITUTION = re.compile(r"\$\{[^}]*\}")
_FUNCTION_TAGS = {"Fn::Sub": "!Sub", "Fn::If": "!If"}


class Lines:
    """The lines of one template text, 1-based. `conditions`: name → whether it holds in the launch."""

    def __init__(self, text: str, conditions: Mapping[str, bool]) -> None:
        self._lines = text.splitlines()
        self._root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
        self._conditions = conditions

    def line(self, path: Location, inside: Location = ()) -> int:
        """The line of a path of resolved values, or of the nearest above it that is written there.

        `inside`: further below, in the JSON text that stands at `path`.
        """
        node, line = self._find(path)
        text = self._text(node) if inside else None
        if text is None:
            return line
        first = int(text.start_mark.line) + 1  # 0-based line of a block's first line of content
        offset = line_in_json(text.value, inside)
        written = text.value.splitlines()
        # Only a literal block keeps the lines of its text.
        if self._lines[first + offset].strip() != written[offset].strip():
            return line
        return first + offset + 1

    def _find(self, path: Location) -> tuple[Any, int]:
        node, line = self._root, 1
        for part in path:
            found = self._step(self._taken(node), part)
            if found is None:
                return node, line
            node, line = found
        return self._taken(node), line

    def _step(self, node: Any, part: str | int) -> tuple[Any, int] | None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    return value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and node.tag.startswith("tag:") and isinstance(part, int):
            there = [each for each in node.value if not _is_no_value(self._taken(each))]
            if part < len(there):
                taken = self._taken(there[part])
                return taken, taken.start_mark.line + 1
        return None

    def _taken(self, node: Any) -> Any:
        """The branch of an Fn::If that the launch takes, as deep as they are nested; any other node itself."""
        branches = _argument(node, "Fn::If")
        while isinstance(branches, yaml.SequenceNode) and len(branches.value) == 3:
            name, first, second = branches.value
            node = first if self._conditions.get(name.value) else second
            branches = _argument(node, "Fn::If")
        return node

    def _text(self, node: Any) -> Any:
        """The node of the text, behind Fn::Sub and its variables."""
        argument = _argument(node, "Fn::Sub")
        node = node if argument is None else argument
        if isinstance(node, yaml.SequenceNode) and node.value:
            node = node.value[0]
        return node if isinstance(node, yaml.ScalarNode) and node.style == "|" else None


def line_in_json(text: str, path: Location) -> int:
    """The 0-based line of a JSON text, with `${…}` in it, on which a path stands, or the nearest one above it."""
    try:
        node: Any = yaml.compose(_SUBSTITUTION.sub("0", text), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return 0
    line = 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = int(found[0].start_mark.line), found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = int(node.start_mark.line)
        else:
            break
    return line


def _argument(node: Any, function: str) -> Any:
    """The argument of a function, in its long form or its short one; None for any other node."""
    if node.tag == _FUNCTION_TAGS[function]:
        return node
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1 and node.value[0][0].value == function:
        return node.value[0][1]
    return None


def _is_no_value(node: Any) -> bool:
    if node.tag == "!Ref":
        return bool(node.value == "AWS::NoValue")
    is_long = isinstance(node, yaml.MappingNode) and len(node.value) == 1 and node.value[0][0].value == "Ref"
    return is_long and node.value[0][1].value == "AWS::NoValue"
