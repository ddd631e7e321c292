"""A folder that stands for a container's file system; and how its paths become paths of this machine."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

PREFIX = "/opt/ml"
# A path of the container, wherever it stands in a text, but no part of a longer path.
_CONTAINER_PATH = re.compile(r"(?<![\w/.\-])/opt/ml(?=/|$|[\s\"',;:)\]}])")


class OutsideError(ValueError):
    """A path that leads out of the sandbox; the message names it."""


class Sandbox:
    """The folder of one job. Use it in a `with` block: it is removed at the end."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="sagemaker-")).resolve()
        (self.root / "tmp").mkdir()
        self.path(PREFIX).mkdir(parents=True)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, container_path: str) -> Path:
        """Where a path of the container is on this machine. Raises OutsideError for one that leads out of /opt/ml."""
        path = PurePosixPath(container_path)
        if not path.is_relative_to(PREFIX) or ".." in path.parts:
            raise OutsideError(f"{container_path} is not below {PREFIX}")
        return self.root / path.relative_to("/")

    def folder(self, container_path: str) -> Path:
        """The same, as a folder that is there."""
        made = self.path(container_path)
        made.mkdir(parents=True, exist_ok=True)
        return made

    def translate(self, text: str) -> str:
        """The text with the container's paths replaced by those of this machine."""
        return _CONTAINER_PATH.sub(lambda _: str(self.root / "opt/ml"), text)

    def translate_all(self, texts: Sequence[str]) -> list[str]:
        """Every text of a command line."""
        return [self.translate(each) for each in texts]

    def translate_values(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Every value of an environment."""
        return {name: self.translate(value) for name, value in texts.items()}
