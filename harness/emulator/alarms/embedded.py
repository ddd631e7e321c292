"""Metrics embedded in log lines (EMF): read. Pure.

Source: CloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from harness.emulator.alarms.metrics import Datum


def read(line: str) -> Iterator[tuple[str, Datum]]:
    """Namespace and value of each metric that a line holds; nothing for a line that holds none, or holds it wrongly."""
    if not line.lstrip().startswith("{") or '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        told = document["_aws"]
        moment = datetime.fromtimestamp(int(told["Timestamp"]) / 1000, UTC)
        for directive in told["CloudWatchMetrics"]:
            for names in directive.get("Dimensions") or [[]]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in directive.get("Metrics", ()):
                    yield from _values(directive["Namespace"], document, metric, dimensions, moment)
    except (ValueError, KeyError, TypeError):
        return


def _values(
    namespace: str, document: Mapping[str, Any], metric: Mapping[str, Any], dimensions: dict[str, str], moment: datetime
) -> Iterator[tuple[str, Datum]]:
    name = metric["Name"]
    value = document.get(name)
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, int | float) and not isinstance(each, bool):
            yield namespace, Datum(name, float(each), metric.get("Unit", "None"), dimensions, moment)
