"""What a call comes to: a function of the archive is entered, a class made, boto3 asked. It evaluates no code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from harness.documents.code import library
from harness.documents.code.boto import Boto
from harness.documents.code.cells import ANY_KEY, Cells
from harness.documents.code.program import Program
from harness.documents.code.values import (
    NOTHING,
    UNKNOWN,
    Arguments,
    Boto3,
    Class,
    Container,
    Function,
    FunctionNode,
    Instance,
    Library,
    Member,
    Method,
    Repeated,
    Scope,
    Session,
    Value,
    Values,
)
from harness.errors import Place

RETURNED = "<returned>"  # the cell of a function for what it gives
_DEEPEST = 4  # calls within calls whose arguments are kept apart


class Calling:
    """A function's parameters hold what any call hands over; what one call gives is found with its own arguments."""

    def __init__(
        self,
        program: Program,
        cells: Cells,
        boto: Boto,
        reach: Callable[[Scope], None],
        value: Callable[[ast.expr, Scope], Values],
    ) -> None:
        self._program = program
        self._cells = cells
        self._boto = boto
        self._reach = reach
        self._value = value
        self._entered: list[tuple[Scope, Mapping[str, Values]]] = []

    def given(self, scope: Scope, name: str) -> Values | None:
        """A parameter in the call that is followed at the moment, seen from that scope; None where it is not one."""
        for function, parameters in reversed(self._entered):
            if scope == function and name in parameters:
                return parameters[name]
        return None

    def called(self, function: Value, arguments: Arguments, place: Place, site: Scope) -> Values:
        """What a call gives. `site`: for what it makes."""
        match function:
            case Boto3() | Session():
                return self._boto.made(function, arguments, place)
            case Method():
                return self._boto.called(function, arguments, place)
            case Member(of=Repeated() as of):
                return self._boto.repeated(of, function.name, arguments, place)
            case Function():
                return self.enter(function, arguments)
            case Class():
                return self._construct(function, arguments)
            case Member():
                return library.method(function, arguments, site, self._cells)
            case Library():
                self._hand_over(arguments, place)
                return library.called(function, arguments, site, self._cells)
            case _:
                self._hand_over(arguments, place)
                return UNKNOWN

    def _hand_over(self, arguments: Arguments, place: Place) -> None:
        """What somebody unknown gets may be called with anything."""
        given = arguments.all()
        inside = (self._cells.everything(each) for each in given if isinstance(each, Container))
        for each in given.union(*inside):
            if isinstance(each, Method):
                self._boto.escaped(each, place)
            elif isinstance(each, Function):
                node = self._program.function(each.scope)
                for name in _parameters(node, bound=bool(each.receiver)) if node else ():
                    self._cells.bind(each.scope, name, UNKNOWN)
                self.enter(each, Arguments((), {}, whole=False))

    def enter(self, function: Function, arguments: Arguments) -> Values:
        """What a function of the archive gives."""
        node = self._program.function(function.scope)
        if node is None:
            return NOTHING
        self._reach(function.scope)
        if self._program.is_generator(function.scope):
            passed_on = self._entered_with(function, node, arguments)
            return self._cells.made((*function.scope, "<yielded>"), {ANY_KEY: passed_on})
        return self._entered_with(function, node, arguments)

    def _entered_with(self, function: Function, node: FunctionNode, arguments: Arguments) -> Values:
        bound = bool(function.receiver) and not self._program.is_static(function.scope)
        if bound:
            self._bind_self(function.scope, function.receiver)
        passed = self._passed(function.scope, node, arguments, bound)
        for name, values in passed.items():
            self._cells.bind(function.scope, name, values)
        return self._returned(function.scope, passed)

    def _returned(self, scope: Scope, passed: Mapping[str, Values]) -> Values:
        is_entered = any(scope == each for each, _ in self._entered)
        if is_entered or len(self._entered) >= _DEEPEST or not passed:
            return self._cells.get(scope, RETURNED)
        self._entered.append((scope, passed))
        try:
            return frozenset().union(*(self._value(each, scope) for each in self._program.returned(scope)))
        finally:
            self._entered.pop()

    def _passed(self, scope: Scope, node: FunctionNode, arguments: Arguments, bound: bool) -> dict[str, Values]:
        """What each parameter holds in this call, those left out with their defaults."""
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)][1 if bound else 0 :]
        found = dict(zip(names, arguments.positional, strict=False))
        takes = {*names, *(each.arg for each in node.args.kwonlyargs)}
        rest = arguments.positional[len(names) :]
        if node.args.vararg is not None:
            found[node.args.vararg.arg] = self._cells.made((*scope, "*"), {ANY_KEY: frozenset().union(*rest)})
        found |= {key: values for key, values in arguments.keywords.items() if key in takes}
        if node.args.kwarg is not None:
            others = {key: values for key, values in arguments.keywords.items() if key not in takes}
            others |= {} if arguments.whole else {ANY_KEY: UNKNOWN}
            found[node.args.kwarg.arg] = self._cells.made((*scope, "**"), others, is_mapping=True)
        for name, default in _defaults(node):
            if name not in found:
                found[name] = self._value(default, scope[:-1]) if arguments.whole else UNKNOWN
        return found

    def _bind_self(self, function: Scope, of: Scope) -> None:
        node = self._program.function(function)
        first = next(iter((*node.args.posonlyargs, *node.args.args)), None) if node else None
        if first is not None:
            made: Value = Class(of) if self._program.is_class_method(function) else Instance(of)
            self._cells.bind(function, first.arg, frozenset({made}))

    def _construct(self, made: Class, arguments: Arguments) -> Values:
        for around in self._program.with_bases(made.scope):
            for name in ("__init__", "__post_init__"):
                if self._program.has((*around, name)):
                    given = arguments if name == "__init__" else Arguments((), {})
                    self.enter(Function((*around, name), made.scope), given)
        fields = self._program.fields(made.scope)
        for field, values in (*zip(fields, arguments.positional, strict=False), *arguments.keywords.items()):
            if field in fields:
                self._cells.bind(made.scope, field, values)
        return frozenset({Instance(made.scope)})


def _parameters(node: FunctionNode, bound: bool) -> list[str]:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)][1 if bound else 0 :]
    return [*names, *(each.arg for each in node.args.kwonlyargs)]


def _defaults(node: FunctionNode) -> list[tuple[str, ast.expr]]:
    """Parameters that have a default, with it."""
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    found = list(zip(names[len(names) - len(node.args.defaults) :], node.args.defaults, strict=True))
    keyword_only = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return [*found, *((each.arg, default) for each, default in keyword_only if default is not None)]
