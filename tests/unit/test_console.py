"""Tables and progress: whole and unaltered on a terminal, for other programs elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.support.repository import PROJECT

ARN = f"arn:aws:iam::222222222221:role/platform/{'x' * 80}"
TABLE = (
    f"from harness import console; console.table(('Name', 'Value'), [('studio [/bold] [x]', '{ARN}'), ('a\\tb', 'c')])"
)


def on_a_terminal(code: str, columns: int) -> str:
    """What the code prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", code], env=environment, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    return os.read(ours, 65536).decode()


def test_a_table_on_a_narrow_terminal_cuts_nothing_short() -> None:
    shown = on_a_terminal(TABLE, 60)
    assert "…" not in shown
    cells = [line.split("│")[1].strip() for line in shown.splitlines() if "│" in line]
    assert "".join(cells).startswith(ARN)


def test_brackets_in_a_table_or_in_progress_are_text() -> None:
    assert "studio [/bold] [x]" in on_a_terminal(TABLE, 200)
    code = "from harness import console\nwith console.progress('[/x]', 1) as tick: tick('[/y]')"
    assert "MarkupError" not in on_a_terminal(code, 80)


def test_elsewhere_a_row_is_a_line_of_cells_between_tabs() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    shown = subprocess.run([sys.executable, "-c", TABLE], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout == f"Name\tValue\nstudio [/bold] [x]\t{ARN}\na b\tc\n"
