"""A function's archive as a folder on this machine, unpacked once. It runs nothing."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path

from harness.emulator import background

_lock = threading.Lock()
_folders: dict[str, Path] = {}
_roots: list[Path] = []


class UnreadableCodeError(Exception):
    """The archive is none."""


def folder_of(archive: bytes) -> Path:
    """Where the archive lies unpacked, as long as the landscape is served. Raises UnreadableCodeError."""
    digest = hashlib.sha256(archive).hexdigest()
    with _lock:
        found = _folders.get(digest)
        if found is None:
            found = _root() / digest[:16]
            _unpack(archive, found)
            _folders[digest] = found
        return found


def scratch() -> Path:
    """A new empty folder, as long as the landscape is served."""
    with _lock:
        return Path(tempfile.mkdtemp(prefix="tmp-", dir=_root()))


def _root() -> Path:
    if not _roots:
        _roots.append(Path(tempfile.mkdtemp(prefix="platform-functions-")))
        background.when_ended(_forget)
    return _roots[0]


def _forget() -> None:
    with _lock:
        for each in _roots:
            shutil.rmtree(each, ignore_errors=True)
        _roots.clear()
        _folders.clear()


def _unpack(archive: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            opened.extractall(target)  # leaves out absolute paths and those that lead upwards
    except zipfile.BadZipFile as error:
        raise UnreadableCodeError(str(error)) from None
