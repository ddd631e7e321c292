"""The real taskcat launches every example against the emulator, and fails when a stack fails."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness.catalog.load import load_repository, with_needs
from harness.catalog.render import render_product
from harness.catalog.taskcat import name_of_test
from harness.emulator.clients import administrator
from tests.support.repository import PROJECT
from tests.support.served import Served
from tests.support.tools import tool

HUB, DEV = "111111111111", "222222222221"


def taskcat(served: Served, folder: Path, *runs: str, account: str = DEV) -> list[dict[str, object]]:
    """Each run's result. A run is comma-separated names of tests, launched in that order."""
    done = subprocess.run(
        [tool("python"), str(PROJECT / "tests" / "tools" / "run_taskcat.py"), str(folder / ".taskcat.yml"), *runs],
        env={**os.environ, **served.environment(account), "HOME": str(folder)},
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
    # What publish would have put there: the code that the templates name.
    repository = load_repository(served.root)
    s3 = administrator("s3", HUB, "eu-west-1", served.url)
    for product in repository.products:
        for asset in render_product(repository, product.name).assets:
            s3.put_object(Bucket=f"platform-artifacts-{HUB}-eu-west-1", Key=asset.key, Body=asset.content)
    return tmp_path


def test_taskcat_launches_every_example(served: Served, rendered: Path) -> None:
    repository = load_repository(served.root)
    runs: dict[str, dict[str, str]] = {}  # by account
    for product in repository.products:
        account = (
            HUB if product.for_registry else repository.catalog.landscape.teams[0].accounts[product.trial_environment]
        )
        for example in product.examples:
            # A registry is launched in another account; nothing of this one waits for it.
            chain = [
                each
                for each in with_needs(repository, product, example)
                if each[0].for_registry == product.for_registry
            ]
            name = name_of_test(product, example)
            runs.setdefault(account, {})[name] = ",".join(name_of_test(*each) for each in chain)
    assert len(runs) == 3
    for account, here in runs.items():
        results = taskcat(served, rendered, *here.values(), account=account)
        assert [(each["run"], each["failed"]) for each in results] == [(run, None) for run in here.values()]
        for name, result in zip(here, results, strict=True):
            assert result["stacks"][name] == "CREATE_COMPLETE"  # type: ignore[index]


def test_taskcat_fails_when_a_stack_fails(served: Served, rendered: Path) -> None:
    template = rendered / "studio-user-profile.yaml"
    template.write_text(template.read_text().replace("AWS::SageMaker::UserProfile", "AWS::SageMaker::Domain", 1))
    (result,) = taskcat(served, rendered, "studio-domain-defaults,studio-user-profile-defaults")
    assert "One or more stacks failed" in str(result["failed"]) or result["failed"]
