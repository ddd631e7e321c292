"""What earlier runs found, in .build/check: the last report by its inputs, and single answers by their content.

Nothing here decides anything: an answer is given only where everything that it depends on is the same. The whole folder
may be deleted at any time. Imports nothing heavy, so that "nothing changed" is said in a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.checks.inputs import Inputs, Stamp, scan
from harness.checks.memory import Memory, read_object, write_whole
from harness.checks.report import Report, unit_of

FORMAT = 2
FOLDER = Path(".build/check")


class Answers:
    """The memory of one repository."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._report = root / FOLDER / "last.json"
        self.memory = Memory(root / FOLDER / "answers")
        self._last = read_object(self._report)
        if self._last.get("format") != FORMAT:
            self._last = {}

    def scan(self) -> Inputs:
        """The inputs as they are now."""
        return scan(self._root, {path: Stamp(*row) for path, row in self._last.get("files", {}).items()})

    def recall(self, inputs: Inputs, names: Iterable[str]) -> Report | None:
        """The report for these products (none named: all), if nothing has changed since; else None."""
        if self._last.get("inputs") != inputs.digest:
            return None
        units = self._last["units"]
        wanted = list(names) or self._last["all"]
        if not set(wanted) <= units.keys():
            return None
        found = tuple(unit_of(name, units[name]) for name in sorted(set(wanted)))
        self._keep_stamps(inputs)
        return Report(found, tuple(self._last["regions"]), remembered=True)

    def remember(self, inputs: Inputs, report: Report, everything: Iterable[str]) -> None:
        """Keep the report, unless an input changed while it was made. `everything`: the names of all units."""
        if scan(self._root, inputs.files).digest != inputs.digest:
            return
        units = dict(self._last["units"]) if self._last.get("inputs") == inputs.digest else {}
        units |= {unit.name: unit.as_json() for unit in report.units}
        self._last = {
            "format": FORMAT,
            "inputs": inputs.digest,
            "files": _rows(inputs),
            "all": sorted(everything),
            "units": units,
            "regions": list(report.regions),
        }
        write_whole(self._report, self._last)
        self.memory.forget()

    def find(self, key: str) -> Any:
        """The answer kept under that key, or None."""
        return self.memory.find(key)

    def keep(self, key: str, answer: Any) -> None:
        """Keep an answer: plain data, not None."""
        self.memory.keep(key, answer)

    def _keep_stamps(self, inputs: Inputs) -> None:
        rows = _rows(inputs)
        if rows != self._last["files"]:  # same content under new times: spare the next run reading it
            write_whole(self._report, self._last | {"files": rows})


def _rows(inputs: Inputs) -> dict[str, list[Any]]:
    return {path: [stamp.size, stamp.modified, stamp.sha256] for path, stamp in inputs.files.items()}
