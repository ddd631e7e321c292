"""The command line's frame: help, usage errors, known failures, bugs, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from harness.errors import ExitCode
from tests.support.repository import PROJECT, TinyRepository


def run(*arguments: str, root: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CATALOG_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_help_names_every_command() -> None:
    shown = run("--help")
    assert shown.returncode == ExitCode.DONE
    assert [name for name in COMMANDS if f"  {name} " not in shown.stdout] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_that_help_names_exists(name: str) -> None:
    shown = run(name, "--help")
    assert (shown.returncode, shown.stderr) == (ExitCode.DONE, "")
    assert f"build.py {name}" in shown.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    shown = run("publsh")
    assert shown.returncode == ExitCode.USAGE
    assert "No such command 'publsh'" in shown.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    assert run("list", "--nope").returncode == ExitCode.USAGE


def test_a_known_failure_is_told_in_three_parts_without_a_traceback(tiny: TinyRepository) -> None:
    tiny.replace("products/demo/product.yaml", "version: 1.0.0", "version: one")
    shown = run("list", root=tiny.root)
    assert shown.returncode == ExitCode.FAILED
    assert shown.stdout == ""
    assert shown.stderr == (
        "products/demo/product.yaml:2: version 'one' is not MAJOR.MINOR.PATCH\n"
        "  → write it as 1.2.3, without a v or a suffix\n"
    )


def test_a_bug_is_logged_and_named_not_thrown_at_the_user(tiny: TinyRepository) -> None:
    # A folder where a file is expected: nothing in the harness foresees it.
    (tiny.root / "catalog.yaml").unlink()
    (tiny.root / "catalog.yaml").mkdir()
    shown = run("list", root=tiny.root)
    assert shown.returncode == ExitCode.BUG
    assert "Traceback" not in shown.stderr
    (log,) = (tiny.root / ".build" / "logs").glob("*.log")
    assert str(log) in shown.stderr
    assert "IsADirectoryError" in log.read_text()


def test_list_speaks_json_to_machines(tiny: TinyRepository) -> None:
    shown = run("list", "--json", root=tiny.root)
    document = json.loads(shown.stdout)
    assert document["format"] == 1
    assert document["products"][0]["name"] == "demo"


def test_list_is_a_plain_table_where_no_terminal_is(tiny: TinyRepository) -> None:
    assert run("list", root=tiny.root).stdout == (
        "Product\tVersion\tNewest release\tPortfolios\tSummary\ndemo\t1.0.0\tnone\ttiny\tA topic.\n"
    )


def test_render_writes_the_template_and_prints_its_path(tiny: TinyRepository) -> None:
    shown = run("render", "demo", "--out", str(tiny.root / "out"), root=tiny.root)
    assert shown.stdout == f"{tiny.root}/out/demo.yaml\n"
    assert "Demo (ml-platform/demo 1.0.0)" in (tiny.root / "out" / "demo.yaml").read_text()


def test_release_freezes_and_says_where(tiny: TinyRepository) -> None:
    assert run("release", root=tiny.root).stdout == "demo 1.0.0 → products/demo/releases/1.0.0\n"
    again = run("release", root=tiny.root)
    assert (again.returncode, again.stdout) == (ExitCode.DONE, "")
    assert again.stderr == "demo 1.0.0 is released already.\n"
