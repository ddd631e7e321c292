"""model.tar.gz and output.tar.gz: the same bytes for the same files, whenever and wherever they are made."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path


def pack(folder: Path) -> bytes:
    """A gzip-compressed tar of everything in a folder, by name, without times and owners. Links are followed."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT, dereference=True) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_plain)
    return buffer.getvalue()


def is_empty(folder: Path) -> bool:
    """Whether there is no file in a folder, or no folder."""
    return not any(path.is_file() for path in folder.rglob("*"))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry
