"""Two versions of a product beside each other: what a launcher sees change, what becomes of stacks, how large a step.

Figures out; `steps.py` says what is wrong with the version that product.yaml states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.catalog.interface import Difference, differences, permission_differences
from harness.catalog.load import LoadedProduct
from harness.catalog.permissions import LAUNCH_ROLE, statements_of
from harness.catalog.versions import Step
from harness.cfn.effects import Effect
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from harness.checks.plan import VERSION_OUTPUT
from harness.checks.updatejobs import UpdateRehearsed, rehearsed_of
from harness.checks.versions import Version
from harness.checks.wording import ResourceImpact, examples_told, fate, stake


@dataclass(frozen=True)
class Reason:
    """Why a difference needs a step. `section` and `name`: where it stands in the newer template, if it does."""

    step: Step
    text: str
    section: str = ""
    name: str = ""


@dataclass(frozen=True)
class Comparison:
    """`launch_role` is None where the older release did not record it; `updates`: example → its rehearsed update;
    `not_launched`: borrowed examples that the older version cannot be launched with; `missing`: example → what cannot
    be launched that it needs, so that nobody knows what an update does."""

    product: str
    older: Version
    newer: Version
    differences: tuple[Difference, ...]
    launch_role: tuple[Difference, ...] | None
    updates: Mapping[str, UpdateRehearsed]
    not_launched: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]]

    @property
    def same(self) -> bool:
        """Whether the templates differ in nothing but the version that they name."""
        older, newer = self.older.rendering.text, self.newer.rendering.text
        return older.replace(self.older.number, "") == newer.replace(self.newer.number, "")

    @property
    def step(self) -> Step:
        """The least step from the older version to the newer one."""
        return max((each.step for each in self.reasons), default=Step.NONE if self.same else Step.PATCH)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, one for each difference that somebody can see; the largest steps first."""
        seen = [
            Reason(each.step, f"{each} since {self.older.number}", each.section, each.name) for each in self.differences
        ]
        return tuple(sorted((*seen, *self.breaks), key=lambda each: -each.step))

    @property
    def breaks(self) -> tuple[Reason, ...]:
        """What an update breaks in stacks of the older version."""
        return (*self._endangered(), *self._refused(), *self._lost())

    @property
    def impacts(self) -> tuple[ResourceImpact, ...]:
        """Every resource that an update touches, once for each way in which it does."""
        found: dict[tuple[Effect, bool], list[tuple[str, Effect]]] = {}
        for example, update in self.updates.items():
            for effect in update.effects:
                if effect.kind != "kept":
                    alike = (replace(effect, name=""), bool(effect.name))
                    found.setdefault(alike, []).append((example, effect))
        return tuple(
            ResourceImpact(
                effect=same[0][1],
                names=tuple(dict.fromkeys(effect.name for _, effect in same if effect.name)),
                examples=tuple(example for example, _ in same),
            )
            for same in found.values()
        )

    def told(self, examples: Sequence[str]) -> str:
        """Those examples, to stand in brackets."""
        return examples_told(examples, len(self.updates))

    def counts(self, example: str) -> dict[str, int]:
        """How many resources of that example's stack fare how."""
        numbers: dict[str, int] = {}
        for effect in self.updates[example].effects:
            numbers[effect.kind] = numbers.get(effect.kind, 0) + 1
        return numbers

    def _endangered(self) -> Iterator[Reason]:
        for each in self.impacts:
            if each.effect.at_risk:
                when = f"when a stack of {self.older.number} updates ({self.told(each.examples)})"
                text = f"{fate(each)} {when}{stake(each)}"
                yield Reason(Step.MAJOR, text, "Resources", each.effect.logical_id)

    def _refused(self) -> Iterator[Reason]:
        if any(each.step == Step.MAJOR and each.section in ("Parameters", "Rules") for each in self.differences):
            return  # said already, and better
        refusals: dict[tuple[str, str], list[str]] = {}
        for example, update in self.updates.items():
            for refusal in () if update.failures else update.refused:
                refusals.setdefault(refusal, []).append(example)
        for (way, message), examples in refusals.items():
            text = f"a stack of {self.older.number} cannot be updated {way} ({self.told(examples)}): {message}"
            yield Reason(Step.MAJOR, text)

    def _lost(self) -> Iterator[Reason]:
        """Outputs and exports that stacks of some parameters lose; `differences` has those that are gone for all."""
        gone = {each.name for each in self.differences if each.section == "Outputs" and each.step == Step.MAJOR}
        lost: dict[tuple[Literal["output", "export"], str], list[str]] = {}
        for example, update in self.updates.items():
            for key in update.outputs_lost:
                if key not in gone:
                    lost.setdefault(("output", key), []).append(example)
            for name in update.exports_lost if not gone else ():
                lost.setdefault(("export", name), []).append(example)
        for (noun, name), examples in lost.items():
            text = f"{noun} {name} is gone when a stack of {self.older.number} updates ({self.told(examples)})"
            yield Reason(Step.MAJOR, text, "Outputs", name)


def compare(
    product: LoadedProduct,
    older: Version,
    newer: Version,
    answers: Mapping[str, Mapping[str, Any]],
    missing: Mapping[str, tuple[str, ...]],
) -> Comparison:
    """The comparison. Where the newer text is no template, every update says so, and nothing else is known.

    `answers`: example → what `update.rehearse_update` said, as data; `missing`: example → what it needs and what cannot
    be launched, so that there is no answer.
    """
    try:
        seen = differences(parse_template(older.rendering.text), parse_template(newer.rendering.text))
    except StackError:
        seen = ()
    updates = {}
    not_launched = []
    for name, answer in answers.items():
        rehearsed = rehearsed_of(answer)
        changed = tuple(each for each in rehearsed.outputs_changed if each != VERSION_OUTPUT[False])
        rehearsed = replace(rehearsed, outputs_changed=changed)
        if rehearsed.launch_refused and older.borrowed:
            not_launched.append(name)
        else:
            updates[name] = rehearsed
    return Comparison(
        product=product.name,
        older=older,
        newer=newer,
        differences=tuple(each for each in seen if each.name != VERSION_OUTPUT[False]),
        launch_role=_launch_role(older.launch_policy, newer.launch_policy),
        updates=updates,
        not_launched=tuple(not_launched),
        missing=missing,
    )


def _launch_role(older: list[Any] | None, newer: list[Any] | None) -> tuple[Difference, ...] | None:
    """No step: operators see the launch role, and deploy it with the foundations; launchers do not."""
    if older is None:
        return None
    before, after = (
        frozenset(statements_of(LAUNCH_ROLE, (each for each in statements if isinstance(each, dict))))
        for statements in (older, newer or [])
    )
    return tuple(permission_differences(before, after, Step.NONE))
