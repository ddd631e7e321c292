"""The proof as a question of a check: one job over all templates, and where in the sources what it finds stands.

Imports nothing heavy: both sides of a check read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.catalog.load import Repository
from harness.catalog.render import foundations
from harness.checks.inputs import Inputs, digest, text_digest
from harness.checks.memory import Memory, remembered
from harness.checks.renderings import Rendering
from harness.errors import Finding, Place

if TYPE_CHECKING:
    from harness.checks.duties.stage import Stage

DUTIES = "E9090"
_POLICY = re.compile(r"(?P<unit>\S+) (?P<logical_id>\w+)")


@dataclass(frozen=True)
class DutiesJob:
    """Prove the separation of duties. `texts`: see `stage.Texts`.

    `judges`: digest of all code and packages; `memory`: folder of what is known of single stacks, empty: none.
    """

    key: str
    repository: Repository
    texts: Mapping[str, str]
    judges: str = ""
    memory: str = ""

    def answer(self) -> list[list[str]]:
        """See `answer`."""
        return answer(self)


def duties_job(
    repository: Repository, rendered: Mapping[str, Rendering], inputs: Inputs, memory: str = ""
) -> DutiesJob | None:
    """The question; None where a template does not render, for then nothing is proved."""
    wanted = {
        *(each.name for each in repository.products),
        *(f"foundation/{n}" for n in foundations(repository.catalog)),
    }
    if not wanted <= rendered.keys():
        return None
    texts = {name: each.text for name, each in rendered.items()}
    for product in repository.products:
        for frozen in sorted((product.folder / "releases").glob("*/template.yaml")):
            texts[f"{product.name}@{frozen.parent.name}"] = frozen.read_text(encoding="utf-8")
    seen = inputs.under("harness/", "catalog.yaml", "portfolios/", *models(inputs))
    key = digest("duties", {name: text_digest(text) for name, text in texts.items()}, seen)
    return DutiesJob(key, repository, texts, inputs.under("harness/"), memory)


def models(inputs: Inputs, names: Iterable[str] | None = None) -> Iterator[str]:
    """What products say of themselves, and their examples. `names`: of these products only."""
    said = (path for path in inputs.files if path.endswith("/product.yaml") or "/examples/" in path)
    if names is None:
        return said
    folders = tuple(f"products/{name}/" for name in names)
    return (path for path in said if path.startswith(folders))


def answer(job: DutiesJob) -> list[list[str]]:
    """Rows of unit, policy and Sid of the statement to look at (empty without one), problem, remedy.

    Proved anew only where another stage stands than any that was judged before.
    """
    from harness.checks.duties.launches import Launches
    from harness.checks.duties.proof import beginnings
    from harness.checks.duties.stage import outline, with_chosen_names

    memory = Memory(Path(job.memory)) if job.memory else None
    plain = outline(job.repository, job.texts, Launches(memory, job.judges))
    begun = remembered(memory, digest("beginnings", job.judges, plain.sha256), lambda: list(beginnings(plain.stage)))
    whole = with_chosen_names(plain, job.repository, job.texts, begun)
    return remembered(memory, digest("proof of duties", job.judges, whole.sha256), lambda: _rows(whole.stage))


def _rows(stage: Stage) -> list[list[str]]:
    from harness.checks.duties.proof import prove

    return [
        [
            each.unit,
            each.clause.policy if each.clause else "",
            each.clause.sid if each.clause else "",
            each.what,
            each.remedy,
        ]
        for each in prove(stage)
    ]


def findings(rows: list[list[Any]], rendered: Mapping[str, Rendering]) -> Iterator[Finding]:
    """What a proof found, at the lines of the sources."""
    for unit, policy, sid, problem, remedy in rows:
        yield Finding(_place(unit, policy, sid, rendered), problem, remedy, DUTIES)


def _place(unit: str, policy: str, sid: str, rendered: Mapping[str, Rendering]) -> Place:
    match = _POLICY.match(policy)
    of = rendered.get(match["unit"]) if match else None
    if match is None or of is None or not sid:
        return Place(rendered[unit].path) if unit in rendered else Place(unit)
    lines = of.text.splitlines()
    begins = next((at for at, line in enumerate(lines) if line.startswith(f"  {match['logical_id']}:")), 0)
    number = next(
        (at for at in range(begins, len(lines)) if re.search(rf"\bSid: {re.escape(sid)}\b", lines[at])), begins
    )
    return of.source_line(number + 1)
