"""`build.py test`: everything that proves the project, as CI runs it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from harness import console
from harness.commands import root
from harness.errors import ExitCode, known_error

# Programs that tests run as a stranger would (the AWS CLI, taskcat) live apart: their pins contradict ours.
TOOLS = Path(".build/tools")
TOOLS_LOCK = Path("tests/tools/requirements.lock")


@click.command("test", context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(pytest_arguments: tuple[str, ...]) -> int:
    """Check style and types, then run all tests in parallel with coverage. With PYTEST_ARGUMENTS: pytest alone.

    For one part: build.py test tests/unit/catalog
    """
    if pytest_arguments:
        _make_tools()
        return _exit(_pytest(list(pytest_arguments)))
    failed = _static_checks()
    _make_tools()
    coverage = ["--cov", "--cov-report=term:skip-covered"]
    code = _pytest(["-n", "2", "--dist", "worksteal", *coverage])
    for name in failed:
        console.say(f"{name} failed; see above.")
    return _exit(code) if code else ExitCode.FAILED if failed else ExitCode.DONE


def _exit(code: int) -> int:
    return code if code in (ExitCode.DONE, ExitCode.INTERRUPTED) else ExitCode.FAILED


def _static_checks() -> list[str]:
    """Run side by side; print what those that fail have to say. Returns their names."""
    commands = {
        "ruff check": ["ruff", "check", "--quiet"],
        "ruff format": ["ruff", "format", "--check", "--quiet"],
        "mypy": ["mypy", "--no-error-summary"],
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=root(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, arguments in commands.items()
    }
    failed = []
    for name, process in running.items():
        output, _ = process.communicate()
        console.say(f"{name}: {'failed' if process.returncode else 'passed'}")
        if process.returncode:
            console.say(output)
            failed.append(name)
    return failed


def _pytest(arguments: list[str]) -> int:
    environment = {**os.environ, "CATALOG_TOOLS": str(root() / TOOLS)}
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=root(), env=environment)


def _make_tools() -> None:
    """The environment of the programs that tests run, from its own lock file."""
    folder = root() / TOOLS
    stamp = folder / "made-from"
    digest = hashlib.sha256((root() / TOOLS_LOCK).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    console.say("Making the environment of taskcat and the AWS CLI (once) …")
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin" / "python"
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
    steps = (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", *options, "--requirement", str(root() / TOOLS_LOCK)],
    )
    for step in steps:
        if subprocess.call(step, stdout=sys.stderr):
            problem = "the environment of taskcat and the AWS CLI could not be made"
            raise known_error(str(TOOLS_LOCK), problem, "see the message above; is a package index reachable?")
    stamp.write_text(digest)
