"""Zip archives of folders, as the delivery services pack and unpack their artifacts. Knows no AWS."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


class NotAnArchiveError(Exception):
    """The bytes are no zip archive, or one that reaches out of its folder."""


def packed(files: Iterable[tuple[str, Path]]) -> bytes:
    """An archive of files: (name in the archive, path)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = stat.S_IMODE(path.stat().st_mode) << 16
            archive.writestr(info, path.read_bytes())
    return content.getvalue()


def packed_texts(files: Mapping[str, str]) -> bytes:
    """An archive of texts: name in the archive → text."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Writes an archive's files into a folder. Raises NotAnArchiveError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                path = folder / info.filename
                if not path.resolve().is_relative_to(folder.resolve()):
                    raise NotAnArchiveError(f"{info.filename} lies outside of the archive's folder")
                if info.is_dir():
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(info))
                if mode := info.external_attr >> 16:
                    path.chmod(stat.S_IMODE(mode) | stat.S_IRUSR | stat.S_IWUSR)
    except zipfile.BadZipFile:
        raise NotAnArchiveError("this is no zip archive") from None


def member(content: bytes, name: str) -> bytes:
    """One file of an archive. Raises NotAnArchiveError, and KeyError where it is not in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)
    except zipfile.BadZipFile:
        raise NotAnArchiveError("this is no zip archive") from None
