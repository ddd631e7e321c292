"""Test reports of a build: read from the files that its buildspec names, kept as CodeBuild lists them."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.documents.buildspecs import Artifacts, Report
from harness.emulator import clock
from harness.emulator.delivery.builds import outputs
from harness.emulator.delivery.builds.failures import PhaseError
from harness.emulator.delivery.builds.model import Build
from harness.emulator.delivery.service import Answer, Call, Operation
from harness.emulator.delivery.store import store_of

_COVERAGE = ("CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV")


def record(build: Build, name: str, report: Report, source: Path) -> str:
    """Keeps a report of a build; gives the line for its log. Files that cannot be read make it incomplete."""
    kind = "CODE_COVERAGE" if report.file_format in _COVERAGE else "TEST"
    group = name.rsplit(":report-group/", 1)[-1] if name.startswith("arn:") else f"{build.project}-{name}"
    store = store_of(build.account_id, build.region)
    arn = store.arn("codebuild", f"report/{group}:{uuid.uuid4()}")
    described: dict[str, Any] = {
        "arn": arn,
        "type": kind,
        "name": arn.rsplit(":", 1)[-1],
        "reportGroupArn": store.arn("codebuild", f"report-group/{group}"),
        "executionId": build.arn,
        "created": clock.now(),
        "exportConfig": {"exportConfigType": "NO_EXPORT"},
    }
    try:
        files = [path for _, path in outputs.chosen(Artifacts(report.files, "", report.base_directory), source)]
        summary = _tests(files) if kind == "TEST" and report.file_format == "JUNITXML" else None
    except (PhaseError, ElementTree.ParseError, OSError) as error:
        store.reports[arn] = {**described, "status": "INCOMPLETE"}
        build.reports.append(arn)
        return f"Report {name} is incomplete: {error}"
    failed = summary is not None and any(summary["statusCounts"].get(each) for each in ("FAILED", "ERROR"))
    described["status"] = "FAILED" if failed else "SUCCEEDED"
    store.reports[arn] = described | ({"testSummary": summary} if summary else {})
    build.reports.append(arn)
    return f"Report {name}: {described['status']}, {len(files)} file(s)"


def _tests(files: list[Path]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    nanoseconds = 0
    for path in files:
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            tags = {each.tag for each in case}
            status = "SUCCEEDED"
            for tag, bad in (("failure", "FAILED"), ("error", "ERROR"), ("skipped", "SKIPPED")):
                status = bad if tag in tags else status
            counts[status] += 1
            nanoseconds += int(float(case.get("time") or 0) * 1e9)
    return {"total": sum(counts.values()), "statusCounts": dict(counts), "durationInNanoSeconds": nanoseconds}


def _batch_get(call: Call) -> Answer:
    known = {arn: call.store.reports.get(arn) for arn in call["reportArns"]}
    found = [each for each in known.values() if each is not None]
    return {"reports": found, "reportsNotFound": [arn for arn, each in known.items() if each is None]}


def _list(call: Call) -> Answer:
    return {"reports": list(call.store.reports)[::-1]}


OPERATIONS: Mapping[str, Operation] = {"BatchGetReports": _batch_get, "ListReports": _list}
