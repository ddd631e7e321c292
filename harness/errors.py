"""What can go wrong and how it is told: a place, a problem, a remedy; and the exit codes. Nothing here prints."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ExitCode(enum.IntEnum):
    """Every exit code of the command line, in one place."""

    DONE = 0
    FAILED = 1  # findings, or a failure that we understand
    USAGE = 2
    BUG = 3
    INTERRUPTED = 130


@dataclass(frozen=True, order=True)
class Place:
    """Where: `path` relative to the repository root (or the name of a resource), 1-based `line`."""

    path: str
    line: int = 0  # 0: the place has no line

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong: where, what, and what to do next."""

    place: Place
    problem: str
    remedy: str
    rule: str = ""  # the id of the rule that found it, e.g. "E9001"; empty for errors

    def __str__(self) -> str:
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{self.place}: {self.problem}{rule}\n  → {self.remedy}"


class KnownError(Exception):
    """A failure that we understand, carried as one or more findings. Shown without a traceback; exit code 1."""

    def __init__(self, *findings: Finding) -> None:
        if not findings:
            raise ValueError("a KnownError needs at least one finding")
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def known_error(place: str | Place, problem: str, remedy: str) -> KnownError:
    """The error of a single finding."""
    return KnownError(Finding(place if isinstance(place, Place) else Place(place), problem, remedy))
