"""The files of a function's archive as Python modules: parsed, with the imports among them. Runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import Finding, Place

_NOWHERE = Place("")


@dataclass(frozen=True)
class Source:
    """One file. `path`: where it lies in the repository."""

    path: str
    text: str


@dataclass(frozen=True)
class Module:
    """One module of the archive. `name` is the dotted one that others import it by."""

    name: str
    source: Source
    tree: ast.Module
    is_package: bool

    def place(self, node: ast.AST) -> Place:
        """Where a node stands."""
        return Place(self.source.path, getattr(node, "lineno", 1))


@dataclass(frozen=True, eq=False)
class Archive:
    """All modules that compile, by name, and what is wrong with the others. Compared by identity, to be a key."""

    modules: Mapping[str, Module]
    findings: tuple[Finding, ...]

    def imported(self, module: Module, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
        """What an import binds, as (name bound, module, member of it); the member is empty for a module itself."""
        if isinstance(node, ast.Import):
            for each in node.names:
                whole = each.name if each.asname else each.name.partition(".")[0]
                yield each.asname or whole, whole, ""
            return
        base = self._base(module, node)
        for each in node.names:
            inner = f"{base}.{each.name}" if base else each.name
            found = (inner, "") if inner in self.modules else (base, each.name)
            yield each.asname or each.name, *found

    @staticmethod
    def _base(module: Module, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = module.name.split(".")
        kept = parts[: len(parts) - node.level + (1 if module.is_package else 0)]
        return ".".join([*kept, *([node.module] if node.module else [])])


def read(files: Mapping[str, Source]) -> Archive:
    """The archive of these files, by their names in it."""
    modules, findings = {}, []
    for name, source in sorted(files.items()):
        if not name.endswith(".py"):
            continue
        try:
            tree = ast.parse(source.text)
            compile(tree, name, "exec", dont_inherit=True)  # finds what parsing alone does not, such as a lone return
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            problem = f"the function's code does not compile: {getattr(error, 'msg', error)}"
            findings.append(Finding(Place(source.path, line), problem, "correct it"))
            continue
        dotted = name.removesuffix(".py").replace("/", ".")
        is_package = dotted.endswith("__init__")
        dotted = dotted.removesuffix("__init__").rstrip(".") if is_package else dotted
        modules[dotted] = Module(dotted, source, tree, is_package)
    return Archive(modules, tuple(findings))


def handler_problem(archive: Archive, handler: str) -> Finding | None:
    """Why Lambda would not find or call the handler (`package.module.function`); None where it would.

    Its place is the function's, or an empty one where there is none.
    """
    module_name, _, function = handler.rpartition(".")
    module = archive.modules.get(module_name.replace("/", "."))
    if module is None:
        problem = f"there is no module {module_name or handler} in the archive"
        return Finding(_NOWHERE, problem, f"write package.module.function; there are: {_few(archive.modules)}")
    found = top_level_function(module, function)
    if found is None:
        there = [node.name for node in module.tree.body if isinstance(node, ast.FunctionDef)]
        problem = f"module {module_name} has no function {function}"
        return Finding(_NOWHERE, problem, f"define it, or name one of: {_few(there)}")
    arguments = found.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = any(each is None for each in arguments.kw_defaults)
    if not (positional >= 2 or arguments.vararg) or positional - len(arguments.defaults) > 2 or needed:
        problem = f"{handler} does not take an event and a context"
        return Finding(module.place(found), problem, f"write def {function}(event, context)")
    return None


def _few(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:8]) or "none"


def top_level_function(module: Module, name: str) -> ast.FunctionDef | None:
    """The function of that name at the top of a module."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None
