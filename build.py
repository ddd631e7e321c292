#!/usr/bin/env python3
"""The entry point: finds the project's environment, or makes it, and runs harness.cli in it.

Runs on any Python from 3.11 with nothing installed; what it needs is in requirements.lock. The environment is `.venv`
beside this file, or the folder named by CATALOG_VENV.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
ENVIRONMENT = Path(os.environ.get("CATALOG_VENV", HERE / ".venv"))
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "made-from"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the message is for those who have an older one
        return fail(f"Python {sys.version.split()[0]} is too old", "run build.py with Python 3.11 or newer")
    stamp = f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if not (PYTHON.exists() and STAMP.exists() and STAMP.read_text() == stamp):
        code = make_environment(stamp)
        if code:
            return code
    arguments = [str(PYTHON), "-m", "harness.cli", *sys.argv[1:]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))}
    if os.name != "nt":
        os.execve(arguments[0], arguments, environment)  # does not return
    return subprocess.call(arguments, env=environment)


def make_environment(stamp: str) -> int:
    """A fresh environment from the lock file, digests checked. Half an environment has no stamp and is made again."""
    print(f"Making the environment in {ENVIRONMENT} (once, about a minute) …", file=sys.stderr)  # noqa: T201
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        reason = (made.stdout + made.stderr).strip().splitlines()[-1:] or ["no reason given"]
        return fail(f"no environment could be made: {reason[0]}", "install Python's venv module (Debian: python3-venv)")
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.call([*install, "--requirement", str(LOCK)], stdout=sys.stderr.fileno()):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        return fail(
            "the packages of requirements.lock could not be installed",
            "see pip's message above; is a package index reachable?",
        )
    STAMP.write_text(stamp)  # last: an environment without its stamp is made again
    return 0


def fail(problem: str, remedy: str) -> int:
    print(f"build.py: {problem}\n  → {remedy}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
