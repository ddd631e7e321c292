"""Templates inside a product's code: stacks that its functions or pipelines deploy. They are checked as products are.

Which launches prove them they say themselves, since nobody else knows their parameters. Each example is the first one,
changed as it says:

    Metadata: { Platform: { Examples: { endpoint: { Name: a, Serving: endpoint }, batch: { Serving: batch } } } }
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from harness.catalog.model import parameter_text
from harness.catalog.render import Rendered
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from harness.checks.plan import Scene
from harness.checks.renderings import Rendering
from harness.errors import Finding, Place

RULE = "E9073"
# What a template that no person launches does not need: groups of parameters in a console, a product's version.
NOT_ASKED = frozenset({"E9003", "E9005"})
_MARK = "AWSTemplateFormatVersion"


@dataclass(frozen=True)
class _File:
    """Stands for a rendering whose text is the file itself."""

    path: str

    def source_line(self, line: int) -> Place:
        return Place(self.path, line)


@dataclass(frozen=True)
class Nested:
    """One template. `examples`: name → parameters; `imports`: whether it takes what another one exports."""

    rendering: Rendering
    examples: Mapping[str, Mapping[str, str]]
    imports: bool

    def finding(self) -> Finding | None:
        """What is wrong with what it says of its examples."""
        if self.examples:
            return None
        remedy = "state parameters of at least one launch in Metadata, Platform, Examples"
        return Finding(Place(self.rendering.path, 1), "the template states no examples", remedy, RULE)


def nested(root: Path, rendering: Rendering) -> Iterator[Nested]:
    """The templates among the files of a rendering's assets."""
    for path in sorted({path for names in rendering.code.values() for path in names.values()}):
        if not path.endswith((".yaml", ".yml", ".json")):
            continue
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        if _MARK in text:
            file = cast(Rendered, _File(path))
            yield Nested(Rendering(text, path, functools.partial(_same, file)), _examples(text), "ImportValue" in text)


def scenes_of(product: str, templates: list[Nested], model: Scene) -> Iterator[Scene]:
    """Every launch of these templates in the region of `model`, a scene of their product; exporting ones first."""
    exporting: list[tuple[str, str]] = []
    for each in sorted(templates, key=lambda one: one.imports):
        for example, parameters in each.examples.items():
            scene = Scene(
                name=f"{product}/{Path(each.rendering.path).stem}-{example}",
                region=model.region,
                unit=product,
                rendered=each.rendering,
                parameters=parameters,
                account_id=model.account_id,
                after=(model.after[0], *(exporting if each.imports else ())),
            )
            if not each.imports:
                exporting.append(scene.id)
            yield scene


def _same(file: Rendered) -> Rendered:
    return file


def _examples(text: str) -> dict[str, dict[str, str]]:
    try:
        here: Any = parse_template(text).metadata
    except StackError:  # cfn-lint tells it better
        return {}
    for key in ("Platform", "Examples"):
        here = here.get(key) if isinstance(here, Mapping) else None
    stated = {str(name): given for name, given in here.items()} if isinstance(here, Mapping) else {}
    changes = {name: given for name, given in stated.items() if isinstance(given, Mapping)}
    first = next(iter(changes.values()), {})
    return {
        name: {str(key): parameter_text(value) for key, value in {**first, **given}.items()}
        for name, given in changes.items()
    }
