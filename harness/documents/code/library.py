"""What Python's own functions give, and methods of texts, containers and settings, as far as it matters here."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from harness.documents.code import texts
from harness.documents.code.cells import ANY_KEY, Cells
from harness.documents.code.values import (
    NOTHING,
    UNKNOWN,
    Arguments,
    Container,
    Credentials,
    Library,
    Member,
    Repeated,
    Scope,
    Setting,
    Text,
    Value,
    Values,
)

# Members of modules that are followed; of anything else nobody knows what it gives.
_FOLLOWED = frozenset(("json", "json.loads", "os", "os.environ", "os.getenv"))
_GIVE_THEIR_ARGUMENT = frozenset(("frozenset", "iter", "list", "reversed", "set", "sorted", "tuple"))
_GIVE_AN_ELEMENT = frozenset(("max", "min", "next"))
_ADDING = frozenset(("add", "append", "appendleft", "insert"))
_JOINING = frozenset(("extend", "update"))


def imported(name: str) -> Values:
    """What a name stands for that is imported from beyond the archive."""
    if name == "os.environ":
        return frozenset({Setting(())})
    return frozenset({Library(name)}) if name in _FOLLOWED else UNKNOWN


def builtin(name: str) -> Values:
    """What a name stands for that is bound nowhere: one of Python's own, or nothing."""
    return frozenset({Library(f"builtins.{name}")}) if hasattr(builtins, name) else NOTHING


def called(of: Library, arguments: Arguments, site: Scope, cells: Cells) -> Values:
    """What a function gives. `site`: of the call, for what it makes."""
    if not all(arguments.positional):
        return NOTHING
    first = arguments.get(0, "s")
    name = of.name.removeprefix("builtins.")
    if name == "os.getenv":
        return cells.item(Setting(()), arguments.get(0, "key"))
    if name == "json.loads":
        found = (Setting(each.path, True) if isinstance(each, Setting) and each.path else None for each in first)
        return frozenset(each for each in found if each) or UNKNOWN
    if name == "dict":
        merge(cells, site, first)
        return cells.made(site, arguments.keywords, is_mapping=True)
    if name == "str":
        return frozenset(Text(each) for each in texts.texts(first)) if first else NOTHING
    if name in _GIVE_THEIR_ARGUMENT and first:
        keys = [each for each in first if isinstance(each, Container) and each.is_mapping]
        return (first - frozenset(keys)) | (cells.made(site, {ANY_KEY: _elements(cells, keys)}) if keys else NOTHING)
    if name in _GIVE_AN_ELEMENT and first:
        inner = _elements(cells, first)
        return inner.union(*arguments.positional[1:])
    if name in ("enumerate", "zip"):
        inner_of_all = [_elements(cells, each) for each in arguments.positional]
        columns = [UNKNOWN, *inner_of_all] if name == "enumerate" else inner_of_all
        row = cells.made((*site, "row"), {str(at): each for at, each in enumerate(columns)})
        return cells.made(site, {ANY_KEY: row})
    return UNKNOWN


def method(of: Member, arguments: Arguments, site: Scope, cells: Cells) -> Values:
    """What a method gives; it may change the container."""
    if not all(arguments.positional):
        return NOTHING
    match of.of:
        case Credentials():
            return frozenset({of.of})
        case Text():
            return _of_text(of.of, of.name, arguments, site, cells)
        case Container():
            return _of_container(of.of, of.name, arguments, site, cells)
        case Setting():
            return _of_setting(of.of, of.name, arguments, site, cells)
        case Repeated():
            raise ValueError("a paginator is boto3's")


def _of_text(of: Text, name: str, arguments: Arguments, site: Scope, cells: Cells) -> Values:
    given = [sorted(texts.texts(each)) for each in arguments.positional]
    if any(len(each) > 1 for each in given) or arguments.keywords:
        return UNKNOWN
    found = texts.method(of.value, name, [each[0] for each in given])
    if isinstance(found, str):
        return frozenset({Text(found)})
    return cells.made((*site, of.value), {str(at): frozenset({Text(each)}) for at, each in enumerate(found)})


def _of_setting(of: Setting, name: str, arguments: Arguments, site: Scope, cells: Cells) -> Values:
    if name in ("get", "pop"):  # the default is for when it is not set, and it is
        return cells.item(of, arguments.get(0, "key"))
    if name in ("values", "items") and of.parsed:
        inner = cells.item(of, NOTHING)
        pair = cells.made((*site, "pair"), {"0": UNKNOWN, "1": inner})
        return cells.made(site, {ANY_KEY: pair if name == "items" else inner})
    return frozenset({of}) if name == "copy" else UNKNOWN


def _of_container(of: Container, name: str, arguments: Arguments, site: Scope, cells: Cells) -> Values:
    if name in ("get", "pop", "popitem"):
        return cells.item(of, arguments.get(0, "key")).union(*arguments.positional[1:])
    if name == "setdefault":
        bind_item(cells, of, arguments.get(0), arguments.get(1))
        return cells.item(of, arguments.get(0))
    if name in _ADDING and arguments.positional:
        cells.bind(of.site, ANY_KEY, arguments.positional[-1])
    elif name in _JOINING:
        merge(cells, of.site, arguments.get(0))
        for key, values in arguments.keywords.items():
            cells.bind(of.site, key, values)
    elif name == "copy":
        return frozenset({of})
    elif not of.is_mapping:
        return UNKNOWN
    elif name == "keys":
        return cells.made(site, {ANY_KEY: cells.elements(of)})
    elif name == "values":
        return cells.made(site, {ANY_KEY: cells.everything(of)})
    elif name == "items":
        rows: Values = frozenset()
        for key, values in cells.held(of).items():
            rows |= cells.made((*site, *of.site, key), {"0": frozenset({Text(key)}), "1": values})
        return cells.made(site, {ANY_KEY: rows})
    return UNKNOWN


def bind_item(cells: Cells, of: Container, keys: Values, values: Values) -> None:
    """From now on the container holds these values under those keys."""
    for key in texts.texts(keys):
        cells.bind(of.site, key if texts.is_whole(key) else ANY_KEY, values)


def merge(cells: Cells, site: Scope, values: Values) -> None:
    """What a mapping or list holds, from now on held by the container of that site, too."""
    for each in values:
        if isinstance(each, Container):
            for key, held in cells.held(each).items():
                cells.bind(site, key, held)
        else:
            cells.bind(site, ANY_KEY, cells.item(each, NOTHING))


def _elements(cells: Cells, values: Iterable[Value]) -> Values:
    return frozenset().union(*(cells.elements(each) for each in values))
