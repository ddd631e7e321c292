"""The table of loans, carried from raw data to a baseline: what the tests look at."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from loans import SCHEMA, loans, run, train


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with raw.csv, schema.json, split/, model/, archive/, evaluation/ and baseline/."""
    root = tmp_path_factory.mktemp("loans")
    raw, schema = root / "raw.csv", root / "schema.json"
    loans(600).to_csv(raw, index=False)
    schema.write_text(json.dumps(SCHEMA), encoding="utf-8")
    assert run("preprocess", data=raw, schema=schema, output=root / "split") == 0
    train(root, root / "model")
    (root / "archive").mkdir()
    with tarfile.open(root / "archive" / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", arcname=".")
    test = root / "split" / "test"
    assert run("evaluate", model=root / "archive", test=test, output=root / "evaluation", groups="home") == 0
    assert run("baseline", data=root / "split" / "raw", schema=schema, output=root / "baseline") == 0
    return root
