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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
ENVIRONMENT = Path(os.environ.get("CATALOG_VENV") or HERE / ".venv").absolute()
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "made-from"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the message is for those who have an older one
        return fail(f"Python {sys.version.split()[0]} is too old", "run build.py with Python 3.11 or newer")
    stamp = f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if not is_made(stamp):
        with one_at_a_time():
            code = 0 if is_made(stamp) else make_environment(stamp)
        if code:
            return code
    # -P: a folder called harness where the caller stands is not ours.
    arguments = [str(PYTHON), "-P", "-m", "harness.cli", *sys.argv[1:]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))}
    if os.name != "nt":
        os.execve(arguments[0], arguments, environment)  # does not return
    return subprocess.call(arguments, env=environment)


def is_made(stamp: str) -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == stamp


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Holds off a second command that would make the same environment, until the first has made it."""
    try:
        import fcntl
    except ImportError:  # Windows: two first commands at once are the caller's affair
        yield
        return
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with ENVIRONMENT.with_name(f"{ENVIRONMENT.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_environment(stamp: str) -> int:
    """A fresh environment from the lock file, digests checked. Half an environment has no stamp and is made again."""
    if ENVIRONMENT.exists() and any(ENVIRONMENT.iterdir()) and not (ENVIRONMENT / "pyvenv.cfg").exists():
        return fail(f"{ENVIRONMENT} is no Python environment", "name an empty or new folder with CATALOG_VENV")
    print(f"Making the environment in {ENVIRONMENT} (once, about a minute) …", file=sys.stderr)  # noqa: T201
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        reason = (made.stdout + made.stderr).strip().splitlines()[-1:] or ["no reason given"]
        remedy = "install Python's venv module (Debian: python3-venv); CATALOG_VENV names a folder that can be written"
        return fail(f"no environment could be made: {reason[0]}", remedy)
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
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except OSError as problem:
        where = "set CATALOG_VENV to a folder that can be written, or free the one that is named"
        sys.exit(fail(str(problem), where))
