"""Releases: frozen once, whole or not at all, and proved to be unchanged."""

from __future__ import annotations

import json
import shutil

import pytest

from harness.catalog.release import Release, freeze, load_releases, verify
from harness.errors import KnownError
from tests.support.repository import TinyRepository

SOURCE = "products/demo/template.yaml.j2"
FROZEN = "products/demo/releases/1.0.0"


def release(tiny: TinyRepository) -> Release | None:
    repository = tiny.load()
    return freeze(repository, repository.product("demo"))


def found(tiny: TinyRepository) -> list[str]:
    return [str(finding) for finding in verify(tiny.load(), "demo")]


def test_a_release_holds_template_digests_and_interface(tiny: TinyRepository) -> None:
    made = release(tiny)
    assert made is not None
    manifest = json.loads((tiny.root / FROZEN / "manifest.json").read_text())
    assert manifest["version"] == "1.0.0"
    assert manifest["notes"] == "First version."
    assert manifest["interface"] == {
        "parameters": {"Name": {"Type": "String", "Default": "demo"}},
        "outputs": ["TopicArn"],
        "resources": {},
    }
    assert "Demo (ml-platform/demo 1.0.0)" in made.template()
    assert found(tiny) == []


def test_resources_that_hold_data_are_part_of_the_interface(tiny: TinyRepository) -> None:
    tiny.replace(SOURCE, "    Type: AWS::SNS::Topic", "    Type: AWS::SNS::Topic\n    DeletionPolicy: Retain")
    made = release(tiny)
    assert made is not None
    assert made.manifest.interface.resources == {"Topic": "AWS::SNS::Topic"}


def test_a_release_keeps_the_bytes_of_its_assets(tiny: TinyRepository) -> None:
    tiny.write("products/demo/src/handler.py", "x = 1\n")
    tiny.replace(SOURCE, "Outputs:", 'Outputs:\n  Code:\n    Value: << asset("src/handler.py") >>')
    made = release(tiny)
    assert made is not None
    (asset,) = made.manifest.assets
    assert asset.source == "products/demo/src/handler.py"
    assert made.asset(asset)[:2] == b"PK"
    tiny.write("products/demo/src/handler.py", "x = 2\n")
    assert made.asset(asset)[:2] == b"PK"  # the release has its own


def test_releasing_the_same_again_does_nothing(tiny: TinyRepository) -> None:
    assert release(tiny) is not None
    before = {path: path.read_bytes() for path in (tiny.root / FROZEN).rglob("*") if path.is_file()}
    assert release(tiny) is None
    assert {path: path.read_bytes() for path in (tiny.root / FROZEN).rglob("*") if path.is_file()} == before


def test_releases_are_listed_in_the_order_of_their_versions(tiny: TinyRepository) -> None:
    for version, before in (("1.9.0", "1.0.0"), ("1.10.0", "1.9.0")):
        tiny.replace("products/demo/product.yaml", before, version)
        tiny.replace("products/demo/CHANGELOG.md", f"## {before}", f"## {version}")
        release(tiny)
    assert [each.version for each in load_releases(tiny.load().product("demo"))] == ["1.9.0", "1.10.0"]


def test_a_frozen_template_that_was_edited_is_a_finding(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace(f"{FROZEN}/template.yaml", "Default: demo", "Default: demos")
    (text,) = [each for each in found(tiny) if "frozen" in each]
    assert text.startswith(f"{FROZEN}/template.yaml: a frozen file has changed: sha256 ")
    assert text.endswith(
        f"\n  → restore it from the history: `git checkout -- {FROZEN}`; a change goes into a new version"
    )


def test_a_manifest_edited_to_fit_an_edited_template_is_a_finding(tiny: TinyRepository) -> None:
    release(tiny)
    manifest = json.loads((tiny.root / FROZEN / "manifest.json").read_text())
    manifest["template"]["sha256"] = "0" * 64
    tiny.write(f"{FROZEN}/manifest.json", json.dumps(manifest))
    assert found(tiny) == [
        f"{FROZEN}/manifest.json: a frozen manifest has changed\n"
        f"  → restore it from the history: `git checkout -- {FROZEN}`; a change goes into a new version"
    ]


def test_a_frozen_file_that_is_missing_or_new_is_a_finding(tiny: TinyRepository) -> None:
    release(tiny)
    (tiny.root / FROZEN / "template.yaml").rename(tiny.root / FROZEN / "other.yaml")
    texts = found(tiny)
    assert texts[0].startswith(f"{FROZEN}/template.yaml: a frozen file is missing\n")
    assert f"{FROZEN}/other.yaml: a file that the release does not have\n  → remove it" in texts


def test_a_manifest_that_is_not_json_is_a_finding_not_a_crash(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.write(f"{FROZEN}/manifest.json", "{")
    assert found(tiny)[0].startswith(f"{FROZEN}/manifest.json: not a manifest\n")


def test_a_rendering_that_differs_under_the_same_version_is_a_finding(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace(SOURCE, "Default: demo", "Default: other")
    assert found(tiny) == [
        f"{SOURCE}:6: the rendering differs from release 1.0.0, which has the same version\n"
        "  → set a new version in products/demo/product.yaml, then `build.py release demo`"
    ]
    with pytest.raises(KnownError):
        release(tiny)


def test_a_new_version_may_differ(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace(SOURCE, "Default: demo", "Default: other")
    tiny.replace("products/demo/product.yaml", "1.0.0", "1.0.1")
    tiny.replace("products/demo/CHANGELOG.md", "## 1.0.0", "## 1.0.1\n\n- Another default.\n\n## 1.0.0")
    made = release(tiny)
    assert made is not None and made.manifest.notes == "Another default."


def test_a_version_older_than_the_newest_release_is_a_finding(tiny: TinyRepository) -> None:
    release(tiny)
    tiny.replace("products/demo/product.yaml", "1.0.0", "0.9.0")
    assert found(tiny) == [
        "products/demo/product.yaml: version 0.9.0 is older than the newest release, 1.0.0\n"
        "  → set a version after 1.0.0"
    ]


def test_a_release_without_a_changelog_entry_is_refused(tiny: TinyRepository) -> None:
    tiny.replace("products/demo/product.yaml", "1.0.0", "1.1.0")
    with pytest.raises(KnownError) as caught:
        release(tiny)
    assert str(caught.value) == (
        "products/demo/CHANGELOG.md: no entry for version 1.1.0\n  → write `## 1.1.0` and what a lead sees change"
    )


def test_a_release_cut_off_half_way_leaves_no_version_behind(tiny: TinyRepository) -> None:
    tiny.write("products/demo/releases/.1.0.0.unfinished/template.yaml", "half\n")
    assert load_releases(tiny.load().product("demo")) == ()
    assert release(tiny) is not None
    assert not (tiny.root / "products/demo/releases/.1.0.0.unfinished").exists()


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("", ": rendered: not a template: it has no section Resources\n  → state the resources that it makes"),
        ("- a\n", ":1: rendered: not a template: it has no section Resources\n  → state the resources that it makes"),
        ("Resources:\n", ":1: rendered: section Resources is no mapping\n  → fill it, or leave it out"),
        ("Resources:\n  A: x\n", ":2: rendered: A in Resources is no mapping\n  → give it its keys, indented"),
        (
            "Resources:\n  A:\n    DeletionPolicy: Retain\n",
            ":3: rendered: resource A has no Type\n  → state its Type",
        ),
    ],
)
def test_what_is_no_template_is_never_frozen(tiny: TinyRepository, template: str, told: str) -> None:
    tiny.write(SOURCE, template)
    with pytest.raises(KnownError) as caught:
        release(tiny)
    assert str(caught.value) == f"{SOURCE}{told}"
    assert not (tiny.root / "products/demo/releases").exists()


def test_a_release_that_lost_its_manifest_is_a_finding_and_not_forgotten(tiny: TinyRepository) -> None:
    release(tiny)
    (tiny.root / FROZEN / "manifest.json").unlink()
    assert found(tiny) == [
        f"{FROZEN}/manifest.json: a frozen file is missing\n"
        f"  → restore it from the history: `git checkout -- {FROZEN}`; a change goes into a new version"
    ]


@pytest.mark.parametrize("path", ["notes.md", "v1/template.yaml"])
def test_what_is_no_release_does_not_lie_among_them(tiny: TinyRepository, path: str) -> None:
    tiny.write(f"products/demo/releases/{path}", "x")
    assert found(tiny) == [
        f"products/demo/releases/{path.partition('/')[0]}: not a release\n"
        "  → remove it; `build.py release` alone writes here"
    ]


def test_a_release_whose_folder_was_deleted_is_made_again_with_the_same_bytes(tiny: TinyRepository) -> None:
    release(tiny)
    before = (tiny.root / FROZEN / "manifest.json").read_bytes()
    shutil.rmtree(tiny.root / FROZEN)
    release(tiny)
    assert (tiny.root / FROZEN / "manifest.json").read_bytes() == before


def test_a_changelog_that_is_not_utf8_is_told(tiny: TinyRepository) -> None:
    (tiny.root / "products/demo/CHANGELOG.md").write_bytes(b"## 1.0.0\n\xe9\n")
    with pytest.raises(KnownError) as caught:
        release(tiny)
    assert str(caught.value) == "products/demo/CHANGELOG.md: not UTF-8 at byte 9\n  → save it as UTF-8"
