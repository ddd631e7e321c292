"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import TinyRepository, tiny_repository


@pytest.fixture
def tiny(tmp_path: Path) -> TinyRepository:
    """A tiny valid repository."""
    return tiny_repository(tmp_path)
