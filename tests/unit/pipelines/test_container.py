"""The container's contract for processes of this machine: paths, archives, and how a process ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.pipelines.container import archive, process
from harness.pipelines.container.sandbox import OutsideError, Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


def test_paths_of_the_container_are_translated_wherever_they_stand(sandbox: Sandbox) -> None:
    top = f"{sandbox.root}/opt/ml"
    assert sandbox.translate("/opt/ml") == top
    assert sandbox.translate("--data=/opt/ml/a,/opt/ml/b") == f"--data={top}/a,{top}/b"
    assert sandbox.translate('{"x": "/opt/ml/a"}') == f'{{"x": "{top}/a"}}'
    for other in ("s3://bucket/opt/ml/x", "/opt/mlops", "/var/opt/ml/x", f"{top}/a"):
        assert sandbox.translate(other) == other


@pytest.mark.parametrize("path", ["/etc/passwd", "/opt/ml/../x", "opt/ml", "/opt/mlops"])
def test_nothing_outside_the_container_s_folder_is_reached(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(OutsideError):
        sandbox.path(path)


def test_a_sandbox_is_removed_with_everything_in_it() -> None:
    with Sandbox() as sandbox:
        (sandbox.folder("/opt/ml/model") / "x").write_text("x")
    assert not sandbox.root.exists()


def run(sandbox: Sandbox, code: str, seconds: float = 10, grace: float = 0.2) -> process.Outcome:
    return process.run(sandbox, ["python3", "-c", code], {}, threading.Event(), seconds, grace)


def test_a_process_has_its_output_and_exit_code(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (outcome.why, outcome.code, outcome.log) == ("exited", 7, "out\nerr\n")


def test_a_process_inherits_no_variable(sandbox: Sandbox) -> None:
    assert "HOME" in os.environ
    outcome = run(sandbox, "import os; print(os.environ['HOME'], sorted(os.environ))")
    assert outcome.log.startswith(str(sandbox.root))
    assert "PYTEST_CURRENT_TEST" not in outcome.log


def test_a_command_that_is_not_there_is_an_exit_of_127(sandbox: Sandbox) -> None:
    outcome = process.run(sandbox, ["/opt/ml/none"], {}, threading.Event(), 5)
    assert (outcome.code, outcome.succeeded) == (127, False)
    assert "No such file" in outcome.log


def test_one_that_ignores_the_polite_signal_is_killed(sandbox: Sandbox) -> None:
    begun = time.monotonic()
    outcome = run(sandbox, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", seconds=0.5)
    assert (outcome.why, outcome.code) == ("timeout", 137)
    assert time.monotonic() - begun < 5


def test_what_a_process_left_behind_ends_with_it(sandbox: Sandbox) -> None:
    child = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    outcome = run(sandbox, child)
    status = Path(f"/proc/{outcome.log.strip()}/stat")
    deadline = time.monotonic() + 5
    while status.exists() and status.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_archives_of_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name, order in (("one", ("a", "b")), ("two", ("b", "a"))):
        folder = tmp_path / name
        for each in order:
            (folder / "code").mkdir(parents=True, exist_ok=True)
            (folder / "code" / each).write_text(each)
            os.utime(folder / "code" / each, (len(made) * 1000, len(made) * 1000))
        made.append(archive.pack(folder))
    assert made[0] == made[1]
    assert archive.is_empty(tmp_path / "none")
    assert not archive.is_empty(tmp_path / "one")
