"""Follows boto3's clients through the modules of an archive, from the handler on, without running them.

Through names, arguments, returns, attributes and containers. Order and conditions are not looked at: what may be
called, is. Objects of one class are taken for one. This module knows statements, and when nothing new is found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.documents.apimodels import methods
from harness.documents.code import library
from harness.documents.code.archive import Archive, Module
from harness.documents.code.boto import Boto, Call
from harness.documents.code.calling import RETURNED
from harness.documents.code.cells import ANY_KEY, Cells
from harness.documents.code.expressions import Expressions
from harness.documents.code.values import (
    ANYTHING,
    NOTHING,
    UNKNOWN,
    Boto3,
    Class,
    Container,
    Instance,
    ModuleValue,
    Scope,
    Text,
    Values,
)
from harness.errors import Finding


class Tracer:
    """A flow-insensitive analysis: evaluates what can be reached, over and over, until nothing new is found."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._cells = Cells()
        self._boto = Boto(self._cells)
        self._expressions = Expressions(archive, self._cells, self._boto, self._reach)
        self._program = self._expressions.program
        self._reached: dict[Scope, None] = {}  # modules and functions, in the order in which they were reached

    def run(self, handler: Scope) -> None:
        """Follows everything from the handler on, which is called with anything."""
        self._reach(handler[:1])
        self._reach(handler)
        function = self._program.function(handler)
        for each in (*function.args.posonlyargs, *function.args.args) if function else ():
            self._cells.bind(handler, each.arg, UNKNOWN)
        self._cells.changed = True
        while self._cells.changed:
            self._cells.changed = False
            self._boto.forget()  # the last round knows everything
            for scope in list(self._reached):
                self._evaluate_scope(scope)
            for scope in self._program.classes():
                if scope[:-1] in self._reached:
                    self._evaluate_scope(scope)

    def calls(self) -> frozenset[Call]:
        """What may be called."""
        return self._boto.calls()

    def findings(self) -> Iterator[Finding]:
        """What is not there, or cannot be followed."""
        yield from self._boto.findings
        yield from self._unknown_receivers()

    def modules(self) -> Iterator[Module]:
        """The modules that were reached."""
        for scope in self._reached:
            if len(scope) == 1:
                yield self._archive.modules[scope[0]]

    def _unknown_receivers(self) -> Iterator[Finding]:
        """Calls that look like those of a client, on something that could not be followed."""
        services = {call.service for call in self.calls()}
        known = frozenset().union(*(methods(each) for each in services)) if services else frozenset()
        for scope in self._reached:
            for node in self._program.nodes(scope):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                name = node.func.attr
                if "_" in name and name in known and self._expressions.value(node.func.value, scope) <= UNKNOWN:
                    problem = f"{name}(…) looks like a call of AWS, but whose client it is cannot be followed"
                    remedy = "make or pass the client where it can be seen, or say `# needs service:Action: why`"
                    yield Finding(self._expressions.place(node, scope), problem, remedy)

    def _reach(self, scope: Scope) -> None:
        if scope not in self._reached and self._program.has(scope):
            if len(scope) > 1:
                self._reach(scope[:1])
            self._reached[scope] = None
            self._cells.changed = True

    def _value(self, node: ast.expr, scope: Scope) -> Values:
        return self._expressions.value(node, scope)

    def _evaluate_scope(self, scope: Scope) -> None:
        self._bind_annotated(scope)
        for node in self._program.nodes(scope):
            match node:
                case ast.Import() | ast.ImportFrom():
                    self._import(node, scope)
                case ast.Assign():
                    for target in node.targets:
                        self._assign(target, node.value, scope)
                case ast.AnnAssign():
                    values = self._annotated(node.annotation, scope)
                    self._target(
                        node.target, values | (self._value(node.value, scope) if node.value else NOTHING), scope
                    )
                case ast.AugAssign():
                    self._augment(node, scope)
                case ast.For() | ast.AsyncFor() | ast.comprehension():
                    self._target(node.target, self._expressions.elements(node.iter, scope), scope)
                case ast.With() | ast.AsyncWith():
                    for item in node.items:
                        if item.optional_vars is not None:
                            self._target(item.optional_vars, self._entered(item.context_expr, scope), scope)
                case ast.NamedExpr():
                    self._target(node.target, self._value(node.value, scope), scope)
                case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name is not None:
                    self._cells.bind(scope, node.name, UNKNOWN)
                case ast.Call() | ast.Attribute() | ast.Lambda() | ast.Name():  # also where nothing asks what they give
                    self._value(node, scope)
                case _:
                    pass
        for each in self._program.returned(scope):
            self._cells.bind(scope, RETURNED, self._value(each, scope))

    def _entered(self, node: ast.expr, scope: Scope) -> Values:
        """What `with` gives: the object itself, or what a generator yields once."""
        found = self._value(node, scope)
        yielded = (self._cells.everything(each) for each in found if isinstance(each, Container))
        return found.union(*yielded)

    def _bind_annotated(self, scope: Scope) -> None:
        function = self._program.function(scope)
        if function is None:
            return
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            if argument.annotation is not None:
                self._cells.bind(scope, argument.arg, self._annotated(argument.annotation, scope))

    def _annotated(self, annotation: ast.expr, scope: Scope) -> Values:
        """Objects of the classes that an annotation names."""
        named = [node for node in ast.walk(annotation) if isinstance(node, ast.Name | ast.Attribute)]
        found = frozenset().union(*(self._value(node, scope) for node in named)) if named else NOTHING
        return frozenset(Instance(each.scope) for each in found if isinstance(each, Class))

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for bound, module, member in self._archive.imported(self._archive.modules[scope[0]], node):
            if module == "boto3":
                found: Values = frozenset({Boto3(member)})
            elif module in self._archive.modules:
                self._reach((module,))
                whole: Values = frozenset({ModuleValue(module)})
                found = self._expressions.of_module(module, member) if member else whole
            else:
                found = library.imported(f"{module}.{member}" if member else module)
            self._cells.bind(scope, bound, found)

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            starred = any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not starred:
                pairs = list(zip(target.elts, value.elts, strict=True))
        for one, other in pairs:
            self._target(one, self._value(other, scope), scope)

    def _target(self, target: ast.expr, values: Values, scope: Scope) -> None:
        match target:
            case ast.Name():
                self._cells.bind(self._program.home(scope, target.id), target.id, values)
            case ast.Attribute():
                for of in self._value(target.value, scope):
                    if isinstance(of, Instance):
                        self._cells.bind(of.scope, target.attr, values)
            case ast.Tuple() | ast.List():
                starred = any(isinstance(each, ast.Starred) for each in target.elts)
                for at, each in enumerate(target.elts):
                    keys: Values = NOTHING if starred else frozenset({Text(str(at))})
                    self._target(each, frozenset().union(*(self._cells.item(of, keys) for of in values)), scope)
            case ast.Starred():
                self._target(
                    target.value, self._cells.made(self._expressions.site(target, scope), {ANY_KEY: values}), scope
                )
            case ast.Subscript():
                keys = self._value(target.slice, scope)
                for of in self._value(target.value, scope):
                    if isinstance(of, Container):
                        library.bind_item(self._cells, of, keys, values)
            case _:
                pass

    def _augment(self, node: ast.AugAssign, scope: Scope) -> None:
        """`x += y`: a container takes in another; of a text nobody knows how often that is done."""
        added = self._value(node.value, scope)
        before = self._value(node.target, scope)
        for of in before:
            if isinstance(of, Container):
                library.merge(self._cells, of.site, added)
        if not all(isinstance(each, Container) for each in before):
            self._target(node.target, frozenset({ANYTHING}), scope)
