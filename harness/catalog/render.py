"""Source template → CloudFormation text; every error, and every line of the text, knows its line of the source."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
import yaml
from jinja2.bccache import Bucket
from jinja2.ext import Extension

from harness.catalog import assets, launchpolicy
from harness.catalog.assets import UnusableFileError
from harness.catalog.load import Repository
from harness.catalog.model import Catalog
from harness.catalog.templatefiles import Files
from harness.catalog.yamlfile import read_text, syntax_finding
from harness.errors import Finding, Place, known_error

TEMPLATE_LIMIT = 1_048_576  # bytes; Service Catalog and CloudFormation by URL: 1 MB

_KEPT = 256  # templates of which the code is kept
# Jinja's own line comment leaves its line break behind; a statement that does nothing leaves no line.
_NOTHING = "#% set _ = none"
_COMMENT = re.compile(r"^[ ]*##.*$")
# `    << call(…) >>` alone on its line, or alone as an item of a list. A `>>` that is not in quotes ends the call.
_CALL = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'>]|>(?!>))+"""
_ALONE = re.compile(rf"^(?P<before> +|(?: *- )+)<< (?P<call>{_CALL}) >> *$")
# Between two private-use characters, where no template has any: the source line that an output line comes from.
_MARK = re.compile("\ue000([^\ue001]*)\ue001")
# Jinja names an object by its Python class, which its author has never seen.
_OBJECT = re.compile(r"'[\w.]+\.(?:Loaded)?(\w+) object'")


@dataclass(frozen=True)
class Rendered:
    """A rendered template. `sources` are all files that the text depends on, relative to the repository root."""

    text: str
    path: str  # the source template, relative to the repository root
    assets: tuple[assets.Asset, ...]
    sources: tuple[str, ...]
    _render_marked: functools.partial[str] = field(repr=False, compare=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def source_line(self, line: int) -> Place:
        """Where a 1-based line of the text comes from: the innermost include or macro that wrote it."""
        places = self._places
        return places[min(max(line, 1), len(places)) - 1] if places else Place(self.path)

    @functools.cached_property
    def _places(self) -> tuple[Place, ...]:
        # Rendered a second time, with marks: the text itself must never pass through a marked rendering, where a
        # digest or a length would count the marks too.
        place = Place(self.path, 1)
        places = []
        for line in self._render_marked().splitlines():
            marks = _MARK.findall(line)
            if marks:
                path, _, number = marks[-1].rpartition(":")
                place = Place(path, int(number))
            places.append(place)
        return tuple(places)


def render_product(repository: Repository, name: str) -> Rendered:
    """The product's template. Raises KnownError with the place in the source for anything that does not render."""
    product = repository.product(name)
    rendered = _render(repository, product.template_path, product.folder, {"product": product})
    size = len(rendered.text.encode())
    if size > TEMPLATE_LIMIT:
        raise known_error(
            rendered.path,
            f"the rendered template has {size:,} bytes; Service Catalog takes {TEMPLATE_LIMIT:,}",
            "move code and documents to assets, or split the product",
        )
    return rendered


def render_foundation(repository: Repository, name: str) -> Rendered:
    """The foundation template `name` ("hub", "registry" or "spoke") for this landscape."""
    path = f"templates/foundation/{name}.yaml.j2"
    context = {"products": repository.products, "portfolios": repository.portfolios}
    return _render(repository, path, repository.root / "templates" / "foundation", context)


def foundations(catalog: Catalog) -> tuple[str, ...]:
    """The foundations that this landscape is made of."""
    return tuple(dict.fromkeys(("hub", registry_foundation(catalog), "spoke")))


def additions(root: Path) -> tuple[str, ...]:
    """Templates beside the foundations that an operator may deploy in the hub: the builds of the catalog itself."""
    return tuple(each for each in ("pipeline",) if (root / f"templates/foundation/{each}.yaml.j2").is_file())


def registry_foundation(catalog: Catalog) -> str:
    """The foundation of the model registry's account: the hub's, unless the registry has an account of its own."""
    landscape = catalog.landscape
    return "hub" if landscape.registry.account == landscape.hub.account else "registry"


def render_launch_policy(repository: Repository, name: str) -> Rendered:
    """The statements of the product's launch role: a YAML list."""
    product = repository.product(name)
    return _render(repository, product.launch_policy_path, product.folder, {"product": product})


def _render(repository: Repository, path: str, folder: Path, context: Mapping[str, Any]) -> Rendered:
    files = Files(repository.root, folder)
    context = {"catalog": repository.catalog, **context, **files.functions()}
    text = _text(repository.root, path, context, marked=False, files=files)
    finding = _malformed(text, path)
    rendered = Rendered(
        text=text,
        path=path,
        assets=tuple(files.assets[key] for key in sorted(files.assets)),
        sources=tuple(sorted(files.read)),
        _render_marked=functools.partial(_text, repository.root, path, context, marked=True, files=files),
    )
    if finding is not None:
        raise known_error(rendered.source_line(finding.place.line), f"rendered: {finding.problem}", finding.remedy)
    return rendered


def _malformed(text: str, path: str) -> Finding | None:
    """What keeps a rendered text from being YAML, at its line of the text."""
    try:
        yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        return syntax_finding(path, text, error)
    except RecursionError:
        return Finding(Place(path, 1), "nested too deeply to be read", "flatten it")
    return None


def _text(root: Path, path: str, context: Mapping[str, Any], *, marked: bool, files: Files) -> str:
    environment = _environment(root, marked=marked)
    if marked:
        context = {**context, **files.marked_functions()}
    try:
        text = environment.get_template(path).render(context)
    except jinja2.TemplateSyntaxError as error:
        place = Place(_relative(root, error.filename) or path, error.lineno)
        raise known_error(place, f"template syntax: {error.message}", "correct the expression") from None
    except jinja2.UndefinedError as error:
        place = _innermost(root, error.__traceback__, path)
        problem = f"undefined: {_OBJECT.sub(lambda found: found[1].lower(), error.message or '')}"
        raise known_error(place, problem, "correct the name, or pass the value to the macro") from None
    except jinja2.TemplateNotFound as error:
        place = _innermost(root, error.__traceback__, path)
        problem = f"no template '{error.name}'"
        raise known_error(place, problem, "templates are found in templates/ and by their path from the root") from None
    except UnusableFileError as error:
        place = _innermost(root, error.__traceback__, path)
        raise known_error(place, f"file {error.path} {error.problem}", error.remedy) from None
    except RecursionError as error:
        place = _innermost(root, error.__traceback__, path)
        problem = "templates include or call each other without end"
        raise known_error(place, problem, "take one of the calls out") from None
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        place = _innermost(root, error.__traceback__, path)
        raise known_error(place, f"cannot be evaluated: {error}", "correct the expression") from None
    files.read.update(_templates_used(environment, root))
    # A statement or an empty call leaves spaces behind; frozen bytes should not hold them.
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


class _OwnColumn(Extension):
    """Comments vanish with their line; a call alone on its line is indented to its own column. Line numbers stay."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        lines = (_COMMENT.sub(_NOTHING, line) for line in source.split("\n"))
        return "\n".join(_ALONE.sub(r"<< (\g<call>)|own_column('\g<before>') >>", line) for line in lines)


def _own_column(value: object, before: str) -> str:
    """`value` set behind `before` (spaces, or a list's dash), all its lines in the same column.

    A list in the place of an item gives its items: `- << macro() >>` may stand for any number of them.
    """
    text = str(value).rstrip()
    if not _MARK.sub("", text):
        return ""
    if "-" in before and _MARK.sub("", text).startswith("- "):
        before = before[: before.rindex("- ")]
    column = " " * len(before)
    return before + text.replace("\n", f"\n{column}")


class _Marks(_OwnColumn):
    """The same, with each line of text that can carry one marked with the place that it comes from."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        lines = super().preprocess(source, name, filename).split("\n")
        loader = self.environment.loader
        path = _relative(loader.root, filename) if isinstance(loader, _Loader) else name
        inside = False  # of an expression that goes on over lines
        for index, line in enumerate(lines):
            before = inside
            inside = line.rfind("<<") > line.rfind(">>") or (inside and ">>" not in line)
            if not before and line.strip() and not line.lstrip().startswith("#%"):
                lines[index] = f"\ue000{path}:{index + 1}\ue001{line}"
        return "\n".join(lines)


def _environment(root: Path, *, marked: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=_Loader(root),
        extensions=[_Marks if marked else _OwnColumn],
        variable_start_string="<<",
        variable_end_string=">>",
        line_statement_prefix="#%",
        # Jinja wants these three pairs; no template uses them.
        block_start_string="<%%",
        block_end_string="%%>",
        comment_start_string="<##",
        comment_end_string="##>",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
        bytecode_cache=_COMPILED[marked],
    )
    environment.filters["own_column"] = _own_column
    environment.filters["policies"] = functools.partial(
        launchpolicy.policies, unmarked=functools.partial(_MARK.sub, "")
    )
    return environment


class _Compiled(jinja2.BytecodeCache):
    """What was compiled last in this process: partials are the same for every product that is rendered."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives the code of the same text under the same path."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it."""
        self._known[bucket.key, bucket.checksum] = bucket.code
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]


# Marks are compiled into the code.
_COMPILED = {marked: _Compiled() for marked in (False, True)}


class _Loader(jinja2.BaseLoader):
    """Finds `iam.yaml.j2` in templates/, and `products/…` or `templates/…` from the root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get_source(
        self,
        environment: jinja2.Environment,
        template: str,
    ) -> tuple[str, str, Any]:
        for candidate in (template, f"templates/{template}"):
            path = self.root / candidate
            if path.is_file() and path.resolve().is_relative_to(self.root.resolve()):
                return read_text(self.root, path), str(path), None
        raise jinja2.TemplateNotFound(template)


def _templates_used(environment: jinja2.Environment, root: Path) -> set[str]:
    cached = environment.cache.values() if environment.cache is not None else []
    return {relative for template in cached if (relative := _relative(root, template.filename))}


def _relative(root: Path, filename: str | None) -> str | None:
    if filename and Path(filename).is_relative_to(root):
        return Path(filename).relative_to(root).as_posix()
    return None


def _innermost(root: Path, traceback: TracebackType | None, path: str) -> Place:
    """The deepest line of a template in a traceback; Jinja rewrites those frames to the template's own lines."""
    place = Place(path)
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if filename.endswith(".j2") and (relative := _relative(root, filename)):
            place = Place(relative, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place
