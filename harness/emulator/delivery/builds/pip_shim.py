"""What `pip` is in an emulated build: nothing is installed into this environment, and no index outside is reached.

A package that is here already is as good as installed; any other fails, and the message says so. Where an index of
CodeArtifact is configured, the landscape says whether its token opens it; any other index cannot be reached, and in a
VPC, whose only way leads to AWS services, nor can the public one. Run as a program.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WITH_A_VALUE = frozenset(
    {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "--timeout", "--retries"}
    | {"--trusted-host", "--platform", "--python-version", "--prefix", "--root", "--progress-bar", "-c", "--constraint"}
)
_INDEX = ("-i", "--index-url")
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


def index(arguments: Sequence[str]) -> str:
    """The address of the index that `pip install` uses: of its arguments, its environment, its file; else empty."""
    for number, each in enumerate(arguments):
        name, equals, value = each.partition("=")
        if name in _INDEX:
            return value if equals else next(iter(arguments[number + 1 :]), "")
    configured: str = _configured().get("global", "index-url", fallback="")
    return os.environ.get("PIP_INDEX_URL") or configured


def reach(address: str, in_vpc: bool) -> None:
    """Whether the index can be read from. Raises Refused."""
    if not address:
        if in_vpc:
            raise Refused("no index is configured, and from a VPC without a way out the public one is not reached")
        return
    shown = re.sub(r"//[^@/]*@", "//****@", address)
    if ".d.codeartifact." not in address:
        raise Refused(f"{shown}: the emulated CodeBuild reaches indexes of CodeArtifact alone")
    url = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/platform/packages/index"
    request = urllib.request.Request(url, json.dumps({"address": address}).encode())
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        raise Refused(f"{json.load(error)['error']} ({shown})") from None


def _file() -> Path:
    # never that of this machine: HOME is the build's own
    return Path(os.environ["HOME"], ".config", "pip", "pip.conf")


def _configured() -> configparser.RawConfigParser:
    found = configparser.RawConfigParser()
    found.read(_file())
    return found


def configure(arguments: Sequence[str]) -> None:
    """`pip config set NAME VALUE` and `get NAME`. Raises Refused."""
    given = [each for each in arguments if each not in ("--user", "--global", "--site")]
    section, _, name = given[1].partition(".") if len(given) > 1 else ("", "", "")
    known = _configured()
    match given:
        case ["set", _, value] if name:
            if not known.has_section(section):
                known.add_section(section)
            known.set(section, name, value)
            _file().parent.mkdir(parents=True, exist_ok=True)
            with _file().open("w", encoding="utf-8") as written:
                known.write(written)
        case ["get", _] if known.has_option(section, name):
            sys.stdout.write(f"{known.get(section, name)}\n")
        case _:
            raise Refused(f"pip config {' '.join(given[:2])} is not part of the emulated CodeBuild")


def _in_file(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        raise Refused(f"Could not open requirements file: {path}") from None
    for line in lines:
        text = line.partition(" #")[0].strip()
        if text.startswith((*_INDEX, "--extra-index-url")):
            raise Refused(f"{path} names an index of its own, which is not reached in the emulated CodeBuild")
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


def main(given: Sequence[str]) -> int:
    """pip's command line, after `vpc` or `public` for where the build runs; gives its exit code."""
    in_vpc, arguments = given[0] == "vpc", given[1:]
    command = arguments[0] if arguments else "help"
    if command in _LOOKING:
        return subprocess.run([sys.executable, "-m", "pip", *arguments], check=False).returncode
    try:
        if command == "config":
            configure(arguments[1:])
            return 0
        if command != "install":
            raise Refused(f"pip {command} is not part of the emulated CodeBuild")
        reach(index(arguments[1:]), in_vpc)
        for requirement in requested(arguments[1:]):
            sys.stdout.write(told(requirement) + "\n")
    except Refused as refused:
        sys.stderr.write(f"ERROR: {refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
