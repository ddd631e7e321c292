"""A launch role as a question of a check: whether its file is as it is generated, and whether that suffices.

One job a product.

Imports nothing heavy: both sides of a check read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.catalog.load import LoadedProduct, Repository, with_needs
from harness.catalog.render import foundations
from harness.checks.duties.job import models
from harness.checks.inputs import Inputs, digest, text_digest
from harness.checks.launching.texts import all_texts, role_texts
from harness.checks.memory import Memory, remembered
from harness.checks.renderings import Rendering
from harness.checks.report import finding_of, finding_row
from harness.errors import Finding, Place

if TYPE_CHECKING:
    from harness.checks.duties.stage import Stage

LAUNCHING = "E9091"


@dataclass(frozen=True)
class LaunchingJob:
    """Hold a product's launch role against what is generated, and prove that it suffices.

    `texts`: see `duties/stage.py`; `judges`, `memory`: see `duties/job.py`.
    """

    key: str
    repository: Repository
    product: str
    texts: Mapping[str, str]
    judges: str = ""
    memory: str = ""

    def answer(self) -> list[list[Any]]:
        """See `answer`."""
        return answer(self)


def launching_jobs(
    repository: Repository,
    products: Iterable[LoadedProduct],
    rendered: Mapping[str, Rendering],
    inputs: Inputs,
    memory: str = "",
) -> Iterator[LaunchingJob]:
    """The questions; none about a product where a template that it takes does not render."""
    known = all_texts(repository, {name: each.text for name, each in rendered.items()})
    for product in products:
        needed = {each.name for example in product.examples for each, _ in with_needs(repository, product, example)}
        wanted = {product.name, *needed, *(f"foundation/{name}" for name in foundations(repository.catalog))}
        if wanted <= rendered.keys():
            texts = {name: rendered[name].text for name in sorted(wanted)} | role_texts(product.name, known)
            said = (product.launch_policy_path, *models(inputs, texts))
            seen = inputs.under("harness/", "catalog.yaml", "templates/", *said)
            key = digest("launching", product.name, {name: text_digest(text) for name, text in texts.items()}, seen)
            yield LaunchingJob(key, repository, product.name, texts, inputs.under("harness/"), memory)


def answer(job: LaunchingJob) -> list[list[Any]]:
    """Findings as rows: where the file is not the generated role; else what the role does not suffice for."""
    from harness.checks.duties.launches import Launches
    from harness.checks.duties.stage import outline
    from harness.checks.launching.imaginings import remembering
    from harness.checks.launching.role import question_of

    memory = Memory(Path(job.memory)) if job.memory else None
    product = job.repository.product(job.product)
    question = question_of(job.repository, product, job.texts)
    other = remembered(
        memory,
        question.sha256(memory, job.judges),
        lambda: [finding_row(each) for each in question.findings(remembering(memory, job.judges))],
    )
    if other:  # what is lacking would be told a second time, call by call
        return other
    found = outline(job.repository, job.texts, Launches(memory, job.judges), job.product)
    key = digest("proof of launching", job.judges, found.sha256, job.product, text_digest(job.texts[job.product]))
    rows = remembered(memory, key, lambda: _rows(found.stage, job))
    return [finding_row(each) for each in _lacking(rows, product)]


def _rows(stage: Stage, job: LaunchingJob) -> list[list[str]]:
    from harness.checks.duties.landscape import Landscape
    from harness.checks.launching.proof import verdict
    from harness.iam import UnreadablePolicyError

    try:
        landscape = Landscape(stage)
    except UnreadablePolicyError as error:
        return [["", str(error)]]
    return [list(each) for each in verdict(landscape, job.product, job.texts[job.product]).lacking()]


def _lacking(rows: list[list[str]], product: LoadedProduct) -> Iterator[Finding]:
    """What a launch role lacks, each permission once for each type."""
    for call, why in rows:
        problem = f"the launch role does not suffice: {call}, and {why}"
        remedy = "add it with its reason under launch_role in product.yaml; CloudFormation would fail with AccessDenied"
        if not call:
            problem, remedy = f"the launch role cannot be judged: {why}", "correct that policy"
        yield Finding(Place(product.launch_policy_path), problem, remedy, LAUNCHING)


def findings(rows: list[list[Any]]) -> Iterator[Finding]:
    """What an answer tells."""
    return map(finding_of, rows)
