"""The proof of a launch role as a question of a check: one job a product, and where what it finds is told.

Imports nothing heavy: both sides of a check read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.load import LoadedProduct, Repository, with_needs
from harness.catalog.render import foundations
from harness.checks.duties.job import models
from harness.checks.inputs import Inputs, digest
from harness.checks.memory import Memory, remembered
from harness.checks.renderings import Rendering
from harness.errors import Finding, Place

if TYPE_CHECKING:
    from harness.checks.duties.stage import Stage

LAUNCHING = "E9091"


@dataclass(frozen=True)
class LaunchingJob:
    """Prove that a product's launch role suffices. `root`: the repository; `texts`: see `duties/stage.py`.

    `judges`, `memory`: see `duties/job.py`.
    """

    key: str
    root: str
    product: str
    texts: Mapping[str, str]
    judges: str = ""
    memory: str = ""

    def answer(self) -> list[list[str]]:
        """See `answer`."""
        return answer(self)


def launching_job(
    repository: Repository,
    product: LoadedProduct,
    rendered: Mapping[str, Rendering],
    inputs: Inputs,
    memory: str = "",
) -> LaunchingJob | None:
    """The question; None where a template that it takes does not render."""
    needed = {each.name for example in product.examples for each, _ in with_needs(repository, product, example)}
    wanted = {product.name, *needed, *(f"foundation/{name}" for name in foundations(repository.catalog))}
    if not wanted <= rendered.keys():
        return None
    texts = {name: rendered[name].text for name in sorted(wanted)}
    for frozen in sorted((product.folder / "releases").glob("*/template.yaml")):
        texts[f"{product.name}@{frozen.parent.name}"] = frozen.read_text(encoding="utf-8")
    seen = inputs.under("harness/", "catalog.yaml", *models(inputs, texts))
    key = digest("launching", product.name, texts, seen)
    return LaunchingJob(key, str(repository.root), product.name, texts, inputs.under("harness/"), memory)


def answer(job: LaunchingJob) -> list[list[str]]:
    """Rows of what a launch, an update or a removal would do, and why the role may not; of no call where some policy
    cannot be read."""
    from harness.catalog.load import load_repository
    from harness.checks.duties.launches import Launches
    from harness.checks.duties.stage import outline

    memory = Memory(Path(job.memory)) if job.memory else None
    found = outline(load_repository(Path(job.root)), job.texts, Launches(memory, job.judges), job.product)
    key = digest("proof of launching", job.judges, found.sha256, job.product, job.texts[job.product])
    return remembered(memory, key, lambda: _rows(found.stage, job))


def _rows(stage: Stage, job: LaunchingJob) -> list[list[str]]:
    from harness.checks.duties.routes import Landscape
    from harness.checks.launching.proof import verdict
    from harness.iam import UnreadablePolicyError

    try:
        landscape = Landscape(stage)
    except UnreadablePolicyError as error:
        return [["", str(error)]]
    return [list(each) for each in verdict(landscape, job.product, job.texts[job.product]).lacking()]


def findings(rows: list[list[str]], product: LoadedProduct) -> Iterator[Finding]:
    """What a launch role lacks, each permission once for each type."""
    for call, why in rows:
        problem = f"the launch role does not suffice: {call}, and {why}"
        remedy = "grant it there, as narrow as the call is; CloudFormation would fail with AccessDenied"
        if not call:
            problem, remedy = f"the launch role cannot be judged: {why}", "correct that policy"
        yield Finding(Place(product.launch_policy_path), problem, remedy, LAUNCHING)
