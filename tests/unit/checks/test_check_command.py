"""`build.py check` as a process: exit codes, output, and how little it loads when nothing changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checks import whole_repository
from tests.support.repository import PROJECT, tiny_repository


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that has been checked once."""
    folder = tmp_path_factory.mktemp("repository")
    whole_repository(tiny_repository(folder))
    check(folder)
    return folder


def check(root: Path, *arguments: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *python, "-m", "harness.cli", "check", *arguments],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "CATALOG_ROOT": str(root), "PYTHONPATH": str(PROJECT)},
        check=False,
    )


def test_findings_are_sorted_on_stdout_and_the_exit_code_is_one(root: Path) -> None:
    done = check(root, "demo")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "products/demo/template.yaml.j2:5: parameter Name has no description [E9002]" in lines
    assert "  → say in a sentence what it is for and what the default suits" in lines
    assert "products/demo/template.yaml.j2:11: SNS.1: Topic states no KmsMasterKeyId [E9381]" in lines
    found = [line for line in lines[:-1] if not line.startswith("  → ")]
    assert lines[-1] == f"Checked 1 product in 1 region, 3 launches rehearsed: {len(found)} findings (unchanged)."
    places = [tuple(line.split(": ")[0].split(":")) for line in found]
    ordered = [(path, int(line[0]) if line else 0) for path, *line in places]
    assert ordered == sorted(ordered)


def test_json_has_a_format_number_and_every_finding(root: Path) -> None:
    done = check(root, "demo", "--json")
    document = json.loads(done.stdout)
    assert document["format"] == 1
    assert {"path", "line", "rule", "problem", "remedy"} == set(document["findings"][0])
    assert f": {len(document['findings'])} findings" in document["summary"]


def test_nothing_changed_is_answered_without_the_libraries_that_check(root: Path) -> None:
    done = check(root, python=("-X", "importtime"))
    assert "(unchanged)" in done.stdout
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & {"cfnlint", "jinja2", "pydantic", "boto3", "botocore", "yaml", "moto"}


def test_a_product_that_does_not_exist_ends_with_a_remedy(root: Path) -> None:
    done = check(root, "dmo")
    assert done.returncode == 1
    assert "products: no product 'dmo'\n  → there are: demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_key_is_reported_with_its_line(tmp_path: Path) -> None:
    tiny = whole_repository(tiny_repository(tmp_path))
    tiny.replace("products/demo/product.yaml", "title:", "titel:")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "products/demo/product.yaml:3: unknown key 'titel'" in done.stdout + done.stderr
