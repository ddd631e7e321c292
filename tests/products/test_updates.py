"""Updates of every product: from each released version that is not retired, and from one that differs by its number."""

from __future__ import annotations

import dataclasses

import pytest

from harness.catalog.load import Repository
from harness.catalog.release import examples_of
from harness.catalog.render import render_product
from harness.checks.alone import Alone
from harness.checks.answers import Answers
from harness.checks.renderings import Rendering
from harness.checks.updates import UpdatePath, paths_to_draft
from harness.checks.versions import Version, drafted_version
from tests.products import launched
from tests.support.repository import PROJECT

NAMES = [product.name for product in launched.repository().products]
EARLIER = "0.0.9"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Rehearses without what earlier checks have found."""
    answers = Answers(tmp_path_factory.mktemp("answers"))
    return Alone(launched.repository(), answers, Answers(PROJECT).scan())


@pytest.mark.parametrize("name", NAMES)
def test_every_update_from_a_released_version_succeeds_and_the_stated_version_fits(name: str, alone: Alone) -> None:
    repository = launched.repository()
    product = repository.product(name)
    paths = paths_to_draft(repository, product, alone.rendering(product))
    assert alone.rehearse(paths).findings(product) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_version_that_changes_nothing_but_its_number_replaces_and_removes_nothing(name: str, alone: Alone) -> None:
    repository = launched.repository()
    product = repository.product(name)
    path = UpdatePath(
        product, earlier(repository, name), drafted_version(repository, product, alone.rendering(product))
    )
    (comparison,) = alone.rehearse([path]).comparisons(name)
    assert comparison.reasons == ()
    assert set(comparison.updates) == {each.name for each in product.examples}
    for update in comparison.updates.values():
        assert (update.launch_refused, update.refused, update.failures) == ("", (), ())
        assert {each.kind for each in update.effects} <= {"kept", "changed"}


def earlier(repository: Repository, name: str) -> Version:
    """The product as it is, under another version."""
    product = repository.product(name)
    spec = product.spec.model_copy(update={"version": EARLIER})
    renumbered = dataclasses.replace(product, spec=spec, id=product.id.replace(product.version, EARLIER))
    others = tuple(renumbered if each is product else each for each in repository.products)
    rendered = render_product(dataclasses.replace(repository, products=others), name)
    rendering = Rendering(rendered.text, rendered.path, lambda: rendered)
    return Version(EARLIER, rendering, examples_of(product), None, released=True)
