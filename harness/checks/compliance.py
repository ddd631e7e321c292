"""The controls of Security Hub, product by product: met, excepted with its reason, or not applicable.

`python -m harness.checks.compliance` writes docs/compliance.md. What it says is computed from launches of every
example, in the home region, as `build.py check` judges them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalog.load import Repository, load_repository
from harness.catalog.render import Rendered, additions, foundations, render_foundation, render_product
from harness.cfn.provider import SchemaProvider
from harness.checks.examine import judge, stack_rules
from harness.checks.inputs import Inputs
from harness.checks.jobs import Given
from harness.checks.nested import nested, scenes_of
from harness.checks.plan import Scene, rehearsal_job, scenes
from harness.checks.rehearse import rehearse
from harness.checks.renderings import Rendering
from harness.checks.report import FOUNDATION
from harness.checks.stackrules import Control, Stack

FILE = "docs/compliance.md"
MET, UNMET, NONE = "met", "**not met**", "–"
_INTRODUCTION = """\
# Compliance

Which [controls of AWS Security Hub](https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html)
hold in what each product makes, computed from launches of all its examples. A control is a rule in
`harness/checks/controls`; `build.py check` fails where one is broken without a reason at the resource. This page is
generated: `python -m harness.checks.compliance`.

*met*: every resource that it is about meets it. *exception*: some do not, for the reasons below. *–*: there is no such
resource.
"""
# Controls that no resource of a template can meet or break, and who sees to them.
ELSEWHERE: Mapping[str, str] = {
    "EMR.2": "public access to clusters is blocked for the whole account by the company's account baseline, since "
    "CloudFormation has no resource for it. Clusters of ours stand in private subnets (EMR.1).",
    "S3.1": "the same, for buckets. Every bucket of ours blocks it by itself, too (S3.8).",
    "ServiceCatalog.1": "`build.py publish` shares portfolios with what `portfolios/*.yaml` names: units of the "
    "organization, and single accounts only where the registry has one of its own.",
}


@dataclass
class Unit:
    """What was found of one product, or of the foundation: controls that concern it, that it breaks, and exceptions."""

    concerned: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    excused: set[tuple[str, str, str]] = field(default_factory=set)  # control, logical id, reason

    def cell(self, control: str) -> str:
        """The cell of the table."""
        if control in self.broken:
            return UNMET
        if any(control == each for each, _, _ in self.excused):
            return "exception"
        return MET if control in self.concerned else NONE


def units(repository: Repository) -> dict[str, Unit]:
    """Every product and the foundation, by name."""
    found: dict[str, Unit] = defaultdict(Unit)
    rules = [rule for rule in stack_rules() if isinstance(rule, Control)]
    for scene, stack in _stacks(repository):
        unit = found[scene.unit]
        unit.concerned |= {rule.control for rule in rules if rule.concerned(stack)}
        for rule, broken, reason in judge(stack, rules):
            assert isinstance(rule, Control)
            if reason:
                unit.excused.add((rule.control, broken.logical_id, reason))
            else:
                unit.broken.add(rule.control)
    return dict(found)


def text(repository: Repository) -> str:
    """The whole page."""
    found = {FOUNDATION: Unit(), **{each.name: Unit() for each in repository.products}, **units(repository)}
    names = [*(each.name for each in repository.products), FOUNDATION]
    rules = sorted((rule for rule in stack_rules() if isinstance(rule, Control)), key=_order)
    table = [f"| Control | What it wants | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}"]
    for rule in rules:
        cells = " | ".join(found[name].cell(rule.control) for name in names)
        table.append(f"| {rule.control} | {rule.shortdesc} | {cells} |")
    exceptions = ["| Control | Where | Resource | Why |", "|---|---|---|---|"]
    exceptions += [row for rule in rules for name in names for row in _reasons(rule.control, name, found[name])]
    elsewhere = [f"- **{control}**: {who}" for control, who in sorted(ELSEWHERE.items())]
    parts = [
        _INTRODUCTION,
        *table,
        "",
        "## Exceptions",
        "",
        *exceptions,
        "",
        "## Seen to elsewhere",
        "",
        *elsewhere,
        "",
    ]
    return "\n".join(parts)


def _reasons(control: str, name: str, unit: Unit) -> Iterator[str]:
    """One row for each reason, with all resources that give it."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for excused, logical_id, reason in sorted(unit.excused):
        if excused == control:
            reasons[reason].append(logical_id)
    for reason, resources in reasons.items():
        yield f"| {control} | {name} | {', '.join(resources)} | {reason} |"


def _order(rule: Control) -> tuple[str, int]:
    service, _, number = rule.control.partition(".")
    return service, int(number)


def _stacks(repository: Repository) -> Iterator[tuple[Scene, Stack]]:
    """Every launch that succeeds, in the home region, after those that it needs."""
    left: dict[tuple[str, str], Given] = {}
    waiting = _scenes(repository)
    while ready := [each for each in waiting if all(needed in left for needed in each.after)]:
        for scene in ready:
            waiting.remove(scene)
            given = Given()
            for needed in scene.after:
                given = given.joined(left[needed])
            job = rehearsal_job(scene, given, Inputs({}, ""), str(repository.root))
            rehearsed = rehearse(job.launch, SchemaProvider())
            if rehearsed.state is not None:
                left[scene.id] = rehearsed.left
                yield scene, Stack(rehearsed.state, scene.account_id, scene.region)


def _scenes(repository: Repository) -> list[Scene]:
    rendered = {each.name: _rendering(render_product(repository, each.name)) for each in repository.products}
    for name in (*foundations(repository.catalog), *additions(repository.root)):
        rendered[f"{FOUNDATION}/{name}"] = _rendering(render_foundation(repository, name))
    home = repository.catalog.home_region
    found = [each for each in scenes(repository, rendered, repository.products) if each.region == home]
    for product in repository.products:
        model = next((each for each in found if each.unit == product.name), None)
        if model is not None:
            found += scenes_of(product.name, list(nested(repository.root, rendered[product.name])), model)
    return found


def _rendering(made: Rendered) -> Rendering:
    return Rendering(made.text, made.path, lambda: made, {asset.key: asset.names for asset in made.assets})


def write(root: Path) -> None:
    """Write the page under `root`."""
    (root / FILE).write_text(text(load_repository(root)), encoding="utf-8")


if __name__ == "__main__":
    write(Path.cwd())
