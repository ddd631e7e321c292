"""An archive's functions and classes by where they stand, and the nodes that belong to each. Follows nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from harness.documents.code.archive import Archive
from harness.documents.code.values import NOTHING, Class, Function, FunctionNode, Scope, Values


class Program:
    """All scopes of an archive: modules, functions, lambdas and classes."""

    def __init__(self, archive: Archive) -> None:
        self._functions: dict[Scope, FunctionNode] = {}
        self._classes: dict[Scope, ast.ClassDef] = {}
        self._nodes: dict[Scope, list[ast.AST]] = {}
        self._scopes: dict[int, Scope] = {}  # of lambdas, by the identity of their node
        self._homes: dict[tuple[Scope, str], Scope] = {}  # of names that are bound around the scope
        self._bases: dict[Scope, tuple[Scope, ...]] = {}
        for name, module in archive.modules.items():
            self._nodes[name,] = []
            self._read(module.tree, (name,))
        self._returned = {scope: list(_returned(node, self._nodes[scope])) for scope, node in self._functions.items()}
        for scope, node in self._classes.items():
            self._bases[scope] = tuple(self._base_scopes(archive, scope, node))

    def has(self, scope: Scope) -> bool:
        """Whether there is such a module or function."""
        return scope in self._nodes and scope not in self._classes

    def nodes(self, scope: Scope) -> list[ast.AST]:
        """The nodes of a scope, those of functions and classes inside left out."""
        return self._nodes[scope]

    def function(self, scope: Scope) -> FunctionNode | None:
        """The function of that scope."""
        return self._functions.get(scope)

    def class_(self, scope: Scope) -> ast.ClassDef | None:
        """The class of that scope."""
        return self._classes.get(scope)

    def returned(self, scope: Scope) -> list[ast.expr]:
        """The expressions that a function gives."""
        return self._returned.get(scope, [])

    def scope_of(self, node: ast.Lambda) -> Scope:
        """The scope of a lambda."""
        return self._scopes[id(node)]

    def defined(self, scope: Scope, name: str) -> Values:
        """The function or class that a scope defines under a name."""
        inner = (*scope, name)
        if inner in self._functions:
            return frozenset({Function(inner)})
        return frozenset({Class(inner)}) if inner in self._classes else NOTHING

    def with_bases(self, scope: Scope) -> Iterator[Scope]:
        """A class and those that it is derived from, as far as they are of the archive."""
        seen, waiting = set(), [scope]
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                yield each
                waiting += self._bases.get(each, ())

    def home(self, scope: Scope, name: str) -> Scope:
        """Where a name that the scope assigns is bound: around it, if it says `global` or `nonlocal`."""
        return self._homes.get((scope, name), scope)

    def is_generator(self, scope: Scope) -> bool:
        """Whether a call of the function gives what it yields, one after the other."""
        return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in self._nodes[scope])

    def classes(self) -> Iterator[Scope]:
        """Every class."""
        return iter(self._classes)

    def fields(self, scope: Scope) -> list[str]:
        """Annotated names of a class's body, in order: what a dataclass is constructed with."""
        node = self._classes[scope]
        found = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
        return [each.id for each in found if isinstance(each, ast.Name)]

    def is_property(self, scope: Scope) -> bool:
        """Whether reading the method's name calls it."""
        return bool(self._decorators(scope) & {"property", "cached_property"})

    def is_static(self, scope: Scope) -> bool:
        """Whether the method takes no receiver."""
        return "staticmethod" in self._decorators(scope)

    def is_class_method(self, scope: Scope) -> bool:
        """Whether the method's receiver is the class."""
        return "classmethod" in self._decorators(scope)

    def _decorators(self, scope: Scope) -> set[str]:
        node = self._functions.get(scope)
        listed = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
        return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in listed}

    def _read(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            inner = scope
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    inner = (*scope, child.name)
                    self._functions[inner] = child
                case ast.ClassDef():
                    inner = (*scope, child.name)
                    self._classes[inner] = child
                case ast.Lambda():
                    inner = (*scope, f"<lambda {child.lineno}:{child.col_offset}>")
                    self._functions[inner] = child
                    self._scopes[id(child)] = inner
                case ast.Global() | ast.Nonlocal():
                    around = scope[:1] if isinstance(child, ast.Global) else scope[:-1]
                    self._homes |= {(scope, name): around for name in child.names}
                case _:
                    pass
            if inner != scope:
                self._nodes.setdefault(inner, [])
            if isinstance(child, ast.Lambda) or inner == scope:
                self._nodes[scope].append(child)
            self._read(child, inner)

    def _base_scopes(self, archive: Archive, scope: Scope, node: ast.ClassDef) -> Iterator[Scope]:
        imported: Mapping[str, tuple[str, str]] = {
            bound: (module, member)
            for each in archive.modules[scope[0]].tree.body
            if isinstance(each, ast.Import | ast.ImportFrom)
            for bound, module, member in archive.imported(archive.modules[scope[0]], each)
        }
        for base in node.bases:
            name = base.id if isinstance(base, ast.Name) else ""
            for found in ((scope[0], name), imported.get(name, ("", ""))):
                if found in self._classes:
                    yield found


def _returned(function: FunctionNode, nodes: list[ast.AST]) -> Iterator[ast.expr]:
    if isinstance(function, ast.Lambda):
        yield function.body
        return
    for node in nodes:
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
            yield node.value
