"""Follows boto3's clients through the modules of an archive, from the handler on, without running them.

Through names, arguments, returns, attributes and containers. Order and conditions are not looked at: what may be
called, is. Objects of one class are taken for one, and a container stands for what it holds.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from harness.documents.apimodels import methods, paginated, service_names, waiters
from harness.documents.code.archive import Archive, Module
from harness.documents.code.boto import OTHER_METHODS, has_credentials, operation_of
from harness.documents.code.program import Program
from harness.documents.code.values import (
    NOTHING,
    Boto3,
    Class,
    Client,
    Function,
    FunctionNode,
    Instance,
    Method,
    ModuleValue,
    Scope,
    Session,
    Text,
    Value,
    Values,
)
from harness.errors import Finding, Place


@dataclass(frozen=True)
class Call:
    """One operation that is called: `operation` as the API names it, or a managed method such as `copy`."""

    service: str
    operation: str
    place: Place


class Tracer:
    """A flow-insensitive analysis: evaluates what can be reached, over and over, until nothing new is found."""

    def __init__(self, archive: Archive) -> None:
        self._program = Program(archive)
        self._archive = archive
        self._cells: dict[tuple[Scope, str], set[Value]] = defaultdict(set)
        self._returns: dict[Scope, set[Value]] = defaultdict(set)
        self._reached: dict[Scope, None] = {}  # modules and functions, in the order in which they were reached
        self._changed = False
        self._at: Module
        self.calls: set[Call] = set()
        self.findings: set[Finding] = set()

    def run(self, handler: Scope) -> None:
        self._reach(handler[:1])
        self._reach(handler)
        self._changed = True
        while self._changed:
            self._changed = False
            self.findings.clear()  # the last round knows everything
            for scope in list(self._reached):
                self._evaluate_scope(scope)

    def modules(self) -> Iterator[Module]:
        """The modules that were reached."""
        for scope in self._reached:
            if len(scope) == 1:
                yield self._archive.modules[scope[0]]

    def unknown_receivers(self) -> Iterator[Finding]:
        """Calls that look like those of a client, on something that could not be followed."""
        services = {call.service for call in self.calls}
        known = frozenset().union(*(methods(each) for each in services)) if services else frozenset()
        for scope in self._reached:
            self._at = self._archive.modules[scope[0]]
            for node in self._program.nodes(scope):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                name = node.func.attr
                if "_" in name and name in known and not self._value(node.func.value, scope):
                    problem = f"{name}(…) looks like a call of AWS, but whose client it is cannot be followed"
                    remedy = "make or pass the client where it can be seen, or say `# needs service:Action: why`"
                    yield Finding(self._at.place(node), problem, remedy)

    def _reach(self, scope: Scope) -> None:
        if scope not in self._reached and self._program.has(scope):
            if len(scope) > 1:
                self._reach(scope[:1])
            self._reached[scope] = None
            self._changed = True

    def _add(self, cell: set[Value], values: Values) -> None:
        if not values <= cell:
            cell |= values
            self._changed = True

    def _bind(self, scope: Scope, name: str, values: Values) -> None:
        self._add(self._cells[scope, name], values)

    # What a scope does.

    def _evaluate_scope(self, scope: Scope) -> None:
        self._at = self._archive.modules[scope[0]]
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
                case ast.For() | ast.AsyncFor() | ast.comprehension():
                    self._target(node.target, self._value(node.iter, scope), scope)
                case ast.With() | ast.AsyncWith():
                    for item in node.items:
                        if item.optional_vars is not None:
                            self._target(item.optional_vars, self._value(item.context_expr, scope), scope)
                case ast.NamedExpr():
                    self._target(node.target, self._value(node.value, scope), scope)
                case ast.Return() | ast.Yield() | ast.YieldFrom() if node.value is not None:
                    self._add(self._returns[scope], self._value(node.value, scope))
                case ast.expr():
                    self._value(node, scope)
                case _:
                    pass
        body = self._program.lambda_body(scope)
        if body is not None:
            self._add(self._returns[scope], self._value(body, scope))

    def _bind_annotated(self, scope: Scope) -> None:
        function = self._program.function(scope)
        if function is None:
            return
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            if argument.annotation is not None:
                self._bind(scope, argument.arg, self._annotated(argument.annotation, scope))

    def _annotated(self, annotation: ast.expr, scope: Scope) -> Values:
        """Objects of the archive's classes that an annotation names."""
        named = [node for node in ast.walk(annotation) if isinstance(node, ast.Name | ast.Attribute)]
        found = frozenset().union(*(self._value(node, scope) for node in named)) if named else NOTHING
        return frozenset(Instance(each.scope) for each in found if isinstance(each, Class))

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for bound, module, member in self._archive.imported(self._at, node):
            if module == "boto3":
                self._bind(scope, bound, frozenset({Boto3(member)}))
            elif module in self._archive.modules:
                self._reach((module,))
                found = self._of_module(module, member) if member else frozenset({ModuleValue(module)})
                self._bind(scope, bound, found)

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
                self._bind(scope, target.id, values)
            case ast.Attribute():
                for of in self._value(target.value, scope):
                    if isinstance(of, Instance):
                        self._bind(of.scope, target.attr, values)
            case ast.Tuple() | ast.List():
                for each in target.elts:
                    self._target(each, values, scope)
            case ast.Subscript() | ast.Starred():  # a container stands for what it holds
                self._target(target.value, values, scope)
            case _:
                pass

    # What an expression may stand for.

    def _value(self, node: ast.expr, scope: Scope) -> Values:
        match node:
            case ast.Constant():
                return frozenset({Text(node.value)}) if isinstance(node.value, str) else NOTHING
            case ast.Name():
                return self._name(node.id, scope)
            case ast.Attribute():
                of = self._value(node.value, scope)
                self._check_method(node, [each for each in of if isinstance(each, Client)])
                return frozenset().union(*(self._attribute(each, node) for each in of))
            case ast.Call():
                return self._call(node, scope)
            case ast.Lambda():
                inner = self._program.scope_of(node)
                self._reach(inner)
                return frozenset({Function(inner)})
            case ast.Subscript() | ast.Starred() | ast.Await() | ast.NamedExpr():
                return self._value(node.value, scope)
            case ast.IfExp():
                return self._value(node.body, scope) | self._value(node.orelse, scope)
            case ast.BoolOp():
                return self._all(node.values, scope)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._all(node.elts, scope)
            case ast.Dict():
                return self._all(node.values, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._value(node.elt, scope)
            case ast.DictComp():
                return self._value(node.value, scope)
            case _:
                return NOTHING

    def _all(self, nodes: list[ast.expr], scope: Scope) -> Values:
        return frozenset().union(*(self._value(each, scope) for each in nodes if each is not None))

    def _name(self, name: str, scope: Scope) -> Values:
        for length in range(len(scope), 0, -1):
            around = scope[:length]
            found = self._cells.get((around, name))
            defined = self._program.defined(around, name)
            # Names of a class's body are not those of its methods.
            if (found or defined) and (length == len(scope) or self._program.class_(around) is None):
                return self._known(frozenset(found or ()) | defined)
        return NOTHING

    def _of_module(self, module: str, name: str) -> Values:
        return self._known(frozenset(self._cells.get(((module,), name), ())) | self._program.defined((module,), name))

    def _known(self, values: Values) -> Values:
        """The same; functions that are named may come to be called."""
        for each in values:
            if isinstance(each, Function):
                self._reach(each.scope)
        return values

    def _attribute(self, of: Value, node: ast.Attribute) -> Values:
        name = node.attr
        match of:
            case Boto3(member=""):
                return frozenset({Boto3(name)})
            case Boto3(member="session"):
                return frozenset({Boto3(name)})
            case Session(member=""):
                return frozenset({Session(of.own, name)})
            case ModuleValue():
                inner = f"{of.name}.{name}"
                if inner in self._archive.modules:
                    return frozenset({ModuleValue(inner)})
                return self._of_module(of.name, name)
            case Client():
                return self._method(of, node)
            case Class() | Instance():
                return self._member(of, name)
            case _:
                return NOTHING

    def _member(self, of: Class | Instance, name: str) -> Values:
        found: set[Value] = set()
        for around in self._program.with_bases(of.scope):
            found |= self._cells.get((around, name), set())
            for each in self._program.defined(around, name):
                if not isinstance(each, Function):
                    found.add(each)
                    continue
                self._reach(each.scope)
                if self._program.is_property(each.scope):
                    self._bind_self(each.scope, of.scope)
                    found |= self._returns[each.scope]
                else:
                    found.add(Function(each.scope, of.scope))
        return frozenset(found)

    def _method(self, client: Client, node: ast.Attribute) -> Values:
        name = node.attr
        if name not in ("get_paginator", "get_waiter"):
            operation = operation_of(client.service, name)
            if not operation:
                return NOTHING
            self._called(client, operation, node)
        return frozenset({Method(client, name)})

    def _check_method(self, node: ast.Attribute, clients: list[Client]) -> None:
        """A name that is no method of any client that may stand here."""
        if clients and not any(operation_of(each.service, node.attr) or node.attr in OTHER_METHODS for each in clients):
            services = " or ".join(sorted({each.service for each in clients}))
            problem = f"boto3's client of {services} has no method {node.attr}"
            self.findings.add(Finding(self._at.place(node), problem, "correct the name"))

    def _called(self, client: Client, operation: str, node: ast.AST) -> None:
        if client.own:
            self.calls.add(Call(client.service, operation, self._at.place(node)))

    # Calls.

    def _call(self, node: ast.Call, scope: Scope) -> Values:
        at = self._at
        arguments = [self._value(each, scope) for each in node.args]
        keywords = {each.arg: self._value(each.value, scope) for each in node.keywords}
        found: set[Value] = set()
        for each in self._value(node.func, scope):
            self._at = at
            match each:
                case Boto3(member="client") | Session(member="client"):
                    own = each.own if isinstance(each, Session) else not has_credentials(keywords)
                    found |= self._clients(node, arguments, keywords, own)
                case Boto3(member="Session"):
                    found.add(Session(not has_credentials(keywords)))
                case Boto3(member="resource") | Session(member="resource"):
                    remedy = "take boto3.client: its calls are the API's operations"
                    self.findings.add(Finding(at.place(node), "resources of boto3 cannot be followed", remedy))
                case Method():
                    self._of_client(each, node, arguments, keywords)
                case Function():
                    found |= self._enter(each, arguments, keywords)
                case Class():
                    found |= self._construct(each, arguments, keywords)
                case _:
                    pass
        return frozenset(found)

    def _clients(
        self, node: ast.Call, arguments: list[Values], keywords: dict[str | None, Values], own: bool
    ) -> Values:
        named = arguments[0] if arguments else keywords.get("service_name", NOTHING)
        services = {each.value for each in named if isinstance(each, Text)}
        unknown = services - service_names()
        if own and (not services or unknown):
            told = f"boto3 knows no service {min(unknown)}" if unknown else "which service this is cannot be followed"
            self.findings.add(Finding(self._at.place(node), told, "name the service in the call"))
        return frozenset(Client(each, own) for each in services - unknown)

    def _of_client(
        self, method: Method, node: ast.Call, arguments: list[Values], keywords: dict[str | None, Values]
    ) -> None:
        """A paginator or a waiter stands for the operation that it calls."""
        if method.name not in ("get_paginator", "get_waiter"):
            return
        named = arguments[0] if arguments else keywords.get("operation_name", keywords.get("waiter_name", NOTHING))
        for name in (each.value for each in named if isinstance(each, Text)):
            service = method.client.service
            if method.name == "get_waiter":
                operation = waiters(service).get(name, "")
            else:
                operation = methods(service).get(name, "")
                operation = operation if operation in paginated(service) else ""
            if operation:
                self._called(method.client, operation, node)
            else:
                kind = method.name.removeprefix("get_")
                problem = f"boto3's client of {service} has no {kind} {name}"
                self.findings.add(Finding(self._at.place(node), problem, "correct the name"))

    def _enter(self, function: Function, arguments: list[Values], keywords: dict[str | None, Values]) -> Values:
        node = self._program.function(function.scope)
        if node is None:
            return NOTHING
        self._reach(function.scope)
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        if function.receiver and not self._program.is_static(function.scope):
            self._bind_self(function.scope, function.receiver)
            names = names[1:]
        self._pass(function.scope, names, node, arguments, keywords)
        return frozenset(self._returns[function.scope])

    def _pass(
        self, scope: Scope, names: list[str], node: FunctionNode, arguments: list[Values],
        keywords: dict[str | None, Values],
    ) -> None:  # fmt: skip
        for name, values in zip(names, arguments, strict=False):
            self._bind(scope, name, values)
        rest = frozenset().union(*arguments[len(names) :]) if len(arguments) > len(names) else NOTHING
        if node.args.vararg is not None:
            self._bind(scope, node.args.vararg.arg, rest)
        takes = {*names, *(each.arg for each in node.args.kwonlyargs)}
        for key, values in keywords.items():
            if key in takes:
                self._bind(scope, str(key), values)
            elif node.args.kwarg is not None:
                self._bind(scope, node.args.kwarg.arg, values)

    def _bind_self(self, function: Scope, of: Scope) -> None:
        node = self._program.function(function)
        first = next(iter((*node.args.posonlyargs, *node.args.args)), None) if node else None
        if first is not None:
            made: Value = Class(of) if self._program.is_class_method(function) else Instance(of)
            self._bind(function, first.arg, frozenset({made}))

    def _construct(self, made: Class, arguments: list[Values], keywords: dict[str | None, Values]) -> Values:
        for around in self._program.with_bases(made.scope):
            for name in ("__init__", "__post_init__"):
                if self._program.has((*around, name)):
                    given = (arguments, keywords) if name == "__init__" else ([], {})
                    self._enter(Function((*around, name), made.scope), *given)
        fields = self._program.fields(made.scope)
        for field, values in (*zip(fields, arguments, strict=False), *keywords.items()):
            if field in fields:
                self._bind(made.scope, str(field), values)
        return frozenset({Instance(made.scope)})
