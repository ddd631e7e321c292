"""Every path from a released version to the working tree: which updates to rehearse, and what came of them.

Knows no worker: jobs go out, answers come in. Findings are `steps.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.release import Release, damages, load_releases
from harness.catalog.versions import version_key
from harness.checks.answers import Answers
from harness.checks.compare import Comparison, compare
from harness.checks.inputs import Inputs
from harness.checks.jobs import Given
from harness.checks.plan import Scene
from harness.checks.renderings import Rendering
from harness.checks.steps import version_findings
from harness.checks.updatejobs import Left, UpdateJob, ground_of, needs_of, update_job
from harness.checks.versions import Version, drafted_version, released_version
from harness.errors import Finding, KnownError


@dataclass(frozen=True)
class UpdatePath:
    """From one version of a product to a newer one."""

    product: LoadedProduct
    older: Version
    newer: Version


def paths_to_draft(repository: Repository, product: LoadedProduct, rendering: Rendering) -> tuple[UpdatePath, ...]:
    """From every version that stacks may still update from, oldest first, and from the newest in any case.

    None where the draft is older than the newest release, or from a release that was damaged, both of which `verify`
    tells; and none from a version that has the draft's very bytes.
    """
    try:
        releases = load_releases(product)
    except KnownError:
        return ()
    if not releases or version_key(product.version) < version_key(releases[-1].version):
        return ()
    older = [
        each
        for each in releases
        if each.manifest.template.sha256 != rendering.sha256
        and (each is releases[-1] or _is_open(product, each))
        and not damages(product, each)
    ]
    if not older:
        return ()  # the draft's launch policy need not be rendered
    draft = drafted_version(repository, product, rendering)
    return tuple(UpdatePath(product, released_version(repository, product, each), draft) for each in older)


def _is_open(product: LoadedProduct, release: Release) -> bool:
    return product.spec.withdrawn.get(release.version) in (None, "deprecated")


class Updates:
    """The paths of one check, and their answers as they come."""

    def __init__(self, repository: Repository, paths: Iterable[UpdatePath], answers: Answers, inputs: Inputs) -> None:
        self._repository = repository
        self._paths = tuple(paths)
        self._answers = answers
        self._inputs = inputs
        self._asked: dict[str, tuple[UpdatePath, str]] = {}
        self._rehearsed: dict[int, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._missing: dict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self._examples = {f"{product.name}/{each.name}" for product in repository.products for each in product.examples}

    @property
    def needed(self) -> tuple[LoadedProduct, ...]:
        """The products of which examples must be launched before the updates can be."""
        names = {need.partition("/")[0] for need, _ in self.needs}
        return tuple(each for each in self._repository.products if each.name in names)

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """Those examples, as (name, region) of their scenes."""
        found = (
            (need, self._repository.catalog.home_region)
            for path in self._paths
            for example in path.older.examples
            for need in needs_of(example, path.older, path.newer)
        )
        return tuple(dict.fromkeys(found))

    def jobs(self, scenes: Iterable[Scene], left: Left) -> list[UpdateJob]:
        """The jobs whose answers are not known, for each example whose needs were launched; `left`: what scenes left.

        In the home region: what an update may do in place follows from resource types, which are the same in all.
        """
        scenes = tuple(scenes)
        region = self._repository.catalog.home_region
        waiting = []
        for path in self._paths:
            ground = ground_of(path.product, scenes, region)
            if ground is None:
                continue  # without an example of today nothing can be rehearsed, which is a finding
            for name in path.older.examples:
                needs = [each for each in needs_of(name, path.older, path.newer) if each in self._examples]
                given = Given()
                missing = []
                for scene in (ground.base, *((need, region) for need in needs)):
                    found = left.get(scene)
                    if found is None:
                        missing.append(scene[0])
                    else:
                        given = given.joined(found)
                if missing:
                    self._missing[id(path)][name] = tuple(missing)
                    continue
                job = update_job(path.product, path.older, path.newer, name, ground, given, self._inputs)
                self._asked[job.key] = (path, name)
                known = self._answers.find(job.key)
                if known is None:
                    waiting.append(job)
                else:
                    self._note(job, known)
        return waiting

    def take(self, job: UpdateJob, answer: Mapping[str, Any]) -> str:
        """Keep an answer. Gives the line that says which update it was."""
        self._answers.keep(job.key, answer)
        self._note(job, answer)
        path, example = self._asked[job.key]
        return f"{path.product.name}/{example} from {path.older.number}: update rehearsed"

    def comparisons(self, name: str) -> tuple[Comparison, ...]:
        """What the paths of that product came to."""
        return tuple(
            compare(path.product, path.older, path.newer, self._rehearsed[id(path)], self._missing[id(path)])
            for path in self._paths
            if path.product.name == name
        )

    def findings(self, product: LoadedProduct) -> list[Finding]:
        """What is wrong with the version that the product states, and with the updates to it."""
        try:
            releases = load_releases(product)
        except KnownError:
            return []  # told by `verify`
        newest = releases[-1].version if releases else ""
        return version_findings(product, newest, self.comparisons(product.name)) if releases else []

    def count(self, name: str) -> int:
        """How many updates of that product were rehearsed."""
        return sum(len(self._rehearsed[id(path)]) for path in self._paths if path.product.name == name)

    def _note(self, job: UpdateJob, answer: Mapping[str, Any]) -> None:
        path, example = self._asked[job.key]
        self._rehearsed[id(path)][example] = answer
