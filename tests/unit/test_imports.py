"""Imports point one way, the command line is light, and AWS clients stay at the edge (docs/architecture.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.repository import PROJECT

# Each package may import those of its own set, and itself.
ALLOWED = {
    "errors": set(),
    "console": {"errors"},
    "cfn": set(),
    "pipelines": {"errors"},
    "iam": {"errors"},
    "documents": {"errors", "pipelines"},
    "catalog": {"errors", "cfn"},
    "checks": {"errors", "catalog", "cfn", "documents", "iam", "pipelines"},
    "publish": {"errors", "catalog", "cfn"},
    "emulator": {"errors", "catalog", "cfn", "pipelines", "iam", "documents"},
    "commands": {"errors", "console", "catalog", "cfn", "pipelines", "checks", "publish", "emulator"},
    "cli": {"errors", "commands", "console"},
}
AWS_CLIENTS = {"boto3", "botocore", "moto"}
MAY_CALL_AWS = {"publish", "emulator"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((PROJECT / "harness").rglob("*.py")):
        yield path.relative_to(PROJECT / "harness").with_suffix("").parts[0], path


def test_imports_point_one_way() -> None:
    wrong = []
    for package, path in modules():
        if package == "__init__":
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "harness" and len(parts) > 1 and parts[1] not in {package, *ALLOWED[package]}:
                wrong.append(f"{path.relative_to(PROJECT)} imports {name}")
    assert wrong == []


def test_only_the_gateways_and_the_emulator_know_an_aws_client() -> None:
    wrong = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for package, path in modules()
        if package not in MAY_CALL_AWS
        for name in imports(path)
        if name.split(".")[0] in AWS_CLIENTS
    ]
    assert wrong == []


def test_the_command_line_loads_nothing_heavy_before_a_command_is_chosen() -> None:
    code = "import harness.cli, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(loaded).isdisjoint({"boto3", "botocore", "cfnlint", "jinja2", "moto", "pydantic", "rich", "yaml"})
