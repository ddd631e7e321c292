"""From nothing to a launched product: scaffold, name it in a portfolio, check, release, launch. No other edit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.repository import PROJECT
from tests.support.served import copy_repository, run_build


def test_a_scaffolded_product_passes_every_check_and_is_launched(tmp_path: Path) -> None:
    root = copy_repository(tmp_path / "repository")

    def build(*arguments: str) -> str:
        done = run_build(root, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "products/feature-store/product.yaml\n" in build("new", "feature-store", "--title", "Feature store")
    portfolio = root / "portfolios" / "ml-platform.yaml"
    portfolio.write_text(portfolio.read_text().replace("products:\n", "products:\n  - feature-store\n"))
    assert "no findings" in build("check", "feature-store")
    assert build("release", "feature-store") == "feature-store 1.0.0 → products/feature-store/releases/1.0.0\n"
    assert "no findings" in build("check")
    outputs = build("launch", "feature-store", "--account", "222222222221", "--example", "defaults")
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
