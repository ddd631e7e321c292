"""What is known of a release when it is published: the commit that brought it, tools, what checks have found.

Asks git and nothing else; a repository without history has no commits to name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from harness.publish.model import Attestation
from harness.publish.provenance import Origin

_TOOLS = ("boto3", "cfn-lint", "jinja2", "pydantic")


class Origins:
    """The origins of one repository's releases. `checks`: product → check → result, as the caller knows them."""

    def __init__(self, root: Path, checks: Mapping[str, Mapping[str, str]]) -> None:
        self._checks = checks
        self._commits = _commits(root)
        self._tools = {"python": python_version(), **{name: found for name in _TOOLS if (found := _version(name))}}

    def of(self, attestation: Attestation) -> Origin:
        """The origin of a version."""
        manifest = attestation.subjects[-1].source
        product = manifest.split("/")[1]
        return Origin(self._commits.get(manifest, ""), self._tools, self._checks.get(product, {}))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # not in this environment
        return ""


def _commits(root: Path) -> dict[str, str]:
    """Manifest → the commit that added it, from one look at the history; none of what is not committed as it is."""
    log = _git(root, "log", "--format=commit %H", "--name-only", "--diff-filter=AM", "--relative", "--", "products")
    found: dict[str, str] = {}
    commit = ""
    for line in log:
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif line.endswith("/manifest.json"):
            found.setdefault(line, commit)  # the newest comes first
    for line in _git(root, "status", "--porcelain", "--untracked-files=all", "--", "products"):
        found.pop(line[3:], None)
    return found


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # no git on this machine
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
