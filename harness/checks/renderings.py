"""Rendered templates, remembered by the files that they are made of: one changed product does not render them all.

A rendering is a function of the templates and the folder it reads, of what the repository says as data, and of the
renderer itself; its key holds all of them. Lines of the source are found by rendering once more, only where something
was found.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.catalog.load import Repository
from harness.catalog.render import Rendered, render_foundation, render_product
from harness.checks.answers import Answers
from harness.checks.inputs import Inputs, digest, text_digest
from harness.errors import Place

# What every template may see: the model that is handed to it, the shared partials, and who renders.
_SEEN_BY_ALL = ("catalog.yaml", "portfolios/", "templates/", "harness/catalog/", "harness/errors.py")


@dataclass(frozen=True)
class Rendering:
    """A rendered template: as much of `Rendered` as a check needs."""

    text: str
    path: str
    render: Callable[[], Rendered]
    # S3 key of an asset that it names → name in the archive → path relative to the repository root.
    code: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @functools.cached_property
    def sha256(self) -> str:
        """Digest of the text."""
        return text_digest(self.text)

    def source_line(self, line: int) -> Place:
        """Where a 1-based line of the text comes from."""
        return self.render().source_line(line)


class Renderings:
    """Renders what is not known."""

    def __init__(self, repository: Repository, answers: Answers, inputs: Inputs) -> None:
        self._repository = repository
        self._answers = answers
        self._inputs = inputs

    def product(self, name: str) -> Rendering:
        """The product's template. Raises KnownError as `render_product` does."""
        return self._known(name, lambda: render_product(self._repository, name), f"products/{name}/")

    def foundation(self, name: str) -> Rendering:
        """A foundation's template. Raises KnownError as `render_foundation` does."""
        model = [path for path in self._inputs.files if path.startswith("products/") and _is_model(path)]
        return self._known(f"foundation/{name}", lambda: render_foundation(self._repository, name), *model)

    def _known(self, name: str, render: Callable[[], Rendered], *seen: str) -> Rendering:
        last = self._answers.find(slot := digest("rendering", name))
        if last and last["key"] == self._key(last["sources"], seen):
            rendered: list[Rendered] = []

            def again() -> Rendered:
                if not rendered:
                    rendered.append(render())
                return rendered[0]

            return Rendering(last["text"], last["path"], again, last["code"])
        made = render()
        # Files that it reads outside what all may see: another product's, in the case of a foundation.
        sources = [
            path for path in map(posixpath.normpath, made.sources) if not path.startswith((*_SEEN_BY_ALL, *seen))
        ]
        key = self._key(sources, seen)
        code = {asset.key: asset.names for asset in made.assets}
        self._answers.keep(slot, {"key": key, "sources": sources, "path": made.path, "text": made.text, "code": code})
        return Rendering(made.text, made.path, lambda: made, code)

    def _key(self, sources: list[str], seen: tuple[str, ...]) -> str:
        return self._inputs.under(*_SEEN_BY_ALL, *seen, *sources)


def _is_model(path: str) -> bool:
    return path.endswith("/product.yaml") or "/examples/" in path
