"""What is wrong with the version that product.yaml states, and with the updates to it: E9062, E9063, E9071.

Pure: comparisons in, findings out. The step that a difference needs is `compare.py`'s to say.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

import yaml

from harness.catalog.load import LoadedProduct
from harness.catalog.versions import Step, next_version, step_between, version_key
from harness.checks.compare import Comparison, Reason
from harness.errors import Finding, Place

STEP = "E9062"
UPGRADING = "E9063"
UPDATE = "E9071"
_MEANING = {Step.MAJOR: "breaking", Step.MINOR: "a launcher sees it"}


def version_findings(product: LoadedProduct, newest: str, comparisons: Sequence[Comparison]) -> list[Finding]:
    """Everything that keeps the draft from being released, or from being the version that it says it is.

    `newest`: the newest release; `comparisons`: from each version that stacks may have, and from it, to the draft.
    """
    findings: list[Finding] = []
    for each in comparisons:
        findings += _too_small(product, newest, each)
        findings += _updates(product, each)
    findings += _upgrading(product, newest, comparisons)
    return findings


def _too_small(product: LoadedProduct, newest: str, comparison: Comparison) -> list[Finding]:
    """One finding for each reason that makes the stated step too small.

    The interface counts against the newest release; what an update breaks counts for stacks of every version.
    """
    older = comparison.older.number
    reasons = comparison.reasons if older == newest else comparison.breaks
    if not reasons:
        return []
    least = max(each.step for each in reasons)
    if step_between(older, product.version) >= least:
        return []
    wanted = next_version(newest, least)
    remedy = f"{_MEANING[least]}: set version {wanted} in product.yaml, then `build.py release {product.name}`"
    return [
        Finding(_place(product, comparison, each), each.text, remedy, STEP) for each in reasons if each.step == least
    ]


def _updates(product: LoadedProduct, comparison: Comparison) -> list[Finding]:
    older = comparison.older.number
    findings = []
    for example, update in comparison.updates.items():
        if update.launch_refused:
            problem = f"a stack of {older} (example {example}) cannot be launched any more: {update.launch_refused}"
            remedy = f"give it what it needs, or withdraw it: `withdrawn: {{ {older}: inactive }}` in product.yaml"
            findings.append(Finding(Place(product.template_path), problem, remedy, UPDATE))
        for problem, logical_id in update.failures:
            text = f"the update of a stack of {older} (example {example}) {problem}"
            place = _line(product, comparison, "Resources", logical_id)
            findings.append(Finding(place, text, _way_out(problem, older), UPDATE))
    for example, needed in comparison.missing.items():
        names = ", ".join(needed)
        problem = (
            f"the update of a stack of {older} (example {example}) is not rehearsed, for {names} cannot be launched"
        )
        findings.append(Finding(Place(product.template_path), problem, f"correct {names} first", UPDATE))
    if not comparison.updates and not comparison.missing:
        problem = f"no update from {older} can be rehearsed: it takes none of the examples of today"
        remedy = f"add an example with parameters that {older} has"
        findings.append(Finding(Place(f"{product.path}/examples"), problem, remedy, UPDATE))
    return findings


def _way_out(problem: str, older: str) -> str:
    if "custom-named resource" in problem:
        return (
            "give the resource another name, or another logical id with another name, so that both can be there at once"
        )
    if problem.startswith("is refused"):
        return "let the newer example of that name give values that pass, or correct the template"
    return f"correct the template; or, if stacks of {older} cannot be helped, set it to inactive (`withdrawn`)"


def _upgrading(product: LoadedProduct, newest: str, comparisons: Sequence[Comparison]) -> list[Finding]:
    """A breaking version without a word in the README on how to get there."""
    findings = []
    told: set[str] = set()
    for each in comparisons:
        older = each.older.number
        reasons = each.reasons if older == newest else each.breaks
        if step_between(older, product.version) < Step.MAJOR:
            continue
        breaking = [reason for reason in reasons if reason.step == Step.MAJOR]
        majors = [f"{number}.0.0" for number in range(version_key(older)[0] + 1, version_key(product.version)[0] + 1)]
        if not breaking or majors[-1] in told or explains(_readme(product), majors):
            continue
        told.add(majors[-1])
        problem = f'no section "Upgrading" says how to get to {majors[-1]}: {breaking[0].text}'
        remedy = (
            f"write `## Upgrading` and under it what a lead does to get to {majors[-1]}: before, after, and how data "
            "is carried over"
        )
        findings.append(Finding(Place(f"{product.path}/README.md"), problem, remedy, UPGRADING))
    return findings


def explains(readme: str, versions: Iterable[str]) -> bool:
    """Whether the README has a section "Upgrading" that names one of these versions and says something about it."""
    section: list[str] = []  # its lines, those of deeper headings too
    level = 0
    for line in readme.splitlines():
        heading = re.match(r"(#+)\s+(.*)", line)
        if heading and (not level or len(heading[1]) <= level):
            level = len(heading[1]) if "upgrading" in heading[2].lower() else 0
        elif level:
            section.append(line)
    says_something = any(line.strip() and not line.startswith("#") for line in section)
    named = {version for line in section for version in re.findall(r"\d+\.\d+\.\d+", line)}
    return says_something and not named.isdisjoint(versions)


def _readme(product: LoadedProduct) -> str:
    path = product.folder / "README.md"
    try:
        return path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError:
        return ""  # told by the check of the folder


def _place(product: LoadedProduct, comparison: Comparison, reason: Reason) -> Place:
    return _line(product, comparison, reason.section, reason.name)


def _line(product: LoadedProduct, comparison: Comparison, section: str, name: str) -> Place:
    """The line of the source at which something of the newer template is declared; what is gone has none."""
    rendering = comparison.newer.rendering
    line = _lines(rendering.text).get((section, name))
    return rendering.source_line(line) if line else Place(product.template_path)


@functools.lru_cache(maxsize=8)
def _lines(text: str) -> dict[tuple[str, str], int]:
    """Section and key → the 1-based line on which it is declared."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {
        (section.value, key.value): key.start_mark.line + 1
        for section, entries in node.value
        if isinstance(entries, yaml.MappingNode)
        for key, _ in entries.value
    }
