"""Assets: the same files give the same bytes, wherever and whenever they are packed."""

from __future__ import annotations

import os
import time
import zipfile
from io import BytesIO
from pathlib import Path

from harness.catalog.assets import pack

# Of the two files below; a change of this digest means that frozen assets can no longer be made again.
KNOWN = "c3eec14290"


def write(root: Path) -> Path:
    source = root / "src"
    (source / "pkg").mkdir(parents=True)
    (source / "pkg" / "b.py").write_bytes(b"b = 2\n")
    (source / "a.sh").write_bytes(b"echo a\n")
    (source / "a.sh").chmod(0o755)
    return source


def test_the_same_files_give_the_same_bytes_in_another_folder_on_another_day(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "elsewhere" / "deep"
    first = pack(here, write(here))
    source = write(there)
    yesterday = time.time() - 86400
    for file in source.rglob("*"):
        os.utime(file, (yesterday, yesterday))
    assert pack(there, source).content == first.content
    assert first.sha256.startswith(KNOWN)


def test_only_the_executable_bit_of_a_mode_counts(tmp_path: Path) -> None:
    source = write(tmp_path)
    before = pack(tmp_path, source).sha256
    (source / "a.sh").chmod(0o700)
    (source / "pkg" / "b.py").chmod(0o600)
    assert pack(tmp_path, source).sha256 == before
    (source / "a.sh").chmod(0o644)
    assert pack(tmp_path, source).sha256 != before


def test_what_python_leaves_behind_does_not_count(tmp_path: Path) -> None:
    source = write(tmp_path)
    before = pack(tmp_path, source).sha256
    (source / "pkg" / "__pycache__").mkdir()
    (source / "pkg" / "__pycache__" / "b.cpython-311.pyc").write_bytes(b"x")
    assert pack(tmp_path, source).sha256 == before


def test_a_changed_byte_changes_the_digest(tmp_path: Path) -> None:
    source = write(tmp_path)
    before = pack(tmp_path, source)
    (source / "pkg" / "b.py").write_bytes(b"b = 3\n")
    assert pack(tmp_path, source).key != before.key


def test_the_archive_unpacks_to_the_same_files(tmp_path: Path) -> None:
    asset = pack(tmp_path, write(tmp_path))
    with zipfile.ZipFile(BytesIO(asset.content)) as archive:
        assert archive.namelist() == ["a.sh", "pkg/b.py"]
        assert archive.read("pkg/b.py") == b"b = 2\n"
