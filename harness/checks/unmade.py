"""Resources that no rehearsed launch makes: what no example shows is judged by no rule and proved by nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.checks.plan import Scene
from harness.checks.report import FOUNDATION
from harness.errors import Finding

RULE = "E9072"


class Unmade:
    """Collects, template by template, what each launch left out."""

    def __init__(self) -> None:
        self._left_out: dict[str, tuple[Scene, set[str]]] = {}

    def take(self, scene: Scene, left_out: Collection[str]) -> None:
        """A launch that succeeded, with the logical ids of the template that it did not make."""
        path = scene.rendered.path
        known = self._left_out.get(path)
        self._left_out[path] = (scene, set(left_out) if known is None else known[1] & set(left_out))

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Unit and finding for each resource that every launch of its template left out.

        A foundation has no examples: what it makes follows from the account.
        """
        for scene, names in self._left_out.values():
            if scene.unit == FOUNDATION:
                continue
            lines = scene.rendered.text.splitlines()
            for name in sorted(names):
                line = next((number for number, text in enumerate(lines, 1) if text.strip() == f"{name}:"), 1)
                place = scene.rendered.source_line(line)
                yield scene.unit, Finding(place, f"no example makes {name}", "add an example that does", RULE)
