"""The whole check of a repository: folders, releases, lint, rehearsals; findings in lines of the source.

The workers do the heavy part (see `crew.py`); this side loads, renders, asks, and maps answers back. Prints nothing.
"""

from __future__ import annotations

import functools
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from harness.catalog.contract import read_contract
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.catalog.release import verify
from harness.catalog.render import additions, foundations
from harness.checks.answers import Answers
from harness.checks.crew import Workers
from harness.checks.duties.job import DutiesJob, duties_job, findings
from harness.checks.folder import incomplete
from harness.checks.inputs import Inputs, digest
from harness.checks.jobs import Given, LintJob, RehearsalJob
from harness.checks.launching.job import LaunchingJob, launching_jobs
from harness.checks.launching.job import findings as roles
from harness.checks.nested import NOT_ASKED, Nested, nested, scenes_of
from harness.checks.plan import Scene, lint_job, rehearsal_job, scenes
from harness.checks.renderings import Rendering, Renderings
from harness.checks.report import FOUNDATION, Report, Unit, finding_of, finding_row
from harness.checks.unmade import Unmade
from harness.checks.updates import UpdatePath, Updates, paths_to_draft
from harness.errors import Finding, KnownError, Place

REHEARSAL = "E9070"
RELEASE = "E9061"
Tell: TypeAlias = Callable[[str], None]


def check(root: Path, names: Iterable[str], answers: Answers, inputs: Inputs, crew: Workers, tell: Tell) -> Report:
    """Check these products, or all and the foundation where none is named; remember what was found.

    Raises KnownError where the repository cannot be loaded, or has no such product.
    """
    repository = load_repository(root)
    names = tuple(names)
    wanted = repository.select(names)
    run = _Run(repository, wanted, not names, answers, inputs, tell)
    run.look_at_folders()
    run.ask(crew)
    run.rehearse_updates(crew)
    report = run.report()
    answers.remember(inputs, report, [FOUNDATION, *(each.name for each in repository.products)])
    return report


class _Run:
    """One check while it runs: what was rendered, what was found, what is still to be asked."""

    def __init__(
        self,
        repository: Repository,
        wanted: tuple[LoadedProduct, ...],
        foundation: bool,
        answers: Answers,
        inputs: Inputs,
        tell: Tell,
    ) -> None:
        self._repository = repository
        self._wanted = wanted
        self._units = {each.name for each in wanted} | ({FOUNDATION} if foundation else set())
        self._answers = answers
        self._inputs = inputs
        self._tell = tell
        self._memory = str(answers.memory.folder)
        self._findings: dict[str, set[Finding]] = defaultdict(set)
        self._rehearsed: dict[str, int] = defaultdict(int)
        self._rendered = self._render()
        self._nested = self._templates_in_code()
        self._unmade = Unmade()
        self._left: dict[tuple[str, str], Given | None] = {}  # None: it failed
        self._updates = Updates(repository, self._paths(), answers, inputs)
        self._scenes = self._all_scenes()

    def _render(self) -> dict[str, Rendering]:
        renderings = Renderings(self._repository, self._answers, self._inputs)
        rendered = {}
        for product in self._repository.products:
            try:
                rendered[product.name] = renderings.product(product.name)
            except KnownError as error:
                self._findings[product.name].update(error.findings)
        for name in (*foundations(self._repository.catalog), *additions(self._repository.root)):
            try:
                rendered[f"{FOUNDATION}/{name}"] = renderings.foundation(name)
            except KnownError as error:
                self._findings[FOUNDATION].update(error.findings)
        return rendered

    def _templates_in_code(self) -> dict[str, list[Nested]]:
        """By product, the templates that its code deploys."""
        found = {}
        for product in self._wanted:
            if product.name in self._rendered:
                found[product.name] = list(nested(self._repository.root, self._rendered[product.name]))
                self._findings[product.name].update(
                    wrong for each in found[product.name] if (wrong := each.finding()) is not None
                )
        return found

    def _paths(self) -> list[UpdatePath]:
        """From each version that stacks may have to the working tree, for every wanted product."""
        found: list[UpdatePath] = []
        for product in self._wanted:
            if product.name in self._rendered:
                try:  # the launch role's policy may not render
                    found += paths_to_draft(self._repository, product, self._rendered[product.name])
                except KnownError as error:
                    self._findings[product.name].update(error.findings)
        return found

    def _all_scenes(self) -> tuple[Scene, ...]:
        """Every launch that proves the wanted products, and those that their updates come after."""
        proving = scenes(self._repository, self._rendered, self._wanted)
        needed = scenes(self._repository, self._rendered, self._updates.needed) if self._updates.needed else []
        inside = [
            scene
            for product, templates in self._nested.items()
            for region in self._repository.catalog.regions
            if (model := next((each for each in proving if (each.unit, each.region) == (product, region)), None))
            for scene in scenes_of(product, templates, model)
        ]
        return tuple({scene.id: scene for scene in (*needed, *proving, *inside)}.values())

    def look_at_folders(self) -> None:
        """What needs no worker: complete folders, frozen releases."""
        for product in self._wanted:
            self._findings[product.name].update(incomplete(product))
            if product.name in self._rendered:
                self._findings[product.name].update(self._releases(product))

    def _releases(self, product: LoadedProduct) -> list[Finding]:
        """What is wrong with the frozen versions, which are read only when they or the rendering have changed."""
        seen = self._inputs.under(f"{product.path}/", "harness/catalog/")
        key = digest("releases", product.name, self._rendered[product.name].sha256, seen)
        rows = self._answers.find(key)
        if rows is None:
            found = verify(self._repository, product.name)
            rows = [finding_row(replace(each, rule=each.rule or RELEASE)) for each in found]
            self._answers.keep(key, rows)
        return [finding_of(row) for row in rows]

    def ask(self, crew: Workers) -> None:
        """Lint and rehearse, asking the workers only what is not known."""
        waiting = list(self._scenes)
        asked: dict[str, str | Scene] = {}
        queue: deque[LintJob | RehearsalJob | DutiesJob | LaunchingJob] = deque()
        duties = duties_job(self._repository, self._rendered, self._inputs, self._memory)
        if duties is not None:
            known = self._answers.find(duties.key)
            if known is None:
                queue.append(duties)
            else:
                self._proved(known)
        for launching in launching_jobs(self._repository, self._wanted, self._rendered, self._inputs, self._memory):
            known = self._answers.find(launching.key)
            if known is None:
                queue.append(launching)
            else:
                self._suffices(launching.product, known)
        # The longest first: whoever is left with it alone at the end keeps the other worker idle.
        linted = {**self._rendered, **self._nested_renderings}
        for name, rendered in sorted(linted.items(), key=lambda item: -len(item[1].text)):
            if name.partition("/")[0] not in self._units:
                continue
            job = lint_job(rendered, self._repository, self._contract, self._inputs)
            asked[job.key] = name
            known = self._answers.find(job.key)
            if known is None:
                queue.append(job)
            else:
                self._linted(name, known)
        self._advance(waiting, queue, asked)
        for job, answer in crew.run(queue):
            self._answers.keep(job.key, answer)
            if isinstance(job, DutiesJob):
                self._tell("separation of duties: proved" if not answer else "separation of duties: not proved")
                self._proved(answer)
                continue
            if isinstance(job, LaunchingJob):
                self._tell(f"{job.product}: launch role judged")
                self._suffices(job.product, answer)
                continue
            subject = asked[job.key]
            if isinstance(subject, Scene):
                self._tell(f"{subject.name} in {subject.region}: rehearsed")
                self._played(subject, answer)
                self._advance(waiting, queue, asked)
            else:
                self._tell(f"{subject}: linted")
                self._linted(subject, answer)
        for scene in waiting:  # what they need has failed
            self._not_played(scene)
        if not waiting:  # else some examples have said nothing
            for unit, finding in self._unmade.findings():
                self._findings[unit].add(finding)

    def rehearse_updates(self, crew: Workers) -> None:
        """Update stacks of released versions to the working tree, and judge the version that it states."""
        for job, answer in crew.run(deque(self._updates.jobs(self._scenes, self._left))):
            self._tell(self._updates.take(job, answer))
        for product in self._wanted:
            self._findings[product.name].update(self._updates.findings(product))

    @functools.cached_property
    def _contract(self) -> list[str]:
        return [f"{each.name} {each.type}" for each in read_contract(self._repository.root)]

    def _advance(self, waiting: list[Scene], queue: deque[Any], asked: dict[str, str | Scene]) -> None:
        """Answer or queue every scene whose needs are met; over and over, as answers meet the needs of others."""
        moved = True
        while moved:
            moved = False
            for scene in list(waiting):
                given = [self._left.get(needed) for needed in scene.after]
                if any(each is None for each in given):
                    continue
                waiting.remove(scene)
                moved = True
                joined = Given()
                for each in given:
                    joined = joined.joined(each) if each else joined
                job = rehearsal_job(scene, joined, self._inputs, str(self._repository.root), self._memory)
                known = self._answers.find(job.key)
                if known is None:
                    asked[job.key] = scene
                    queue.append(job)
                else:
                    self._played(scene, known)

    def _proved(self, answer: list[list[str]]) -> None:
        """A hole in the separation of duties is everybody's: it is told with whatever is checked."""
        for unit in self._units:
            self._findings[unit].update(findings(answer, self._rendered))

    @functools.cached_property
    def _nested_renderings(self) -> dict[str, Rendering]:
        return {
            f"{product}/{each.rendering.path}": each.rendering
            for product, templates in self._nested.items()
            for each in templates
        }

    def _suffices(self, product: str, answer: list[list[str]]) -> None:
        self._findings[product].update(roles(answer))

    def _linted(self, name: str, answer: list[Any]) -> None:
        rendered = self._rendered.get(name) or self._nested_renderings[name]
        self._findings[name.partition("/")[0]].update(
            Finding(rendered.source_line(line), problem, remedy, rule)
            for line, rule, problem, remedy in answer
            if name in self._rendered or rule not in NOT_ASKED
        )

    def _played(self, scene: Scene, answer: dict[str, Any]) -> None:
        self._rehearsed[scene.unit] += 1
        failures = answer["failures"]
        self._left[scene.id] = None if failures else Given(**answer["left"])
        for problem, remedy, parameter, _ in failures:
            place = Place(scene.rendered.path)
            if scene.example:
                at_fault = ("parameters", parameter) if parameter else ()
                place = scene.example.source.place(*at_fault)
            self._findings[scene.unit].add(Finding(place, f"{problem} (in {scene.region})", remedy, REHEARSAL))
        for path, line, rule, problem, remedy in answer["findings"]:
            place = Place(path, line) if path else scene.rendered.source_line(line)
            self._findings[scene.unit].add(Finding(place, problem, remedy, rule))
        if not failures:
            self._unmade.take(scene, answer["left_out"])

    def _not_played(self, scene: Scene) -> None:
        names = sorted(name for name, region in scene.after if self._left.get((name, region)) is None)
        failed = ", ".join(names)
        place = scene.example.source.place("needs") if scene.example else Place(scene.rendered.path)
        problem = f"not rehearsed, for {failed} cannot be launched (in {scene.region})"
        remedy = f"correct {failed} first"
        if not {name.partition("/")[0] for name in names} <= self._units:
            remedy += "; `build.py check` of everything says what is wrong there"
        self._findings[scene.unit].add(Finding(place, problem, remedy, REHEARSAL))

    def report(self) -> Report:
        """What was found in the wanted units."""
        units = tuple(
            Unit(name, tuple(sorted(self._findings[name])), self._rehearsed[name], self._updates.count(name))
            for name in sorted(self._units)
        )
        return Report(units, self._repository.catalog.regions)
