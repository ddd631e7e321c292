"""A plan, and what came of it, as Markdown for a pull request or the page of a build. Prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.errors import Finding
from harness.publish import show
from harness.publish.apply import Outcome
from harness.publish.plan import Plan


@dataclass(frozen=True)
class Performed:
    """What came of a plan. `silent`: regions that it could not be made for; `findings`: all that went wrong."""

    outcomes: Sequence[Outcome]
    silent: Sequence[str]
    findings: Sequence[Finding]
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left."""
        return not self.findings and not self.silent and not any(each.left for each in self.outcomes)


def plan_markdown(plan: Plan, hub: str, unreleased: Sequence[Finding], findings: Sequence[Finding]) -> str:
    """What publishing would do to the account `hub`. `findings`: what keeps the plan from being the whole truth."""
    return "\n".join(_plan(plan, hub, unreleased, findings))


def outcome_markdown(performed: Performed, hub: str) -> str:
    """What publishing to the account `hub` did, region by region."""
    return "\n".join(_outcome(performed, hub))


def _plan(plan: Plan, hub: str, unreleased: Sequence[Finding], findings: Sequence[Finding]) -> Iterator[str]:
    yield f"### What publishing does to hub {hub}"
    yield ""
    rows = show.rows(plan)
    yield from _table(show.COLUMNS, rows) if rows else ["Nothing to do."]
    yield from _list("In the way", [_told(each) for each in findings])
    yield from _list("Left alone, and later", show.notices(plan))
    yield from _list("Quotas", show.forecasts(plan))
    yield from _list("Not published", [_told(each) for each in unreleased])


def _outcome(performed: Performed, hub: str) -> Iterator[str]:
    yield f"### {'Published' if performed.is_whole else 'Not all published'} to hub {hub}"
    yield ""
    done = any(each.done or each.left for each in performed.outcomes)
    yield f"{show.summary(performed.outcomes)} done in {performed.seconds:.1f} s." if done else "Nothing to do."
    yield ""
    rows = [(each.region, str(len(each.done)), str(len(each.left)), _first(each)) for each in performed.outcomes]
    rows += [(region, "0", "not known", "it did not answer") for region in performed.silent]
    yield from _table(("Region", "Done", "Left", "From"), rows)
    yield from _list("Failures", [_told(each) for each in performed.findings])


def _first(outcome: Outcome) -> str:
    return f"{show.label(outcome.left[0])} {outcome.left[0].subject}" if outcome.left else ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield ""
        yield f"**{title}**"
        yield ""
        yield from (f"- {_plain(each)}" for each in items)


def _told(finding: Finding) -> str:
    return f"{finding.place}: {finding.problem} → {finding.remedy}"


def _plain(text: str) -> str:
    """Text that is no markup: titles and descriptions are written by many, and a build page believes HTML."""
    for sign, written in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("[", "\\[")):
        text = text.replace(sign, written)
    return " ".join(text.split())
