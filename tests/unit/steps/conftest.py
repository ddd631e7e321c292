"""What the tests of the steps share: real data, and one model trained on it."""

from __future__ import annotations

import pytest

from tests.unit.steps.cases import Workspace, breast_cancer_model, loans_model


@pytest.fixture(scope="session")
def cancer(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The committed data, carried through preprocess, train and baseline."""
    return breast_cancer_model(tmp_path_factory.mktemp("cancer"))


@pytest.fixture(scope="session")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A table with categories, gaps, identifiers and a label of two words, carried as far."""
    return loans_model(tmp_path_factory.mktemp("loans"))
