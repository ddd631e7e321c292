"""Files in and out: tables as text from CSV, JSON lines and captured requests; outputs that appear whole or not at all.

Nothing here knows a schema: `table.py` gives the text its types.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from tabular.errors import DataError, rows
from tabular.requests import captured_records
from tabular.text import TextTable, from_records, text_table

SUFFIXES = (".csv", ".jsonl")


def read_tables(path: Path, columns: Sequence[str] = ()) -> list[TextTable]:
    """Every table under a folder (or the one file), in the order of their names.

    `columns` names the fields of captured requests that came as CSV without a header. Raises DataError where there is
    no table, or where one is not a table: empty, ragged, not UTF-8, a column twice.
    """
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)
        if not found:
            raise DataError(path.name, "the folder holds no .csv or .jsonl file (0 rows)")
        return [_read(file, file.relative_to(path).as_posix(), columns) for file in found]
    if not path.exists():
        raise DataError(path.name, "the file does not exist")
    return [_read(path, path.name, columns)]


def _read(path: Path, name: str, columns: Sequence[str]) -> TextTable:
    """One table, by `name` in messages. The suffix decides how it is read."""
    if path.suffix.lower() == ".jsonl":
        return _read_json_lines(path, name, columns)
    return _read_csv(path, name)


def _read_csv(path: Path, name: str) -> TextTable:
    """A CSV file with a header, as text.

    Two passes: pandas reads fast but fills short rows silently and renames a column that comes twice, so the structure
    is checked first, row by row and without keeping any.
    """
    _check_structure(path, name)
    frame = pd.read_csv(path, dtype=object, keep_default_na=False, na_filter=False, encoding="utf-8-sig")
    return text_table(name, frame.rename(columns=str.strip))


def _check_structure(path: Path, name: str) -> None:
    header: list[str] | None = None
    count, ragged, first = 0, 0, ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream, strict=True):
                if not row:
                    continue  # a blank line
                if header is None:
                    header = [field.strip() for field in row]
                    continue
                count += 1
                if len(row) != len(header):
                    ragged += 1
                    first = first or f"row {count} has {len(row)} fields"
    except UnicodeDecodeError:
        raise DataError(name, _not_utf_8(path)) from None
    except csv.Error as error:
        raise DataError(name, f"the file is not CSV, {error} (after {rows(count)})") from None
    if header is None:
        raise DataError(name, "the file is empty (0 rows)")
    for column, times in Counter(header).items():
        if not column:
            raise DataError(name, f"a column has no name in the header ({rows(count)})")
        if times > 1:
            raise DataError(name, f"column '{column}' appears {times} times in the header ({rows(count)})")
    if ragged:
        raise DataError(name, f"{first} where the header has {len(header)} ({ragged} of {rows(count)} are ragged)")
    if not count:
        raise DataError(name, "the file has a header and no data (0 rows)")


def _not_utf_8(path: Path) -> str:
    """Where the first byte is that no UTF-8 text has. Text streams decode in blocks and cannot tell."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"the file is not UTF-8, see byte 0x{line[error.start]:02x} in line {number}"
    return "the file is not UTF-8"


def _read_json_lines(path: Path, name: str, columns: Sequence[str]) -> TextTable:
    """A file of JSON lines: records of raw features, or events that an endpoint's data capture kept.

    A captured request that nobody can read is counted and passed over: a client's mistake must not blind the watch.
    """
    records: list[dict[str, Any]] = []
    number, unreadable = 0, 0
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                content = json.loads(line) if line.strip() else {}
                if not isinstance(content, dict):
                    raise DataError(name, f"line {number} is not a JSON object with a value for each column")
                if "captureData" not in content:
                    records.extend([content] if content else [])
                    continue
                try:
                    records.extend(captured_records(content, columns))
                except DataError:
                    unreadable += 1
    except UnicodeDecodeError:
        raise DataError(name, _not_utf_8(path)) from None
    except json.JSONDecodeError as error:
        raise DataError(name, f"line {number} is not JSON, {error.msg} (after {rows(len(records))})") from None
    if not number:
        raise DataError(name, "the file is empty (0 rows)")
    return from_records(name, records, unreadable)


def read_json(path: Path) -> Any:
    """A JSON file, or DataError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(path.name, "the file does not exist") from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise DataError(path.name, "the file is not JSON") from None


def json_text(content: Any) -> str:
    """JSON for files: one form for the same content, and never the NaN that other readers refuse."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, content: Any) -> None:
    write_text(path, json_text(content))


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_json_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for record in records:
            stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Floats are written in the shortest form that reads back as the same float."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


@contextmanager
def whole_output(folder: Path) -> Iterator[Path]:
    """A folder to write into, whose files move to `folder` when the block ends well, and vanish when it does not.

    The folder itself may be a mount point with files in it, as a container's outputs are: it is filled, never replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder.parent) as name:
        unfinished = Path(name)
        yield unfinished
        for source in sorted(file for file in unfinished.rglob("*") if file.is_file()):
            target = folder / source.relative_to(unfinished)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(source), str(target))
