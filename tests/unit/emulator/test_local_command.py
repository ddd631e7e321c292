"""`build.py local`, as a person starts and stops it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.emulator.clients import administrator
from tests.support.repository import PROJECT, TinyRepository


@contextmanager
def serving(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "local", *arguments],
        cwd=PROJECT,
        env={**os.environ, "CATALOG_ROOT": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_serves_until_interrupted_and_says_how_to_use_it(tiny: TinyRepository) -> None:
    with serving(tiny.root, "--empty", "--port", "0") as process:
        assert process.stdout is not None
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert ready
        sts = administrator("sts", "222222222221", "eu-west-1", ready[1])
        assert sts.get_caller_identity()["Account"] == "222222222221"
        assert administrator("iam", "222222222221", "eu-west-1", ready[1]).list_roles()["Roles"] == []
        told = "".join(itertools.takewhile(lambda line: not line.startswith("Stop"), process.stdout))
        assert f"AWS_ENDPOINT_URL={ready[1]}" in told
        assert "AWS_SECRET_ACCESS_KEY=any" in told
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 0, errors
    assert not (tiny.root / ".build/local.json").exists()


def test_an_interrupt_while_it_lays_out_ends_it_at_once(tmp_path: Path) -> None:
    for name in ("catalog.yaml", "portfolios", "products", "templates"):
        (tmp_path / name).symlink_to(PROJECT / name)
    with serving(tmp_path, "--port", "0") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("hub 111111111111: foundation in ")
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=10)
        assert (process.returncode, told) == (130, "")
        assert errors.splitlines()[-1] == "Interrupted."
    assert not (tmp_path / ".build/local.json").exists()


def test_a_port_in_use_is_a_known_failure(tiny: TinyRepository) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with serving(tiny.root, "--empty", "--port", port) as process:
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 1
            assert errors.splitlines() == [
                f"127.0.0.1:{port}: cannot listen there: address already in use",
                "  → choose another with --port, or stop what uses it",
            ]


def test_a_second_one_for_the_same_repository_is_refused(tiny: TinyRepository) -> None:
    with serving(tiny.root, "--empty", "--port", "0") as first:
        assert first.stdout is not None
        url = first.stdout.readline().removeprefix("ready ").strip()
        with serving(tiny.root, "--empty", "--port", "0") as second:
            _, errors = second.communicate(timeout=20)
            assert second.returncode == 1
            assert f"{url}: this repository's landscape is served there already" in errors
