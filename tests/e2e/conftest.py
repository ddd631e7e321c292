"""Landscapes that end-to-end tests share. One process of `build.py local` for each worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.served import Served, copy_repository, serve


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A landscape laid out and served, with nothing published. Tests leave no stack behind."""
    with serve(copy_repository(tmp_path_factory.mktemp("served"))) as landscape:
        yield landscape
