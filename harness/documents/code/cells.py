"""What names, attributes and containers may hold, each in a cell that only ever grows. It evaluates nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from harness.documents.code.values import ANYTHING, NOTHING, UNKNOWN, Container, Scope, Setting, Text, Value, Values

ANY_KEY = "*"  # the cell of a container for what lies under a key that is not known
_MOST_TEXTS = 16  # in one cell: texts that a loop builds would have no end
_DEEPEST = 8  # keys of a setting


class Cells:
    """Scope and name → values. `changed`: whether any has grown since it was last set to False."""

    def __init__(self) -> None:
        self._held: dict[tuple[Scope, str], set[Value]] = defaultdict(set)
        self._keys: dict[Scope, dict[str, None]] = defaultdict(dict)
        self.changed = False

    def bind(self, scope: Scope, name: str, values: Values) -> None:
        """From now on the name may hold these, too."""
        cell = self._held[scope, name]
        self._keys[scope].setdefault(name)
        if values <= cell:
            return
        added = values - cell
        texts = sum(isinstance(each, Text) for each in cell)
        if texts + sum(isinstance(each, Text) for each in added) > _MOST_TEXTS:
            added = frozenset(each for each in added if not isinstance(each, Text)) | (UNKNOWN - cell)
        if added:
            cell |= added
            self.changed = True

    def get(self, scope: Scope, name: str) -> Values:
        """What the name may hold; nothing as long as nothing was bound."""
        return frozenset(self._held.get((scope, name), ()))

    # Containers.

    def made(self, site: Scope, held: Mapping[str, Values], is_mapping: bool = False) -> Values:
        """A container made at that place, by key or index."""
        for key, values in held.items():
            self.bind(site, key, values)
        return frozenset({Container(site, is_mapping)})

    def held(self, container: Container) -> Mapping[str, Values]:
        """What a container holds, by key."""
        return {key: self.get(container.site, key) for key in self._keys.get(container.site, ())}

    def everything(self, container: Container) -> Values:
        """What it may hold under any key."""
        return frozenset().union(*self.held(container).values())

    def item(self, of: Value, keys: Values) -> Values:
        """What lies under one of the keys."""
        known = [each.value for each in keys if isinstance(each, Text) and "*" not in each.value]
        is_known = bool(known) and len(known) == len(keys)
        match of:
            case Container():
                if not is_known:
                    return self.everything(of)
                return self.get(of.site, ANY_KEY).union(*(self.get(of.site, key) for key in known))
            case Setting(path=()):
                return frozenset(Setting((key,)) for key in known) if is_known else UNKNOWN
            case Setting(parsed=True) if len(of.path) < _DEEPEST:
                return frozenset(Setting((*of.path, key), True) for key in (known if is_known else (ANY_KEY,)))
            case _:
                return UNKNOWN

    def elements(self, of: Value) -> Values:
        """What a loop over it gives: the keys of a mapping, the rest of others."""
        match of:
            case Container(is_mapping=True):
                return frozenset(ANYTHING if key == ANY_KEY else Text(key) for key in self.held(of))
            case Container():
                return self.everything(of)
            case Setting(parsed=True):
                return self.item(of, NOTHING) | UNKNOWN  # a list's, or a mapping's keys
            case _:
                return UNKNOWN
