"""The versions of one product, released or in the working tree, in the form in which they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.release import TEMPLATE, FrozenExample, Release, examples_of, launch_policy_of
from harness.catalog.render import Rendered, render_product
from harness.checks.renderings import Rendering


@dataclass(frozen=True)
class Version:
    """One version. `launch_policy`: the statements of its launch role, None where nobody recorded them.

    `borrowed`: its release recorded no examples; those of the working tree stand in, without parameters that it lacks.
    """

    number: str
    rendering: Rendering
    examples: Mapping[str, FrozenExample]
    launch_policy: list[Any] | None = field(compare=False)
    released: bool
    borrowed: bool = False

    @property
    def told(self) -> str:
        """How people call it."""
        return self.number if self.released else f"{self.number} (working tree)"


def released_version(repository: Repository, product: LoadedProduct, release: Release) -> Version:
    """The version that a release froze."""
    manifest = release.manifest

    def source() -> Rendered:  # of a frozen text the source may have moved on: its lines lead to the working tree
        return render_product(repository, product.name)

    examples = manifest.examples
    if not examples:
        known = manifest.interface.parameters
        examples = {
            name: each.model_copy(
                update={"parameters": {key: value for key, value in each.parameters.items() if key in known}}
            )
            for name, each in examples_of(product).items()
        }
    return Version(
        number=release.version,
        rendering=Rendering(release.template(), f"{release.path}/{TEMPLATE}", source),
        examples=examples,
        launch_policy=manifest.launch_policy,
        released=True,
        borrowed=not manifest.examples,
    )


def drafted_version(repository: Repository, product: LoadedProduct, rendering: Rendering) -> Version:
    """The version of the working tree. Raises KnownError where the launch role's policy does not render."""
    return Version(
        number=product.version,
        rendering=rendering,
        examples=examples_of(product),
        launch_policy=launch_policy_of(repository, product),
        released=False,
    )
