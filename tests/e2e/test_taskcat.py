"""The real taskcat launches every example against the emulator, and fails when a stack fails."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.catalog.load import load_repository, with_needs
from harness.catalog.taskcat import name_of_test
from tests.support.repository import PROJECT
from tests.support.served import Served
from tests.support.tools import tool

DEV = "222222222221"


def taskcat(served: Served, folder: Path, *runs: str) -> list[dict[str, object]]:
    """Each run's result. A run is comma-separated names of tests, launched in that order."""
    done = subprocess.run(
        [tool("python"), str(PROJECT / "tests" / "tools" / "run_taskcat.py"), str(folder / ".taskcat.yml"), *runs],
        env={**os.environ, **served.environment(DEV), "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(results) == len(runs), done.stdout + done.stderr
    return results


@pytest.fixture
def rendered(served: Served, tmp_path: Path) -> Path:
    done = served.build("render", "--taskcat", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_taskcat_launches_every_example(served: Served, rendered: Path) -> None:
    repository = load_repository(served.root)
    runs = {
        name_of_test(product, example): ",".join(
            name_of_test(*each) for each in with_needs(repository, product, example)
        )
        for product in repository.products
        for example in product.examples
    }
    results = taskcat(served, rendered, *runs.values())
    assert [(each["run"], each["failed"]) for each in results] == [(run, None) for run in runs.values()]
    for name, result in zip(runs, results, strict=True):
        assert result["stacks"][name] == "CREATE_COMPLETE"  # type: ignore[index]


def test_taskcat_fails_when_a_stack_fails(served: Served, rendered: Path) -> None:
    template = rendered / "studio-user-profile.yaml"
    template.write_text(template.read_text().replace("AWS::SageMaker::UserProfile", "AWS::SageMaker::Domain", 1))
    (result,) = taskcat(served, rendered, "studio-domain-defaults,studio-user-profile-defaults")
    assert "One or more stacks failed" in str(result["failed"]) or result["failed"]
