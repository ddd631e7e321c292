"""Plans and their outcomes as rows for a table and as JSON data. Prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from harness.publish.actions import Action, AttestVersion, CreateProduct, CreateVersion, UploadObject
from harness.publish.apply import Outcome
from harness.publish.plan import Plan, RegionPlan
from harness.publish.planfile import to_json

COLUMNS = ("Action", "Subject", "Detail", "Regions")
_MAKING = (CreateProduct, CreateVersion)


def rows(plan: Plan) -> list[tuple[str, str, str, str]]:
    """One row an action, the regions that share it together; uploads, and new versions' statements, are one row."""
    regions: dict[tuple[str, str, str], list[str]] = {}
    for region in plan.regions:
        for row in _region_rows(region):
            regions.setdefault(row, []).append(region.region)
    return [(*row, ", ".join(where)) for row, where in regions.items()]


def _region_rows(region: RegionPlan) -> Iterable[tuple[str, str, str]]:
    uploads = [each.object for each in region.actions if isinstance(each, UploadObject)]
    if uploads:
        size = sum(each.size for each in uploads)
        yield "upload objects", "artifact bucket", f"{count(len(uploads), 'object')}, {size} bytes"
    made = {(each.product, each.version.name) for each in region.actions if isinstance(each, _MAKING)}
    statements = sum(_is_of(action, made) for action in region.actions)
    if statements:
        yield "attest versions", "artifact bucket", f"{count(statements, 'statement')} of the new versions' origin"
    for action in region.actions:
        if not isinstance(action, UploadObject) and not _is_of(action, made):
            yield label(action), action.subject, action.detail


def _is_of(action: Action, made: Collection[tuple[str, str]]) -> bool:
    """Whether it is the statement that belongs to one of the versions that are `made`."""
    return isinstance(action, AttestVersion) and (action.product, action.attestation.version) in made


def label(action: Action) -> str:
    """An action's kind in words."""
    return action.kind.replace("-", " ")


def notices(plan: Plan) -> list[str]:
    """What is live and left alone, and what a later publish does."""
    alone = _together(plan, lambda region: region.notices)
    later = _together(plan, lambda region: region.later)
    return [
        *(f"{notice}; left alone ({where})" for notice, where in alone),
        *(f"{line} ({where})" for line, where in later),
    ]


def forecasts(plan: Plan) -> list[str]:
    """Quotas that are nearly used up."""
    told = _together(plan, lambda region: [str(each) for each in region.forecasts])
    return [f"{text} ({where})" for text, where in told]


def _together(plan: Plan, lines: Callable[[RegionPlan], Iterable[str]]) -> list[tuple[str, str]]:
    """Each line once, with the regions that share it."""
    regions: dict[str, list[str]] = {}
    for region in plan.regions:
        for line in lines(region):
            regions.setdefault(line, []).append(region.region)
    return [(line, ", ".join(where)) for line, where in regions.items()]


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as data; see `planfile.py` for a file of it."""
    return {"plan": to_json(plan)}


def outcomes_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What became of each region."""
    return [
        {
            "region": each.region,
            "done": [[action.kind, action.subject, action.detail] for action in each.done],
            "left": [[action.kind, action.subject, action.detail] for action in each.left],
        }
        for each in outcomes
    ]


def summary(outcomes: Sequence[Outcome]) -> str:
    """What was done, in one line."""
    done = [action for each in outcomes for action in each.done]
    kinds = Counter(action.kind for action in done)
    versions = kinds["create-product"] + kinds["create-version"]
    regions = count(len({each.region for each in outcomes if each.done}), "region")
    new = f", {count(versions, 'new version')}," if versions else ""
    return f"{count(len(done), 'action')} in {regions}{new}"


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
