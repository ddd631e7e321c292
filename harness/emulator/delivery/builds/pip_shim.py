"""What `pip` is in an emulated build: no index is reached, and nothing is installed into this environment.

A package that is here already is as good as installed; any other fails, and the message says so. Run as a program.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WITH_A_VALUE = frozenset(
    {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--timeout", "--retries"}
    | {"--trusted-host", "--platform", "--python-version", "--prefix", "--root", "--progress-bar", "-c", "--constraint"}
)
_LOOKING = frozenset({"list", "show", "freeze", "--version", "-V", "check", "help", "--help"})


class Refused(Exception):  # noqa: N818 - told to a person, never caught as an error of the program
    """What cannot be done here; the message says why."""


def requested(arguments: Sequence[str]) -> Iterator[str]:
    """The requirements that `pip install` was given. Raises Refused."""
    rest = iter(arguments)
    for each in rest:
        if each in ("-r", "--requirement"):
            yield from _in_file(Path(next(rest, "")))
        elif each.startswith(("--requirement=", "-r")) and each not in ("-r",):
            yield from _in_file(Path(each.partition("=")[2] or each[2:]))
        elif each in ("-e", "--editable"):
            raise Refused(f"{next(rest, '')}: local projects are not installed in the emulated CodeBuild")
        elif each in _WITH_A_VALUE:
            next(rest, None)
        elif not each.startswith("-"):
            yield each


def _in_file(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        raise Refused(f"Could not open requirements file: {path}") from None
    for line in lines:
        text = line.partition(" #")[0].strip()
        if text and not text.startswith("#"):
            yield from requested(text.split(None, 1) if text.startswith("-") else [text])


def told(requirement: str) -> str:
    """The line for a requirement that is met. Raises Refused."""
    match = _NAME.match(requirement)
    if match is None or "/" in requirement.partition(";")[0] or requirement.startswith("."):
        raise Refused(f"{requirement}: local projects and addresses are not installed in the emulated CodeBuild")
    try:
        version = metadata.version(match.group())
    except metadata.PackageNotFoundError:
        message = "is not in this environment, and the emulated CodeBuild reaches no package index"
        raise Refused(f"{match.group()} {message}") from None
    return f"Requirement already satisfied: {requirement} (this environment has {version})"


def main(arguments: Sequence[str]) -> int:
    """pip's command line; gives its exit code."""
    command = arguments[0] if arguments else "help"
    if command in _LOOKING:
        return subprocess.run([sys.executable, "-m", "pip", *arguments], check=False).returncode
    try:
        if command != "install":
            raise Refused(f"pip {command} is not part of the emulated CodeBuild")
        for requirement in requested(arguments[1:]):
            sys.stdout.write(told(requirement) + "\n")
    except Refused as refused:
        sys.stderr.write(f"ERROR: {refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
