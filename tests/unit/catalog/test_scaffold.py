"""Scaffolding a product: whole, loadable, renderable, and refused where it would overwrite."""

from __future__ import annotations

import shutil

import cfn_flip
import pytest

from harness.catalog.render import render_product
from harness.catalog.scaffold import scaffold
from harness.errors import KnownError
from tests.support.repository import PROJECT, TinyRepository


@pytest.fixture
def furnished(tiny: TinyRepository) -> TinyRepository:
    """A tiny repository with the project's own templates."""
    shutil.copytree(PROJECT / "templates", tiny.root / "templates")
    return tiny


def test_a_scaffolded_product_loads_and_renders_under_its_own_name(furnished: TinyRepository) -> None:
    files = scaffold(furnished.load(), "feature-store", "Feature store")
    repository = furnished.load()
    product = repository.product("feature-store")
    assert product.title == "Feature store"
    assert len(product.examples) >= 3
    assert (
        'Description: "Feature store (ml-platform/feature-store 1.0.0)"'
        in render_product(repository, "feature-store").text
    )
    assert not [path for path in files if "new-product" in path.read_text() or "New product" in path.read_text()]


def test_a_title_is_made_from_the_name(furnished: TinyRepository) -> None:
    scaffold(furnished.load(), "feature-store")
    assert furnished.load().product("feature-store").title == "Feature store"


@pytest.mark.parametrize("title", ['Feature: "store" & more', "Yes", "# 1", "Größe: <b>'s"])
def test_any_title_of_one_line_gives_a_product_that_renders(furnished: TinyRepository, title: str) -> None:
    scaffold(furnished.load(), "feature-store", title)
    repository = furnished.load()
    assert repository.product("feature-store").title == title
    description = cfn_flip.load(render_product(repository, "feature-store").text)[0]["Description"]
    assert description == f"{title} (ml-platform/feature-store 1.0.0)"


@pytest.mark.parametrize(
    ("title", "told"),
    [
        (
            "x" * 101,
            "--title: the title is longer than 100 characters, or of more than one line\n  → choose a short one",
        ),
        ("a\nb", "--title: the title is longer than 100 characters, or of more than one line\n  → choose a short one"),
        ("Demo", "--title: title 'Demo' is taken\n  → give each product a title of its own"),
    ],
)
def test_a_title_that_is_no_title_is_refused(furnished: TinyRepository, title: str, told: str) -> None:
    with pytest.raises(KnownError) as caught:
        scaffold(furnished.load(), "feature-store", title)
    assert str(caught.value) == told
    assert not (furnished.root / "products/feature-store").exists()


def test_an_existing_folder_is_never_overwritten(furnished: TinyRepository) -> None:
    with pytest.raises(KnownError) as caught:
        scaffold(furnished.load(), "demo")
    assert str(caught.value) == "products/demo: the folder exists already\n  → choose another name"


@pytest.mark.parametrize("name", ["Demo", "two words", "a--b", "../x", ""])
def test_a_name_that_is_no_name_is_refused(furnished: TinyRepository, name: str) -> None:
    with pytest.raises(KnownError, match="is not a product name"):
        scaffold(furnished.load(), name)
