"""What a product's folder must hold besides its template."""

from __future__ import annotations

import pytest

from harness.checks.folder import incomplete
from tests.support.checks import whole_repository
from tests.support.repository import TinyRepository


@pytest.fixture
def whole(tiny: TinyRepository) -> TinyRepository:
    return whole_repository(tiny)


def found(tiny: TinyRepository) -> list[str]:
    return [f"{each.place}: {each.problem}" for each in incomplete(tiny.load().product("demo"))]


def test_a_whole_folder_lacks_nothing(whole: TinyRepository) -> None:
    assert found(whole) == []


def test_an_empty_readme_is_none(whole: TinyRepository) -> None:
    whole.write("products/demo/README.md", "\n")
    assert found(whole) == ["products/demo/README.md: there is no README"]


def test_the_changelog_tells_of_the_version_itself(whole: TinyRepository) -> None:
    whole.write("products/demo/CHANGELOG.md", "## 1.0.01\n\n- Another.\n")
    assert found(whole) == ["products/demo/CHANGELOG.md: no entry for version 1.0.0"]


def test_an_entry_that_says_nothing_is_none(whole: TinyRepository) -> None:
    whole.write("products/demo/CHANGELOG.md", "## 1.0.0\n\n## 0.9.0\n\n- Earlier.\n")
    assert found(whole) == ["products/demo/CHANGELOG.md: no entry for version 1.0.0"]


def test_documents_that_are_no_text_are_told(whole: TinyRepository) -> None:
    for name in ("README.md", "CHANGELOG.md"):
        (whole.root / "products/demo" / name).write_bytes("café\n".encode("latin-1"))
    assert found(whole) == [
        "products/demo/README.md: not UTF-8 at byte 3",
        "products/demo/CHANGELOG.md: not UTF-8 at byte 3",
    ]


def test_three_examples_are_the_least(whole: TinyRepository) -> None:
    (whole.root / "products/demo/examples/later.yaml").unlink()
    assert found(whole) == ["products/demo/examples: 2 of at least 3 examples"]


def test_two_examples_with_the_same_parameters_are_one(whole: TinyRepository) -> None:
    whole.replace("products/demo/examples/later.yaml", "Name: later", "Name: more")
    assert found(whole) == ["products/demo/examples/more.yaml: the same parameters as later"]


@pytest.mark.parametrize("text", ["- not: [yaml\n", "hello\n", ""])
def test_a_launch_policy_is_a_list_of_statements(whole: TinyRepository, text: str) -> None:
    whole.write("products/demo/launch-policy.yaml", text)
    (told,) = incomplete(whole.load().product("demo"))
    assert told.problem == "the launch role's policy is no list of statements"
    assert told.remedy == "run `build.py roles demo`, which writes what its launch needs"


def test_a_product_without_a_launch_policy_cannot_be_launched(whole: TinyRepository) -> None:
    (whole.root / "products/demo/launch-policy.yaml").unlink()
    assert found(whole) == ["products/demo/launch-policy.yaml: the launch role has no policy"]
