"""Which updates have to be rehearsed, as data that both sides of a check can read: see `jobs.py` for launches.

Pure: two versions of a product and what earlier launches left in, jobs out. A job's key holds everything that its
answer depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.cfn.effects import Effect
from harness.checks.inputs import Inputs, digest
from harness.checks.jobs import Given, Launch

if TYPE_CHECKING:  # of the side that asks: a worker need not load them
    from pydantic import TypeAdapter

    from harness.catalog.load import LoadedProduct
    from harness.catalog.release import FrozenExample
    from harness.checks.plan import Scene
    from harness.checks.versions import Version

Left = Mapping[tuple[str, str], Given | None]  # (name, region) of a scene → what it left; None if it failed


@dataclass(frozen=True)
class Update:
    """What a launched stack is updated to.

    `proposed`: the parameters of the newer version's own example, taken where the older choices are refused; None where
    there is no such example.
    """

    template: str
    proposed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class UpdateJob:
    """Rehearse one launch and the update that follows. `example` is the older version's."""

    key: str
    launch: Launch
    update: Update
    example: str


@dataclass(frozen=True)
class UpdateRehearsed:
    """What became of an update, in the worst of the ways in which leads update (see `update.py`).

    `launch_refused`: why there is no stack to update; `refused`: (way, reason) where the call refuses; `failures`:
    (problem, logical id) where the stack rolls back, or where no way is left.
    """

    effects: tuple[Effect, ...] = ()
    outputs_lost: tuple[str, ...] = ()
    outputs_changed: tuple[str, ...] = ()
    exports_lost: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    launch_refused: str = ""

    def as_answer(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def rehearsed_of(answer: Mapping[str, Any]) -> UpdateRehearsed:
    """What `as_answer` wrote, also after it was a file."""
    return _reader().validate_python(answer)


@cache
def _reader() -> TypeAdapter[UpdateRehearsed]:
    from pydantic import TypeAdapter

    return TypeAdapter(UpdateRehearsed)


@dataclass(frozen=True)
class Ground:
    """Where a product's examples are launched: the account, and the scene that makes it ready."""

    account_id: str
    region: str
    base: tuple[str, str]


def ground_of(product: LoadedProduct, scenes: Iterable[Scene], region: str) -> Ground | None:
    """Where the product's examples are launched in that region; None if it has none that could be."""
    for scene in scenes:
        if scene.region == region and scene.unit == product.name and scene.example:
            return Ground(scene.account_id, region, scene.after[0])
    return None


def needs_of(name: str, older: Version, newer: Version) -> tuple[str, ...]:
    """The examples of other products that the example of that name needs, then or now."""
    both = [each.examples[name] for each in (older, newer) if name in each.examples]
    return tuple(dict.fromkeys(need for example in both for need in example.needs))


def update_job(
    product: LoadedProduct, older: Version, newer: Version, name: str, place: Ground, given: Given, inputs: Inputs
) -> UpdateJob:
    """The job that updates the older version's example of that name."""
    example = older.examples[name]
    launch = Launch(
        stack=f"rehearsal-{product.name}-{name}",
        template=older.rendering.text,
        parameters=example.parameters,
        account_id=place.account_id,
        region=place.region,
        given=given,
    )
    update = Update(newer.rendering.text, _proposed(newer.examples.get(name)))
    key = digest(
        "update",
        [older.rendering.sha256, newer.rendering.sha256, update.proposed],
        [launch.stack, dict(launch.parameters), launch.account_id, launch.region],
        [dict(given.ssm), dict(given.exports)],
        inputs.under("harness/cfn/", "harness/checks/"),
    )
    return UpdateJob(key, launch, update, name)


def _proposed(example: FrozenExample | None) -> dict[str, str] | None:
    return dict(example.parameters) if example else None
