"""A comparison of two versions as text, as Markdown and as JSON. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.catalog.interface import Difference
from harness.catalog.load import LoadedProduct
from harness.catalog.versions import Step, next_version, step_between
from harness.cfn.effects import KINDS
from harness.checks.compare import Comparison
from harness.checks.wording import ResourceImpact, fate, stake

_PERMISSIONS = "Permissions"


@dataclass(frozen=True)
class Line:
    """One product beside its newest release. `comparison` is None where nothing differs, or nothing is released."""

    product: LoadedProduct
    comparison: Comparison | None
    newest: str = "none"

    @property
    def verdict(self) -> str:
        """What is to be done, in a few words."""
        if self.comparison is None:
            return "not released yet" if self.newest == "none" else "unchanged"
        return verdict(self.comparison)


def verdict(comparison: Comparison) -> str:
    """Which version the difference needs, and whether the newer side states it."""
    older, newer, least = comparison.older.number, comparison.newer.number, comparison.step
    if least == Step.NONE:
        return "nothing differs" if older == newer else "nothing but the version differs"
    need = f"needs a {least.noun} version"
    if step_between(older, newer) >= least:
        return f"{need}, as {newer} is"
    if comparison.newer.released:
        return f"{need}, which {newer} is not"
    return f"{need}: set {next_version(older, least)}"


def text(line: Line) -> str:
    """The comparison for a terminal."""
    comparison = line.comparison
    if comparison is None:
        return f"{line.product.name}: {line.verdict}"
    return "\n".join(_text(comparison))


def _text(comparison: Comparison) -> Iterator[str]:
    yield f"{_title(comparison)}: {verdict(comparison)}"
    for title, items in _parts(comparison):
        yield ""
        yield title
        yield from (f"  {item}" for item in items)


def markdown(lines: Sequence[Line]) -> str:
    """All comparisons for a pull request: a table, and a section for each product that differs."""
    rows = ["| Product | Newest release | Working tree | Difference |", "|---|---|---|---|"]
    for line in lines:
        rows.append(f"| {line.product.name} | {line.newest} | {line.product.version} | {line.verdict} |")
    sections = ["\n".join(rows)] if len(lines) > 1 else []
    sections += ["\n".join(_section(line.comparison)) for line in lines if line.comparison]
    return "\n\n".join(sections)


def _section(comparison: Comparison) -> Iterator[str]:
    yield f"### {_title(comparison)}"
    yield ""
    yield f"{verdict(comparison).capitalize()}."
    for title, items in _parts(comparison):
        yield ""
        yield f"**{title}**"
        yield ""
        yield from (f"- {_unlisted(item.strip())}" for item in items)


def _unlisted(item: str) -> str:
    """A sign at the beginning would open a list within the list."""
    return f"`{item[0]}` {item[2:]}" if item[1:2] == " " else item


def _title(comparison: Comparison) -> str:
    return f"{comparison.product} {comparison.older.told} → {comparison.newer.told}"


def _parts(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Headings with their lines; those without lines are left out."""
    seen = [each for each in comparison.differences if each.section != _PERMISSIONS]
    allowed = [each for each in comparison.differences if each.section == _PERMISSIONS]
    parts = [
        ("What a launcher sees", [_difference(each) for each in seen]),
        ("What roles of the product may do", [_difference(each) for each in allowed]),
        ("What the launch role may do (deploy the foundations first)", _launch_role(comparison)),
        ("What becomes of stacks that update", list(_stacks(comparison))),
    ]
    return ((title, items) for title, items in parts if items)


def _difference(each: Difference) -> str:
    return f"{each.sign} {each}{'  ← breaking' if each.step == Step.MAJOR else ''}"


def _launch_role(comparison: Comparison) -> list[str]:
    if comparison.launch_role is None:
        return [f"not known: release {comparison.older.number} did not record it"]
    return [f"{each.sign} {each.text}" for each in comparison.launch_role]


def _stacks(comparison: Comparison) -> Iterator[str]:
    for each in sorted(comparison.impacts, key=lambda each: (not each.effect.at_risk, -KINDS.index(each.effect.kind))):
        yield _impact(comparison, each)
    for reason in comparison.breaks:
        if reason.section != "Resources":
            yield f"! {reason.text}"
    for example, update in comparison.updates.items():
        if update.launch_refused:
            yield f"! example {example} can no longer be launched: {update.launch_refused}"
        yield from (f"! example {example}: the update {problem}" for problem, _ in update.failures)
    for outputs, examples in _outputs_changed(comparison).items():
        yield f"~ other values of the outputs {', '.join(outputs)} ({comparison.told(examples)})"
    for example in comparison.updates:
        counts = comparison.counts(example)
        yield f"  example {example}: {', '.join(f'{counts[kind]} {kind}' for kind in KINDS if kind in counts)}"
    for example, needed in comparison.missing.items():
        yield f"! example {example}: not rehearsed, for {', '.join(needed)} cannot be launched"
    for example in comparison.not_launched:
        yield f"  example {example}: not possible in {comparison.older.number}"


def _outputs_changed(comparison: Comparison) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for example, update in comparison.updates.items():
        if update.outputs_changed and not update.failures:
            found.setdefault(update.outputs_changed, []).append(example)
    return found


def _impact(comparison: Comparison, impact: ResourceImpact) -> str:
    sentence = f"{fate(impact)}{stake(impact)} ({comparison.told(impact.examples)})"
    if impact.effect.at_risk:
        return f"! {sentence}  ← breaking"
    return f"{_SIGNS.get(impact.effect.kind, '~')} {sentence}"


_SIGNS = {"added": "+", "removed": "-"}


def as_json(line: Line) -> dict[str, Any]:
    """The comparison for a machine."""
    result: dict[str, Any] = {
        "product": line.product.name,
        "version": line.product.version,
        "verdict": line.verdict,
        "comparison": None,
    }
    comparison = line.comparison
    if comparison is None:
        return result
    result["comparison"] = {
        "from": comparison.older.number,
        "to": comparison.newer.number,
        "to_released": comparison.newer.released,
        "step": comparison.step.noun,
        "differences": _differences(comparison.differences),
        "launch_role": None if comparison.launch_role is None else _differences(comparison.launch_role),
        "breaks": [each.text for each in comparison.breaks],
        "resources": [
            {
                **{key: value for key, value in asdict(each.effect).items() if key != "name"},
                "names": each.names,
                "at_risk": each.effect.at_risk,
                "examples": each.examples,
            }
            for each in comparison.impacts
        ],
        "updates": {
            example: {
                "resources": comparison.counts(example),
                "outputs_lost": update.outputs_lost,
                "outputs_changed": update.outputs_changed,
                "exports_lost": update.exports_lost,
                "launch_refused": update.launch_refused or None,
                "refused": [{"way": way, "reason": reason} for way, reason in update.refused],
                "failures": [{"resource": name or None, "problem": problem} for problem, name in update.failures],
            }
            for example, update in comparison.updates.items()
        },
        "not_launched": comparison.not_launched,
        "not_rehearsed": [{"example": name, "needs": needed} for name, needed in comparison.missing.items()],
    }
    return result


def _differences(found: Iterable[Difference]) -> list[dict[str, Any]]:
    return [{**asdict(each), "step": each.step.noun} for each in found]
