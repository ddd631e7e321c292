"""From nothing to a launched product: scaffold, name it in a portfolio, check, release, launch. No other edit.

And what builds do with such a change: the scripts of ci/, on the served landscape.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import PROJECT
from tests.support.served import Served, copy_repository, run_build, serve

pytestmark = pytest.mark.unmeasured


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a product more, checked and released."""
    root = copy_repository(tmp_path_factory.mktemp("new") / "repository")

    def build(*arguments: str) -> str:
        return said(root, *arguments)

    assert "products/feature-store/product.yaml\n" in build("new", "feature-store", "--title", "Feature store")
    portfolio = root / "portfolios" / "ml-platform.yaml"
    portfolio.write_text(portfolio.read_text().replace("products:\n", "products:\n  - feature-store\n"))
    assert "no findings" in build("check", "feature-store")
    assert build("release", "feature-store") == "feature-store 1.0.0 → products/feature-store/releases/1.0.0\n"
    assert "no findings" in build("check")
    return root


def said(root: Path, *arguments: str) -> str:
    """What a command that succeeds prints."""
    done = run_build(root, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_scaffolded_product_passes_every_check_and_is_launched(root: Path) -> None:
    outputs = said(root, "launch", "feature-store", "--account", "222222222221", "--example", "defaults")
    assert "ProductVersion\t1.0.0" in outputs

    own_tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(PROJECT / "pyproject.toml")]
    done = subprocess.run(
        [*own_tests, f"--rootdir={root}", str(root / "products" / "feature-store" / "tests")],
        cwd=PROJECT,
        env={**os.environ, "CATALOG_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_builds_review_the_change_and_publish_what_was_merged(root: Path, tmp_path: Path) -> None:
    with serve(root) as landscape:
        script(landscape, "review", tmp_path)
        review = (tmp_path / "review.md").read_text()
        assert "| feature-store | 1.0.0 | 1.0.0 | unchanged |" in review
        assert "| create product | feature-store | Feature store, version 1.0.0 | eu-west-1, eu-central-1 |" in review
        assert script(landscape, "publish", tmp_path, str(tmp_path / "plan.json")).startswith("### Published to hub")
        published = (tmp_path / "published.md").read_text()
        assert "| eu-central-1 |" in published and "**Failures**" not in published
        assert "Nothing to do." in script(landscape, "publish", tmp_path)


def script(landscape: Served, name: str, folder: Path, *arguments: str) -> str:
    """What a script of ci/ prints; its `python3 build.py` is this environment, on the repository that is served."""
    commands = folder / "bin"
    commands.mkdir(exist_ok=True)
    (commands / "python3").write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -P -m harness.cli "$@"\n')
    (commands / "python3").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "CATALOG_ROOT": str(landscape.root),
        "CATALOG_TARGET": "local",
    }
    done = subprocess.run(
        [str(PROJECT / "ci" / name), str(folder), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
