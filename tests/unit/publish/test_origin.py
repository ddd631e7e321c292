"""The origin of a release: the commit that brought it, tools, checks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.catalog.release import freeze
from harness.publish.desired import desired_region, read_releases
from harness.publish.model import Attestation
from harness.publish.origin import Origins
from tests.support.repository import TinyRepository


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True, text=True).stdout


def attestation(tiny: TinyRepository) -> Attestation:
    """Of the one release, which is frozen where it is not yet."""
    repository = tiny.load()
    freeze(repository, repository.product("demo"))
    (product,) = desired_region(repository, read_releases(repository), "eu-west-1").products
    return product.attestations[0]


def commit(root: Path, message: str) -> str:
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()


def test_the_commit_is_the_one_that_brought_the_release(tiny: TinyRepository) -> None:
    git(tiny.root, "init", "-q")
    released = attestation(tiny)
    brought = commit(tiny.root, "Release")
    tiny.write("products/demo/README.md", "Later.")
    commit(tiny.root, "Later")
    assert Origins(tiny.root, {}).of(released).commit == brought


def test_a_release_that_is_not_committed_has_none(tiny: TinyRepository) -> None:
    git(tiny.root, "init", "-q")
    commit(tiny.root, "Source")
    assert Origins(tiny.root, {}).of(attestation(tiny)).commit == ""


def test_a_release_that_changed_since_its_commit_has_none(tiny: TinyRepository) -> None:
    git(tiny.root, "init", "-q")
    released = attestation(tiny)
    commit(tiny.root, "Release")
    tiny.write("products/demo/releases/1.0.0/manifest.json", "{}")
    assert Origins(tiny.root, {}).of(released).commit == ""


def test_without_history_tools_and_checks_are_known_all_the_same(tiny: TinyRepository) -> None:
    origin = Origins(tiny.root, {"demo": {"build.py check": "passed"}}).of(attestation(tiny))
    assert origin.commit == "" and origin.checks == {"build.py check": "passed"}
    assert {"python", "cfn-lint"} <= set(origin.tools)
