"""Where a build's commands run: a folder of its own, an environment of its own, and the programs that they find.

It keeps commands from meddling with this machine by accident, not by force: they run as this process does. Networks are
not reached: proxies that nobody serves stand before everything but the landscape itself.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PIP = Path(__file__).with_name("pip_shim.py")
_NOWHERE = "http://127.0.0.1:9"  # the discard port
_TOOLS = Path(__file__).parents[4] / ".build" / "tools"  # made by `build.py test`
_REFUSED = {
    "docker": "privileged mode and containers are not part of the emulated CodeBuild",
    "apt-get": "packages of the operating system cannot be installed in the emulated CodeBuild",
    "apt": "packages of the operating system cannot be installed in the emulated CodeBuild",
    "yum": "packages of the operating system cannot be installed in the emulated CodeBuild",
    "dnf": "packages of the operating system cannot be installed in the emulated CodeBuild",
}
_NO_AWS = "the AWS command line is not in this environment; `python3 build.py test` makes it, or use boto3"


@dataclass(frozen=True)
class Sandbox:
    """The folders of one build."""

    root: Path

    @property
    def source(self) -> Path:
        """CODEBUILD_SRC_DIR: where the primary source lies."""
        return self.root / "output" / "src" / "primary" / "src"

    def secondary(self, identifier: str) -> Path:
        """CODEBUILD_SRC_DIR_<identifier>."""
        return self.root / "output" / "src" / "secondary" / identifier

    @property
    def scratch(self) -> Path:
        """What the build itself needs, out of the way of its commands."""
        return self.root / "readonly"

    def environment(self) -> dict[str, str]:
        """What every process finds, before anything that a project or a buildspec says."""
        own = Path(sys.executable).parent
        return {
            "PATH": os.pathsep.join([str(self.root / "bin"), str(own), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "USER": "root",
            "CI": "true",
            "HTTP_PROXY": _NOWHERE,
            "HTTPS_PROXY": _NOWHERE,
            "http_proxy": _NOWHERE,
            "https_proxy": _NOWHERE,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@contextmanager
def made(in_vpc: bool = False) -> Iterator[Sandbox]:
    """A sandbox for the length of a `with` block. `in_vpc`: whether its only way leads to AWS services."""
    root = Path(tempfile.mkdtemp(prefix="codebuild-"))
    try:
        sandbox = Sandbox(root)
        for folder in (sandbox.source, sandbox.scratch, root / "home", root / "tmp", root / "bin"):
            folder.mkdir(parents=True)
        for name, script in _programs(in_vpc).items():
            path = root / "bin" / name
            path.write_text(f"#!/bin/bash\n{script}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        yield sandbox
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _programs(in_vpc: bool) -> Mapping[str, str]:
    python = f'exec "{sys.executable}"'
    pip = f'{python} "{_PIP}" {"vpc" if in_vpc else "public"}'
    interpreter = f'if [[ "$1" == -m && "$2" == pip ]]; then {pip} "${{@:3}}"; fi\n{python} "$@"'
    found = dict.fromkeys(("python", "python3"), interpreter)
    found |= dict.fromkeys(("pip", "pip3"), f'{pip} "$@"')
    found |= {name: _refusal(name, reason) for name, reason in _REFUSED.items()}
    aws = _aws()
    found["aws"] = f'exec "{aws}" "$@"' if aws else _refusal("aws", _NO_AWS)
    return found


def _aws() -> Path | None:
    path = Path(os.environ.get("CATALOG_TOOLS") or _TOOLS) / "bin" / "aws"
    return path if path.exists() else None


def _refusal(name: str, reason: str) -> str:
    return f'echo "{name}: {reason.replace("`", chr(92) + "`")}" >&2; exit 1'
