"""build.py on a bare Python: the environment that it makes, and what it never touches."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.repository import PROJECT

CLI = "import sys; print('ran', *sys.argv[1:])\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """build.py with a command line that only says that it ran, and nothing to install."""
    folder = tmp_path / "the project"
    (folder / "harness").mkdir(parents=True)
    (folder / "harness/__init__.py").touch()
    (folder / "harness/cli.py").write_text(CLI)
    (folder / "requirements.lock").touch()
    shutil.copy2(PROJECT / "build.py", folder / "build.py")
    return folder


def start(project: Path, environment: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(project / "build.py"), "list"],
        cwd=cwd,
        env={**os.environ, "CATALOG_VENV": environment, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_two_first_commands_at_once_make_one_environment(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "harness").mkdir(parents=True)
    (elsewhere / "harness/__init__.py").write_text("raise SystemExit('the harness of another project')")
    # An empty CATALOG_VENV is none: the environment lies beside build.py, never where the caller stands.
    commands = [start(project, "", elsewhere), start(project, "", elsewhere)]
    ended = [each.communicate(timeout=120) for each in commands]
    assert [each.returncode for each in commands] == [0, 0], ended
    assert [out for out, _ in ended] == ["ran list\n", "ran list\n"]
    assert sum("Making the environment" in err for _, err in ended) == 1
    assert (project / ".venv/made-from").is_file()
    assert [each.name for each in elsewhere.iterdir()] == ["harness"]


def test_a_folder_that_is_no_environment_is_never_emptied(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    command = start(project, str(home), tmp_path)
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (1, "")
    assert err == f"build.py: {home} is no Python environment\n  → name an empty or new folder with CATALOG_VENV\n"
    assert (home / "thesis.txt").read_text() == "years of work"


def test_a_place_where_nothing_can_be_made_is_told(project: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    command = start(project, str(tmp_path / "taken" / "venv"), tmp_path)
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (1, "")
    assert str(tmp_path / "taken") in err
    assert "→ set CATALOG_VENV to a folder that can be written" in err
    assert "Traceback" not in err


def test_an_interruption_while_the_environment_is_made_leaves_none_that_counts(project: Path, tmp_path: Path) -> None:
    command = start(project, "", tmp_path)
    assert command.stderr is not None
    assert command.stderr.readline().startswith("Making the environment")
    deadline = time.monotonic() + 30
    while not (project / ".venv").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(command.pid, signal.SIGINT)
    _, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert err == "Interrupted.\n"
    assert not (project / ".venv/made-from").exists()
