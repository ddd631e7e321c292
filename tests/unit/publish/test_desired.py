"""What the hub should hold, from frozen releases."""

from __future__ import annotations

import hashlib

import pytest

from harness.catalog.release import freeze
from harness.errors import KnownError
from harness.publish.desired import desired_region, read_releases, survey
from harness.publish.model import Desired, Principal, Share
from harness.publish.prepare import frozen_reader
from tests.support.repository import PRODUCT, TinyRepository


def release(tiny: TinyRepository) -> None:
    repository = tiny.load()
    freeze(repository, repository.product("demo"))


def wanted(tiny: TinyRepository, names: tuple[str, ...] = ()) -> Desired:
    repository = tiny.load()
    return desired_region(repository, read_releases(repository), "eu-central-1", names)


def test_a_release_becomes_a_version_whose_description_ends_with_its_digest(tiny: TinyRepository) -> None:
    release(tiny)
    template = (tiny.root / "products/demo/releases/1.0.0/template.yaml").read_bytes()
    digest = hashlib.sha256(template).hexdigest()
    (product,) = wanted(tiny).products
    (version,) = product.versions
    assert version.description == f"First version. [sha256:{digest}]"
    assert version.template_key == f"templates/demo/1.0.0/{digest}.yaml"
    assert dict(product.tags) == {"platform:catalog": "ml-platform", "platform:product": "demo"}


def test_template_and_manifest_are_stored_under_the_names_that_readers_know(tiny: TinyRepository) -> None:
    release(tiny)
    desired = wanted(tiny)
    assert desired.bucket == "platform-artifacts-111111111111-eu-central-1"
    assert [each.key.rsplit("/", 1)[0] for each in desired.objects] == ["manifests/demo/1.0.0", "templates/demo/1.0.0"]


def test_the_objects_read_are_the_frozen_bytes(tiny: TinyRepository) -> None:
    release(tiny)
    read = frozen_reader(tiny.load())
    for each in wanted(tiny).objects:
        assert read(each) == (tiny.root / each.source).read_bytes()


def test_a_file_that_changed_after_planning_is_refused(tiny: TinyRepository) -> None:
    release(tiny)
    objects = wanted(tiny).objects
    tiny.replace("products/demo/releases/1.0.0/template.yaml", "Topic:", "Subject:")
    with pytest.raises(KnownError, match="has changed since the plan was made"):
        for each in objects:
            frozen_reader(tiny.load())(each)


def test_versions_stand_oldest_first_by_number(tiny: TinyRepository) -> None:
    release(tiny)
    for number in ("1.9.0", "1.10.0"):
        tiny.write("products/demo/CHANGELOG.md", f"## {number}\n\n- More.\n")
        product = (tiny.root / "products/demo/product.yaml").read_text()
        old = product.split("version: ")[1].split("\n")[0]
        tiny.replace("products/demo/product.yaml", f"version: {old}", f"version: {number}")
        release(tiny)
    (made,) = wanted(tiny).products
    assert [each.name for each in made.versions] == ["1.0.0", "1.9.0", "1.10.0"]


@pytest.mark.parametrize(("withdrawal", "active"), [("deprecated", True), ("inactive", False)])
def test_a_withdrawn_version_is_deprecated_and_perhaps_inactive(
    tiny: TinyRepository, withdrawal: str, active: bool
) -> None:
    release(tiny)
    tiny.write("products/demo/product.yaml", f"{PRODUCT}withdrawn: {{1.0.0: {withdrawal}}}\n")
    (version,) = wanted(tiny).products[0].versions
    assert (version.guidance, version.active) == ("DEPRECATED", active)


def test_a_product_without_a_release_is_in_no_portfolio_and_is_named(tiny: TinyRepository) -> None:
    desired = wanted(tiny)
    assert (desired.products, desired.portfolios[0].products) == ((), ())
    repository = tiny.load()
    (finding,) = survey(repository, read_releases(repository)).unreleased
    assert str(finding) == ("products/demo/product.yaml: demo has no release\n  → `build.py release demo`")


def test_a_version_that_is_not_frozen_is_named(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace("products/demo/product.yaml", "version: 1.0.0", "version: 1.1.0")
    repository = tiny.load()
    (finding,) = survey(repository, read_releases(repository)).unreleased
    assert finding.problem == "version 1.1.0 of demo is not released yet; the newest release is 1.0.0"


def test_an_edit_without_a_new_version_is_named(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace("products/demo/template.yaml.j2", "Default: demo", "Default: other")
    repository = tiny.load()
    (finding,) = survey(repository, read_releases(repository)).unreleased
    assert "differs from release 1.0.0" in finding.problem


def test_a_draft_that_does_not_render_hinders_no_release(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace("products/demo/template.yaml.j2", "product.title", "product.titel")
    repository = tiny.load()
    surveyed = survey(repository, read_releases(repository))
    assert surveyed.broken == () and len(surveyed.unreleased) == 1


def test_a_frozen_file_that_changed_is_broken(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace("products/demo/releases/1.0.0/template.yaml", "Topic:", "Subject:")
    repository = tiny.load()
    (finding,) = survey(repository, read_releases(repository)).broken
    assert finding.place.path == "products/demo/releases/1.0.0/template.yaml"


def test_a_portfolio_names_its_launch_roles_personas_shares_and_tag_options(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.write(
        "portfolios/tiny.yaml",
        "portfolio: tiny\ntitle: Tiny\ndescription: One.\nproducts: [demo]\nprincipals: [lead, developer]\n"
        'shares: [{account: "222222222221", tag_options: false}, {organization: o-mlplatform1, principals: true}]\n'
        "tag_options: {class: [a, b]}\nlaunch_constraints: {demo: special}\n",
    )
    (portfolio,) = wanted(tiny).portfolios
    assert portfolio.products == (("demo", "special"),)
    assert portfolio.principals == (
        Principal("arn:aws:iam:::role/platform-lead", "IAM_PATTERN"),
        Principal("arn:aws:iam:::role/platform-developer", "IAM_PATTERN"),
    )
    assert portfolio.tag_options == (("class", "a"), ("class", "b"))
    assert portfolio.receivers == tuple(("o-mlplatform1", f"22222222222{number}") for number in (1, 2, 3))
    assert portfolio.shares == (
        Share("ACCOUNT", "222222222221", False, False),
        Share("ORGANIZATION", "o-mlplatform1", True, True),
    )


def test_products_that_are_not_named_are_left_out(tiny: TinyRepository) -> None:
    release(tiny)
    desired = wanted(tiny, ("other",))
    assert (desired.products, desired.left_out) == ((), ("demo",))
