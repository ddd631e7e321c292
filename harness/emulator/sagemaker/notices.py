"""What SageMaker's API answers, as its events write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any


def plain(value: Any, moment: Callable[[datetime], str | int]) -> Any:
    """JSON of an answer, or of a part of one. `moment`: how these events write a time."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Mapping):
        return {name: plain(each, moment) for name, each in value.items()}
    return [plain(each, moment) for each in value] if isinstance(value, list | tuple) else value


def milliseconds(moment: datetime) -> int:
    """Since 1970: events of jobs and endpoints."""
    return int(moment.timestamp() * 1000)


def iso(moment: datetime) -> str:
    """ISO 8601: events of the registry."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
