"""A plan as a file: saved, reviewed, and performed as it is. Refuses what is not whole, of another form, or another's.

    {"format": 1, "kind": "plan", "made": "2027-01-31T18:00:00+00:00", "target": "aws", "plan": {…}, "sha256": "…"}

`sha256` is of the plan's canonical JSON: an edited plan is refused, for what was reviewed is what is performed. It is
no signature; who may change the file between review and publish is the build's to hold.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.errors import KnownError, known_error
from harness.publish.plan import FORMAT, Plan

_PLAN = TypeAdapter(Plan)
_ANEW = "make a new one: `build.py plan --out FILE`"


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON data."""
    data: dict[str, Any] = _PLAN.dump_python(plan, mode="json")
    return data


def write_plan(path: Path, plan: Plan, target: str) -> None:
    """Saves it; the file is there whole or not at all. `target`: where it was made, local or aws."""
    data = to_json(plan)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    document = {"format": FORMAT, "kind": "plan", "made": made, "target": target, "plan": data, "sha256": _digest(data)}
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_plan(path: Path, catalog: str, target: str) -> Plan:
    """The plan that was saved. Raises KnownError where it is none, of another format, catalog or target, or edited."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise _refused(path, "not a plan: it is not JSON") from None
    if not isinstance(document, dict) or document.get("kind") != "plan" or "plan" not in document:
        raise _refused(path, "not a plan that `build.py plan --out` saved")
    if document.get("format") != FORMAT:
        raise _refused(path, f"a plan of format {document.get('format')}, and this build.py reads format {FORMAT}")
    if document.get("sha256") != _digest(document["plan"]):
        raise _refused(path, "the plan was edited after it was made")
    try:
        plan = _PLAN.validate_python(document["plan"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refused(path, f"not a plan of format {FORMAT}: {where}: {first['msg']}") from None
    if plan.catalog != catalog:
        raise _refused(path, f"a plan of catalog {plan.catalog}, and this is {catalog}")
    if document.get("target") != target:
        made = f"a plan for the target {document.get('target')}, and this is {target}"
        raise _refused(path, made, f"`--target {document.get('target')}`, or {_ANEW}")
    return plan


def _refused(path: Path, problem: str, remedy: str = _ANEW) -> KnownError:
    return known_error(str(path), problem, remedy)


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
