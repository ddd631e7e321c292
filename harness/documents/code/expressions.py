"""What an expression may stand for. `tracer.py` binds names, `calling.py` follows calls."""

from __future__ import annotations

import ast
from collections.abc import Callable

from harness.documents.code import library, texts
from harness.documents.code.archive import Archive
from harness.documents.code.boto import Boto
from harness.documents.code.calling import Calling
from harness.documents.code.cells import ANY_KEY, Cells
from harness.documents.code.program import Program
from harness.documents.code.values import (
    ANYTHING,
    NOTHING,
    UNKNOWN,
    Arguments,
    Boto3,
    Class,
    Client,
    Container,
    Credentials,
    Function,
    Instance,
    Library,
    Member,
    ModuleValue,
    Repeated,
    Scope,
    Session,
    Setting,
    Text,
    Value,
    Values,
)
from harness.errors import Place


class Expressions:
    """Evaluates over what the cells hold at the moment. `reach`: told of each function that comes to be named."""

    def __init__(self, archive: Archive, cells: Cells, boto: Boto, reach: Callable[[Scope], None]) -> None:
        self.program = Program(archive)
        self._archive = archive
        self._cells = cells
        self._boto = boto
        self._reach = reach
        self._calling = Calling(self.program, cells, boto, reach, self.value)

    def place(self, node: ast.AST, scope: Scope) -> Place:
        """Where a node of that scope stands."""
        return self._archive.modules[scope[0]].place(node)

    def site(self, node: ast.AST, scope: Scope) -> Scope:
        """A scope for what is made there."""
        place = (str(getattr(node, name, 0)) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
        return (f"<made in {scope[0]}>", f"{type(node).__name__} {':'.join(place)}")

    def value(self, node: ast.expr, scope: Scope) -> Values:
        """What the expression may stand for; nothing where that is not worked out yet."""
        match node:
            case ast.Constant():
                return frozenset({Text(str(node.value))}) if isinstance(node.value, str | int) else UNKNOWN
            case ast.Name():
                return self._name(node.id, scope)
            case ast.Attribute():
                return self._attribute_of(self.value(node.value, scope), node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.Lambda():
                inner = self.program.scope_of(node)
                self._reach(inner)
                return frozenset({Function(inner)})
            case ast.Subscript():
                keys = self.value(node.slice, scope) if not isinstance(node.slice, ast.Slice) else NOTHING
                found = (self._item(each, keys, node.slice) for each in self.value(node.value, scope))
                return frozenset().union(*found)
            case ast.Starred():
                return self.elements(node.value, scope)
            case ast.Await() | ast.NamedExpr():
                return self.value(node.value, scope)
            case ast.IfExp():
                return self.value(node.body, scope) | self.value(node.orelse, scope)
            case ast.BoolOp():
                return frozenset().union(*(self.value(each, scope) for each in node.values))
            case ast.BinOp():
                return self._operation(node, scope)
            case ast.JoinedStr():
                return texts.joined([self._part(each, scope) for each in node.values])
            case _:
                return self._made(node, scope)

    def elements(self, node: ast.expr, scope: Scope) -> Values:
        """What a loop over the expression gives."""
        return frozenset().union(*(self._cells.elements(each) for each in self.value(node, scope)))

    def _made(self, node: ast.expr, scope: Scope) -> Values:
        """A container."""
        site = self.site(node, scope)
        match node:
            case ast.Tuple() | ast.List() | ast.Set():
                fixed = isinstance(node, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts)
                for at, each in enumerate(node.elts):
                    self._cells.bind(site, str(at) if fixed else ANY_KEY, self.value(each, scope))
                return frozenset({Container(site)})
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._cells.made(site, {ANY_KEY: self.value(node.elt, scope)})
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if key is None:
                        library.merge(self._cells, site, self.value(value, scope))
                    else:
                        self._bind_key(site, self.value(key, scope), self.value(value, scope))
                return frozenset({Container(site, True)})
            case ast.DictComp():
                self._bind_key(site, self.value(node.key, scope), self.value(node.value, scope))
                return frozenset({Container(site, True)})
            case _:
                return UNKNOWN

    def _bind_key(self, site: Scope, keys: Values, values: Values) -> None:
        library.bind_item(self._cells, Container(site, True), keys, values)

    def _item(self, of: Value, keys: Values, index: ast.expr) -> Values:
        if isinstance(of, Credentials) or (isinstance(index, ast.Slice) and isinstance(of, Container | Setting)):
            return frozenset({of})  # part of an answer; part of a list
        return self._cells.item(of, keys)

    def _part(self, node: ast.expr, scope: Scope) -> Values:
        """A part of an f-string."""
        if not isinstance(node, ast.FormattedValue):
            return self.value(node, scope)
        return UNKNOWN if node.format_spec or node.conversion != -1 else self.value(node.value, scope)

    def _operation(self, node: ast.BinOp, scope: Scope) -> Values:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if not left or not right:
            return NOTHING
        others = frozenset(each for each in left | right if not isinstance(each, Text | Setting))
        if not isinstance(node.op, ast.Add | ast.BitOr):
            return UNKNOWN
        if not others:
            return texts.joined([left, right]) if isinstance(node.op, ast.Add) else UNKNOWN
        site = self.site(node, scope)
        library.merge(self._cells, site, left | right)
        return frozenset({Container(site, any(isinstance(each, Container) and each.is_mapping for each in others))})

    def _name(self, name: str, scope: Scope) -> Values:
        given = self._calling.given(scope, name)
        if given is not None:
            return given
        for length in range(len(scope), 0, -1):
            around = scope[:length]
            found = self._cells.get(around, name) | self.program.defined(around, name)
            # Names of a class's body are not those of its methods.
            if found and (length == len(scope) or self.program.class_(around) is None):
                return self._known(found)
        return library.builtin(name)

    def of_module(self, module: str, name: str) -> Values:
        """What a module of the archive binds to a name."""
        return self._known(self._cells.get((module,), name) | self.program.defined((module,), name))

    def _known(self, values: Values) -> Values:
        """The same; functions that are named may come to be called."""
        for each in values:
            if isinstance(each, Function):
                self._reach(each.scope)
        return values

    def _attribute_of(self, of: Values, node: ast.Attribute, scope: Scope) -> Values:
        clients = [each for each in of if isinstance(each, Client)]
        if clients:
            self._boto.check(clients, node.attr, self.place(node, scope))
        return frozenset().union(*(self._attribute(each, node, scope) for each in of))

    def _attribute(self, of: Value, node: ast.Attribute, scope: Scope) -> Values:
        name = node.attr
        match of:
            case Boto3(member="") | Boto3(member="session"):
                return frozenset({Boto3(name)})
            case Session(member=""):
                return frozenset({Session(of.role, of.region, name)})
            case ModuleValue():
                inner = f"{of.name}.{name}"
                if inner in self._archive.modules:
                    return frozenset({ModuleValue(inner)})
                return self.of_module(of.name, name)
            case Library():
                return library.imported(f"{of.name}.{name}")
            case Client():
                return self._boto.attribute(of, name, self.place(node, scope))
            case Class() | Instance():
                return self._member(of, name)
            case Credentials() | Container() | Setting() | Repeated():
                return frozenset({Member(of, name)})
            case Text() if of != ANYTHING:
                return frozenset({Member(of, name)})
            case _:
                return UNKNOWN

    def _member(self, of: Class | Instance, name: str) -> Values:
        found: set[Value] = set()
        for around in self.program.with_bases(of.scope):
            found |= self._cells.get(around, name)
            for each in self.program.defined(around, name):
                if not isinstance(each, Function):
                    found.add(each)
                    continue
                self._reach(each.scope)
                bound = Function(each.scope, of.scope)
                if self.program.is_property(each.scope):
                    found |= self._calling.enter(bound, Arguments((), {}))
                else:
                    found.add(bound)
        return frozenset(found)

    def _call(self, node: ast.Call, scope: Scope) -> Values:
        arguments = self._arguments(node, scope)
        place, site = self.place(node, scope), self.site(node, scope)
        found = (self._calling.called(each, arguments, place, site) for each in self.value(node.func, scope))
        return frozenset().union(*found)

    def _arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        keywords: dict[str, Values] = {}
        positional: list[Values] = []
        whole = True
        for each in node.args:
            row = self._row(each.value, scope) if isinstance(each, ast.Starred) else [self.value(each, scope)]
            whole = whole and row is not None
            positional += [self.value(each, scope)] if row is None else row
        for keyword in node.keywords:
            values = self.value(keyword.value, scope)
            if keyword.arg is not None:
                keywords[keyword.arg] = keywords.get(keyword.arg, NOTHING) | values
                continue
            whole = whole and all(isinstance(one, Container) for one in values)
            for one in values:
                for key, held in self._cells.held(one).items() if isinstance(one, Container) else ():
                    whole = whole and key != ANY_KEY
                    if key != ANY_KEY:
                        keywords[key] = keywords.get(key, NOTHING) | held
        return Arguments(tuple(positional), keywords, whole)

    def _row(self, node: ast.expr, scope: Scope) -> list[Values] | None:
        """What a tuple holds, in its order; None where it may be another, or of any length."""
        found = list(self.value(node, scope))
        if len(found) != 1 or not isinstance(found[0], Container):
            return None
        held = self._cells.held(found[0])
        return list(held.values()) if list(held) == [str(at) for at in range(len(held))] else None
