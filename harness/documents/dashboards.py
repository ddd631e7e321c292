"""What is wrong with the body of a CloudWatch dashboard. CloudWatch itself takes much of it and shows an empty widget.

Source: CloudWatch API reference, "Dashboard body structure and syntax".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Finding, Place

_BODY = ("widgets", "variables", "start", "end", "periodOverride")
_WIDGET = ("type", "x", "y", "width", "height", "properties")
_COLUMNS, _ROWS, _WIDGETS = 24, 1000, 500
# Type of a widget → members that its properties must have, and those that they may have.
_PROPERTIES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "metric": (
        ("region",),
        (
            "accountId", "annotations", "end", "labels", "legend", "liveData", "metrics", "period",
            "setPeriodToTimeRange", "singleValueFullPrecision", "sparkline", "stacked", "start", "stat", "table",
            "timezone", "title", "trend", "view", "yAxis",
        ),
    ),
    "text": (("markdown",), ("background",)),
    "log": (("query", "region"), ("accountId", "queryLanguage", "stacked", "title", "view", "end", "start")),
    "alarm": (("alarms",), ("sortBy", "states", "title")),
    "explorer": (("metrics", "labels", "widgetOptions"), ("aggregateBy", "period", "splitBy", "title")),
    "custom": (("endpoint",), ("params", "updateOn", "title")),
}  # fmt: skip
_VIEWS = {
    "metric": ("bar", "gauge", "pie", "singleValue", "table", "timeSeries"),
    "log": ("bar", "pie", "table", "timeSeries"),
}
_METRIC_OPTIONS = (
    "accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis",
)  # fmt: skip
_SHORT_PERIODS = (1, 5, 10, 30)  # seconds; any other is a multiple of 60


def problems(body: Any) -> Iterator[Finding]:
    """Everything that is wrong with a body that has been read, each with its path in it."""
    if not isinstance(body, Mapping):
        yield Finding(Place(""), "the body is no object", "begin with widgets")
        return
    yield from _unknown(body, _BODY, "")
    widgets = body.get("widgets")
    if not isinstance(widgets, list) or not widgets:
        yield Finding(Place("widgets"), "there are none", "list the widgets")
        return
    if len(widgets) > _WIDGETS:
        yield Finding(Place("widgets"), f"{len(widgets)} widgets; a dashboard has at most {_WIDGETS}", "split it")
    taken: dict[tuple[int, int], int] = {}
    for number, widget in enumerate(widgets):
        path = f"widgets[{number}]"
        if not isinstance(widget, Mapping):
            yield Finding(Place(path), "it is no object", "write type, x, y, width, height and properties")
            continue
        yield from _widget(widget, path)
        yield from _overlap(widget, number, taken)


def _widget(widget: Mapping[str, Any], path: str) -> Iterator[Finding]:
    yield from _unknown(widget, _WIDGET, f"{path}.")
    kind = str(widget.get("type"))
    if kind not in _PROPERTIES:
        yield Finding(Place(f"{path}.type"), f"'{kind}' is no type of widget", f"there are: {', '.join(_PROPERTIES)}")
        return
    for name, least, most in (("x", 0, _COLUMNS - 1), ("y", 0, None), ("width", 1, _COLUMNS), ("height", 1, _ROWS)):
        given = widget.get(name)
        if given is not None and not _between(given, least, most):
            limit = f"from {least} to {most}" if most else f"of at least {least}"
            yield Finding(Place(f"{path}.{name}"), f"{name} is {given}, no whole number {limit}", "correct it")
    x, width = widget.get("x", 0), widget.get("width", 6)
    if _between(x, 0, None) and _between(width, 1, _COLUMNS) and x + width > _COLUMNS:
        problem = f"the widget ends in column {x + width}; a dashboard has {_COLUMNS}"
        yield Finding(Place(f"{path}.width"), problem, "make it narrower, or begin further left")
    given = widget.get("properties")
    if not isinstance(given, Mapping):
        yield Finding(Place(path), "the widget has no properties", f"write {', '.join(_PROPERTIES[kind][0])}")
        return
    yield from _properties(kind, given, f"{path}.properties")


def _properties(kind: str, given: Mapping[str, Any], path: str) -> Iterator[Finding]:
    needed, possible = _PROPERTIES[kind]
    for name in needed:
        if not given.get(name):
            yield Finding(Place(path), f"a {kind} widget needs {name}", f"add {name}")
    yield from _unknown(given, (*needed, *possible), f"{path}.")
    view = given.get("view")
    if kind in _VIEWS and view is not None and view not in _VIEWS[kind]:
        yield Finding(Place(f"{path}.view"), f"'{view}' is no view", f"there are: {', '.join(_VIEWS[kind])}")
    yield from _period(given.get("period"), f"{path}.period")
    if kind == "metric":
        yield from _metrics(given, path)


def _metrics(given: Mapping[str, Any], path: str) -> Iterator[Finding]:
    metrics, annotations = given.get("metrics"), given.get("annotations")
    alarms = annotations.get("alarms") if isinstance(annotations, Mapping) else None
    if not metrics and not alarms:
        yield Finding(Place(path), "the widget shows no metric and no alarm", "add metrics")
    for number, each in enumerate(metrics if isinstance(metrics, list) else ()):
        here = f"{path}.metrics[{number}]"
        if not isinstance(each, list) or not each:
            yield Finding(Place(here), "it is no list", "write [namespace, metric, dimension, value, …, {options}]")
            continue
        options = each[-1] if isinstance(each[-1], Mapping) else {}
        named = each[:-1] if isinstance(each[-1], Mapping) else each
        yield from _unknown(options, _METRIC_OPTIONS, f"{here}[{len(each) - 1}].")
        yield from _period(options.get("period"), f"{here}[{len(each) - 1}].period")
        if "expression" in options:
            yield from _expression(options["expression"], named, f"{here}[{len(each) - 1}].expression")
        elif len(named) < 2 or len(named) % 2 or not all(isinstance(part, str) for part in named):
            remedy = "write namespace and metric, then each dimension with its value"
            yield Finding(Place(here), "it names no metric with whole dimensions", remedy)


def _expression(text: Any, named: list[Any], path: str) -> Iterator[Finding]:
    if named:
        yield Finding(Place(path), "an expression stands beside the name of a metric", "make two entries of it")
    if not isinstance(text, str) or not text.strip():
        yield Finding(Place(path), "the expression is empty", "write one")
        return
    depth, quote = 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
    if depth or quote:
        yield Finding(Place(path), "brackets or quotes do not pair", "close what is open")


def _overlap(widget: Mapping[str, Any], number: int, taken: dict[tuple[int, int], int]) -> Iterator[Finding]:
    x, y, width, height = (widget.get(name) for name in ("x", "y", "width", "height"))
    if not isinstance(x, int) or not isinstance(y, int) or not isinstance(width, int) or not isinstance(height, int):
        return  # placed by CloudWatch itself, or told already
    cells = [(column, row) for column in range(x, x + width) for row in range(y, y + height)]
    covered = sorted({taken[cell] for cell in cells if cell in taken})
    if covered:
        yield Finding(Place(f"widgets[{number}]"), f"it lies over widgets[{covered[0]}]", "move one of them")
    taken.update(dict.fromkeys(cells, number))


def _period(given: Any, path: str) -> Iterator[Finding]:
    if given is not None and not (_between(given, 1, None) and (given in _SHORT_PERIODS or given % 60 == 0)):
        yield Finding(Place(path), f"a period of {given} seconds", "take 1, 5, 10, 30 or a multiple of 60")


def _between(value: Any, least: int, most: int | None) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most)


def _unknown(value: Mapping[str, Any], known: tuple[str, ...], path: str) -> Iterator[Finding]:
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            yield Finding(Place(f"{path}{name}"), f"there is no member {name}", remedy)
