"""The shell of a build ends what it started: when its time is over, when it is told to stop, and by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.documents.buildspecs import parse
from harness.emulator.delivery.builds import run
from harness.emulator.delivery.builds.model import Build
from harness.emulator.delivery.builds.shell import DeadlineError, Shell, StoppedError

_PATH = {"PATH": "/usr/bin:/bin"}


def shell(folder: Path, lines: list[str], seconds: float = 30.0, stopped: Callable[[], bool] = lambda: False) -> Shell:
    scratch = folder / "scratch"
    scratch.mkdir()
    return Shell(folder, scratch, _PATH, lines.append, stopped, time.monotonic() + seconds)


def running(pid: str) -> bool:
    """Whether a process is there and no zombie."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ends(pid: str) -> bool:
    """Whether a process that was killed is gone, as soon as the system has come to it."""
    deadline = time.monotonic() + 5
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running(pid)


def test_commands_find_what_earlier_ones_set(tmp_path: Path) -> None:
    lines: list[str] = []
    own = shell(tmp_path, lines)
    assert [own.run(each) for each in ("greet() { echo hi $1; }", "cd /", "false", "greet $PWD")] == [0, 0, 1, 0]
    assert lines == ["hi /"]
    assert own.value("${PWD}-$(greet you)") == "/-hi you"
    own.close()


def test_a_command_that_exits_ends_its_shell_and_the_next_begins_anew(tmp_path: Path) -> None:
    own = shell(tmp_path, lines := [])
    assert [own.run("export OWN=yes; exit 7"), own.run('echo "own: $OWN"')] == [7, 0]
    assert lines == ["own: "]
    own.close()


def test_time_that_is_over_ends_everything_that_was_started(tmp_path: Path) -> None:
    own = shell(tmp_path, lines := [], seconds=1.0)
    with pytest.raises(DeadlineError):
        own.run("sleep 60 & echo $!; wait")
    assert ends(lines[0])


def test_a_build_that_is_stopped_ends_everything_that_was_started(tmp_path: Path) -> None:
    lines: list[str] = []
    own = shell(tmp_path, lines, stopped=lambda: bool(lines))
    with pytest.raises(StoppedError):
        own.run("sleep 60 & echo $!; wait")
    assert ends(lines[0])


def test_a_build_that_was_stopped_begins_no_command(tmp_path: Path) -> None:
    own = shell(tmp_path, [], stopped=lambda: True)
    with pytest.raises(StoppedError):
        own.run(f"touch {tmp_path}/begun; true")
    assert not (tmp_path / "begun").exists()


def test_closing_ends_what_runs_in_the_background(tmp_path: Path) -> None:
    own = shell(tmp_path, lines := [])
    own.run("sleep 60 & echo $!")
    assert running(lines[0])
    own.close()
    assert ends(lines[0])


@pytest.mark.parametrize(("seconds", "stopped", "status"), [(60, True, "STOPPED"), (-1, False, "TIMED_OUT")])
def test_a_build_whose_end_comes_while_it_exports_has_ended_so(
    tmp_path: Path, seconds: float, stopped: bool, status: str
) -> None:
    running = run.Run(Build("own:1", "arn", 1, "310000000000", "eu-west-1", "own", {}, "me"))
    spec = parse("version: 0.2\nenv: { exported-variables: [A] }\nphases: { build: { commands: ['true'] } }\n")
    run.export(running, spec, shell(tmp_path, [], seconds=seconds, stopped=lambda: stopped))
    assert (running.failed, running.build.exported) == (status, {})
