"""What a check found, and how it is kept between runs. Imports nothing heavy; see `check.py` for how it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import Finding, Place

FOUNDATION = "foundation"  # the unit that is no product


@dataclass(frozen=True)
class Unit:
    """One product, or the foundation: its findings, sorted, and how many launches and updates were rehearsed."""

    name: str
    findings: tuple[Finding, ...]
    rehearsed: int = 0
    updated: int = 0

    def as_json(self) -> dict[str, Any]:
        """The unit as plain data."""
        rows = [finding_row(each) for each in self.findings]
        return {"findings": rows, "rehearsed": self.rehearsed, "updated": self.updated}


@dataclass(frozen=True)
class Report:
    """What was checked. `units` are sorted by name; `remembered`: nothing had changed since it was found."""

    units: tuple[Unit, ...]
    regions: tuple[str, ...]
    remembered: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, sorted, each once however many units share the line."""
        return tuple(sorted({finding for unit in self.units for finding in unit.findings}))

    @property
    def summary(self) -> str:
        """One line: what was checked and what came of it."""
        products = sum(unit.name != FOUNDATION for unit in self.units)
        checked = [_count(products, "product")] if products else []
        checked += ["the foundation"] if len(self.units) > products else []
        regions = _count(len(self.regions), "region")
        rehearsed = _count(sum(unit.rehearsed for unit in self.units), "launch", "es")
        updated = sum(unit.updated for unit in self.units)
        rehearsed += f" and {_count(updated, 'update')}" if updated else ""
        done = f"{' and '.join(checked)} in {regions}, {rehearsed} rehearsed"
        found = _count(len(self.findings), "finding") if self.findings else "no findings"
        return f"Checked {done}: {found}{' (unchanged)' if self.remembered else ''}."


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"


def finding_row(finding: Finding) -> list[Any]:
    """A finding as a row of plain data."""
    return [finding.place.path, finding.place.line, finding.problem, finding.remedy, finding.rule]


def finding_of(row: list[Any]) -> Finding:
    """The finding that `finding_row` wrote."""
    return Finding(Place(row[0], row[1]), row[2], row[3], row[4])


def unit_of(name: str, data: Mapping[str, Any]) -> Unit:
    """The unit that `Unit.as_json` wrote."""
    return Unit(name, tuple(finding_of(row) for row in data["findings"]), data["rehearsed"], data["updated"])
