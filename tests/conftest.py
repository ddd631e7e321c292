"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.repository import TinyRepository, tiny_repository

# A build says the same of the same commit twice; at a desk every run looks elsewhere. No deadlines: cores are shared.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture
def tiny(tmp_path: Path) -> TinyRepository:
    """A tiny valid repository."""
    return tiny_repository(tmp_path)
