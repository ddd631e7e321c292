"""Rehearses updates in this process, for commands about few products: the launches that they come after, then them.

The stack engine is loaded only for what is not remembered. `check.py` asks workers instead.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.release import verify
from harness.catalog.render import foundations
from harness.checks.answers import Answers
from harness.checks.inputs import Inputs, digest
from harness.checks.jobs import Given, Launch
from harness.checks.plan import Scene, scenes
from harness.checks.renderings import Rendering, Renderings
from harness.checks.report import FOUNDATION
from harness.checks.updates import UpdatePath, Updates, paths_to_draft
from harness.errors import KnownError


class Alone:
    """One command's rehearsals."""

    def __init__(self, repository: Repository, answers: Answers, inputs: Inputs) -> None:
        self._repository = repository
        self._answers = answers
        self._inputs = inputs
        self._renderings = Renderings(repository, answers, inputs)
        self._left: dict[tuple[str, str], Given | None] = {}

    def rendering(self, product: LoadedProduct) -> Rendering:
        """The product's template. Raises KnownError where it does not render."""
        return self._renderings.product(product.name)

    def rehearse(self, paths: Iterable[UpdatePath]) -> Updates:
        """Update every example along the paths."""
        paths = tuple(paths)
        updates = Updates(self._repository, paths, self._answers, self._inputs)
        wanted = {each.name: each for each in (*(path.product for path in paths), *updates.needed)}
        here = [each for each in scenes(self._repository, self._rendered, wanted.values()) if self._at_home(each)]
        by_id = {scene.id: scene for scene in here}
        for needed in (*(each for scene in here for each in scene.after), *updates.needs):
            self._leave(needed, by_id)
        jobs = updates.jobs(here, self._left)
        if jobs:
            from harness.cfn.provider import SchemaProvider
            from harness.checks.update import rehearse_update

            for job in jobs:
                updates.take(job, rehearse_update(job.launch, job.update, SchemaProvider()).as_answer())
        return updates

    def _at_home(self, scene: Scene) -> bool:
        return scene.region == self._repository.catalog.home_region

    @functools.cached_property
    def _rendered(self) -> dict[str, Rendering]:
        """By unit, as `plan.scenes` wants it; what does not render is left out, and told by `check`."""
        rendered: dict[str, Rendering] = {}
        for product in self._repository.products:
            try:
                rendered[product.name] = self._renderings.product(product.name)
            except KnownError:
                continue
        for name in foundations(self._repository.catalog):
            try:
                rendered[f"{FOUNDATION}/{name}"] = self._renderings.foundation(name)
            except KnownError:
                continue
        return rendered

    def _leave(self, scene_id: tuple[str, str], scenes: dict[tuple[str, str], Scene]) -> None:
        """Launch a scene and all that comes before it, and note what it leaves."""
        if scene_id in self._left or scene_id not in scenes:
            return
        scene = scenes[scene_id]
        self._left[scene_id] = None  # also while it is launched: examples that need each other lead nowhere
        given = Given()
        for needed in scene.after:
            self._leave(needed, scenes)
            left = self._left.get(needed)
            if left is None:
                return
            given = given.joined(left)
        stack = f"rehearsal-{scene.name.replace('/', '-')}"
        launch = Launch(stack, scene.rendered.text, scene.parameters, scene.account_id, scene.region, given)
        self._left[scene_id] = self._launched(scene, launch)

    def _launched(self, scene: Scene, launch: Launch) -> Given | None:
        key = digest(
            "left",
            scene.rendered.sha256,
            [launch.stack, dict(launch.parameters), launch.account_id, launch.region],
            [dict(launch.given.ssm), dict(launch.given.exports)],
            self._inputs.under("harness/cfn/", "harness/checks/"),
        )
        known = self._answers.find(key)
        if known is None:
            from harness.cfn.provider import SchemaProvider
            from harness.checks.rehearse import rehearse

            done = rehearse(launch, SchemaProvider())
            known = {"left": None} if done.failures else {"left": vars(done.left)}
            self._answers.keep(key, {"left": known["left"] and {name: dict(of) for name, of in known["left"].items()}})
        left = known["left"]
        return None if left is None else Given(**left)


def demand_step(repository: Repository, alone: Alone, product: LoadedProduct) -> None:
    """Raises KnownError where the version that the product states must not be released after those that are.

    What `verify` finds comes first: nothing can be said about updates from damaged releases.
    """
    findings = [*verify(repository, product.name)]
    paths = paths_to_draft(repository, product, alone.rendering(product))
    if paths:
        findings += alone.rehearse(paths).findings(product)
    if findings:
        raise KnownError(*findings)
