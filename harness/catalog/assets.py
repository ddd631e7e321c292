"""Code as assets: archives named by their digest; the same files give the same bytes anywhere, on any day."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

# The earliest time that a zip can hold: an archive must not know when it was made.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT_FOLDERS = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints"}
_LEFT_OUT_SUFFIXES = {".pyc", ".pyo"}


class UnusableFileError(Exception):
    """A template names a file that it cannot have. `path` as people know it; the renderer adds the template's line."""

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        super().__init__(path)
        self.path, self.problem, self.remedy = path, problem, remedy


@dataclass(frozen=True)
class Asset:
    """One archive. `source` is the file or folder that it was made of, relative to the repository root."""

    source: str
    content: bytes
    files: tuple[str, ...]  # what went in, relative to the repository root

    @property
    def names(self) -> dict[str, str]:
        """Name in the archive → file that went in. A single file stands there by its own name."""
        prefix = f"{self.source}/"
        if self.files == (self.source,):
            prefix = f"{self.source.rpartition('/')[0]}/"
        return {file.removeprefix(prefix): file for file in self.files}

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def key(self) -> str:
        """Its S3 key in the hub's artifact buckets."""
        return f"assets/{self.sha256}.zip"


def pack(root: Path, source: Path) -> Asset:
    """Archive a file, or a folder with what is under it. Raises UnusableFileError for links and for an empty folder.

    Stored, not deflated: zlib's output differs between its versions and forks, and the digest must not.
    """
    base = source if source.is_dir() else source.parent
    files = _files(source)
    if not files:
        raise UnusableFileError(source.relative_to(root).as_posix(), "holds no file", "put the code there")
    for file in files:
        if file.is_symlink():  # where it leads differs between machines
            name = file.relative_to(root).as_posix()
            raise UnusableFileError(name, "is a symbolic link, which an archive does not follow", "copy the file there")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(base).as_posix(), _EPOCH)
            entry.create_system = 3  # Unix, whatever this machine is
            executable = file.stat().st_mode & 0o100
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, file.read_bytes())
    return Asset(
        source=source.relative_to(root).as_posix(),
        content=buffer.getvalue(),
        files=tuple(file.relative_to(root).as_posix() for file in files),
    )


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    return sorted(
        (
            file
            for file in source.rglob("*")
            if (file.is_file() or file.is_symlink()) and not _left_out(file.relative_to(source))
        ),
        key=lambda file: file.relative_to(source).as_posix(),
    )


def _left_out(path: Path) -> bool:
    return path.suffix in _LEFT_OUT_SUFFIXES or any(part in _LEFT_OUT_FOLDERS for part in path.parts)
