"""`build.py local`, served for tests as a person serves it: a process of its own, on a copy of the repository."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.repository import PROJECT

CONTENT = ("catalog.yaml", "portfolios", "products", "templates")


@dataclass(frozen=True)
class Served:
    """A served landscape: its address, and the repository that it serves."""

    url: str
    root: Path

    def environment(self, account: str, region: str = "eu-west-1") -> dict[str, str]:
        """Variables that make any AWS client that account's administrator."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def build(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """build.py on that repository."""
        return run_build(self.root, *arguments)


def copy_repository(target: Path) -> Path:
    """The project's content, without its machine, to be changed at will."""
    target.mkdir(parents=True, exist_ok=True)
    for name in CONTENT:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)
    return target


def _environment(root: Path) -> dict[str, str]:
    # Whoever runs the tests may have credentials and endpoints of their own: no test may meet them.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    nobody = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**inherited, **nobody, "CATALOG_ROOT": str(root), "PYTHONPATH": str(PROJECT)}


def run_build(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """build.py on the repository at `root`, in the environment that runs the tests."""
    command = [sys.executable, "-m", "harness.cli", *arguments]
    return subprocess.run(command, env=_environment(root), capture_output=True, text=True, check=False)


@contextmanager
def serve(root: Path, *options: str) -> Iterator[Served]:
    """`build.py local` on the repository at `root`, on a free port, for the block."""
    command = [sys.executable, "-m", "harness.cli", "local", "--port", "0", *options]
    log = root / "local.log"
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(command, env=_environment(root), stdout=subprocess.PIPE, stderr=stderr, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                yield Served(line.split()[1], root)
                return
        raise AssertionError(f"build.py local said nothing of being ready: {log.read_text()}")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
