"""The page about CloudFormation: every feature that it calls modelled or refused names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.repository import PROJECT

PAGE = PROJECT / "docs" / "cloudformation.md"
FOLDERS = (PROJECT / "tests" / "unit" / "cfn", PROJECT / "tests" / "unit" / "emulator" / "cloudformation")
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def _rows() -> list[tuple[str, str]]:
    """Feature and tests of every row of the tables."""
    text = PAGE.read_text(encoding="utf-8").partition("\n## Not yet\n")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [(row[0], row[1]) for row in rows if row[0] != "Feature"]


def _exists(file: str, test: str) -> bool:
    paths = [folder / file for folder in FOLDERS]
    return any(path.exists() and re.search(rf"^def {test}\(", path.read_text(), re.MULTILINE) for path in paths)


def test_every_modelled_feature_names_a_test() -> None:
    rows = _rows()
    assert len(rows) > 40
    assert [feature for feature, tests in rows if not TEST.search(tests)] == []


def test_every_test_that_the_page_names_exists() -> None:
    named = {(file, test) for _, tests in _rows() for file, test in TEST.findall(tests)}
    assert sorted(f"{file}::{test}" for file, test in named if not _exists(file, test)) == []


def test_the_types_that_can_be_read_are_those_that_the_page_names() -> None:
    reading = Path(PROJECT / "harness/emulator/cloudformation/native/reading.py").read_text()
    known = set(re.findall(r'^    "AWS::([\w:]+)": _', reading, re.MULTILINE))
    paragraph = PAGE.read_text(encoding="utf-8").partition("Types that can be read")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([A-Za-z0-9]+::\w+)`", paragraph)) == known
