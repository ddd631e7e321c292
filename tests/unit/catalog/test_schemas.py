"""The JSON schemas for editors are those of the models."""

from __future__ import annotations

import json

import pytest

from harness.catalog.schemas import FOLDER, MODELS, schema
from tests.support.repository import PROJECT


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_committed_schema_is_up_to_date(name: str) -> None:
    committed = (PROJECT / FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == schema(name), "run: .venv/bin/python -m harness.catalog.schemas"


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_schema_is_closed_to_unknown_keys(name: str) -> None:
    assert json.loads(schema(name))["additionalProperties"] is False
