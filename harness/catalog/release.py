"""Freezes versions, and proves that they stay so: releases/<version>/ holds template, assets and a sealed manifest.

Everything after a release works from these bytes. Nothing here decides which version step a change needs.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import cfn_flip
from pydantic import Field

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.model import SEMVER, Model, Semver, Slug, parameter_text
from harness.catalog.render import Rendered, render_launch_policy, render_product
from harness.catalog.shape import demand_template
from harness.catalog.versions import version_key
from harness.catalog.yamlfile import read_text
from harness.errors import Finding, KnownError, Place, known_error

MANIFEST = "manifest.json"
TEMPLATE = "template.yaml"
_RESTORE = "restore it from the history: `git checkout -- {path}`; a change goes into a new version"


class FrozenTemplate(Model):
    """Digest and size of template.yaml."""

    sha256: str
    bytes: int


class FrozenAsset(Model):
    """One archive under assets/. `key` is its S3 key in the hub; `source` the file or folder it was made of."""

    key: str
    sha256: str
    bytes: int
    source: str


class Interface(Model):
    """What a launcher can see, and what an update must not lose.

    `parameters`: name → the template's declaration without description; `outputs`: names; `resources`: logical id →
    type of those that CloudFormation keeps when the stack lets go of them, because they hold data.
    """

    parameters: dict[str, dict[str, Any]]
    outputs: Annotated[tuple[str, ...], Field(strict=False)]
    resources: dict[str, str]


class FrozenExample(Model):
    """An example as it was: parameters that a lead may have launched the version with, as CloudFormation takes them."""

    parameters: dict[str, str]
    needs: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Manifest(Model):
    """manifest.json. `seal` is the SHA-256 of everything else in it: the manifest cannot change unseen either.

    `examples` and `launch_policy` (the statements of the launch role, in long form) are None in releases that were made
    before they were recorded.
    """

    format: Literal[1]
    product: Slug
    version: Semver
    notes: str
    template: FrozenTemplate
    assets: Annotated[tuple[FrozenAsset, ...], Field(strict=False)]
    interface: Interface
    examples: dict[str, FrozenExample] | None = None
    launch_policy: list[Any] | None = None
    seal: str


@dataclass(frozen=True)
class Release:
    """A frozen version. `path` is its folder relative to the repository root."""

    manifest: Manifest
    folder: Path
    path: str

    @property
    def version(self) -> str:
        return self.manifest.version

    def template(self) -> str:
        """The frozen template."""
        return (self.folder / TEMPLATE).read_text(encoding="utf-8")

    def asset(self, asset: FrozenAsset) -> bytes:
        """The bytes of a frozen archive."""
        return (self.folder / asset.key).read_bytes()


def load_releases(product: LoadedProduct) -> tuple[Release, ...]:
    """The product's releases, oldest first. Raises KnownError where a manifest cannot be read."""
    folder = product.folder / "releases"
    if folder.exists() and not folder.is_dir():
        raise known_error(f"{product.path}/releases", "not a folder", "remove it")
    # An empty folder is what git leaves of one; anything else that stands there claims to be a version.
    folders = sorted(each for each in folder.glob("[!.]*") if each.is_file() or any(each.iterdir()))
    releases = [_load(product, each) for each in folders]
    return tuple(sorted(releases, key=lambda each: version_key(each.version)))


def _load(product: LoadedProduct, folder: Path) -> Release:
    path = f"{product.path}/releases/{folder.name}"
    if not SEMVER.fullmatch(folder.name) or not folder.is_dir():
        raise known_error(path, "not a release", "remove it; `build.py release` alone writes here")
    if not (folder / MANIFEST).is_file():
        raise known_error(f"{path}/{MANIFEST}", "a frozen file is missing", _RESTORE.format(path=path))
    try:
        manifest = Manifest.model_validate(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except ValueError:  # of JSON, and pydantic's own, which is one
        finding = Finding(Place(f"{path}/{MANIFEST}"), "not a manifest", _RESTORE.format(path=path))
        raise KnownError(finding) from None
    return Release(manifest, folder, path)


def freeze(repository: Repository, product: LoadedProduct) -> Release | None:
    """Freeze the version that product.yaml states; None where it is frozen with these bytes already.

    Raises KnownError where something frozen has changed, a newer version is released, or CHANGELOG.md has no entry.
    """
    findings = verify(repository, product.name)
    if findings:
        raise KnownError(*findings)
    if any(each.version == product.version for each in load_releases(product)):
        return None
    rendered = render_product(repository, product.name)
    demand_template(rendered)
    manifest = _manifest(product, rendered, notes_of(product), launch_policy_of(repository, product))
    folder = product.folder / "releases" / product.version
    unfinished = folder.with_name(f".{product.version}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "assets").mkdir(parents=True)
    (unfinished / TEMPLATE).write_bytes(rendered.text.encode())
    for asset in rendered.assets:
        (unfinished / asset.key).write_bytes(asset.content)
    if not rendered.assets:
        (unfinished / "assets").rmdir()
    text = json.dumps(_dump(manifest), indent=2, ensure_ascii=False)
    (unfinished / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    unfinished.rename(folder)  # a version is there whole or not at all
    return Release(manifest, folder, f"{product.path}/releases/{product.version}")


def _manifest(product: LoadedProduct, rendered: Rendered, notes: str, launch_policy: list[Any] | None) -> Manifest:
    unsealed = Manifest(
        format=1,
        product=product.name,
        version=product.version,
        notes=notes,
        template=FrozenTemplate(sha256=rendered.sha256, bytes=len(rendered.text.encode())),
        assets=tuple(
            FrozenAsset(key=asset.key, sha256=asset.sha256, bytes=len(asset.content), source=asset.source)
            for asset in rendered.assets
        ),
        interface=interface(rendered.text),
        examples=examples_of(product),
        launch_policy=launch_policy,
        seal="",
    )
    return unsealed.model_copy(update={"seal": _seal(unsealed)})


def _seal(manifest: Manifest) -> str:
    rest = {key: value for key, value in _dump(manifest).items() if key != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _dump(manifest: Manifest) -> dict[str, Any]:
    """The manifest as data, without what its release did not record yet: older seals hold."""
    unrecorded = {name for name in ("examples", "launch_policy") if getattr(manifest, name) is None}
    return manifest.model_dump(mode="json", exclude=unrecorded)


def examples_of(product: LoadedProduct) -> dict[str, FrozenExample]:
    """The examples of the working tree, as a release records them."""
    return {
        each.name: FrozenExample(
            parameters={name: parameter_text(value) for name, value in each.spec.parameters.items()},
            needs=each.spec.needs,
        )
        for each in product.examples
    }


def launch_policy_of(repository: Repository, product: LoadedProduct) -> list[Any] | None:
    """The statements of the launch role in the working tree; None where the product has none. Raises KnownError."""
    if not (repository.root / product.launch_policy_path).is_file():
        return None
    rendered = render_launch_policy(repository, product.name)
    data, _ = cfn_flip.load(rendered.text)
    return json.loads(json.dumps(data, default=str)) if isinstance(data, list) else None


def interface(template: str) -> Interface:
    """What a launcher can see of a rendered template."""
    data, _ = cfn_flip.load(template)
    return Interface(
        parameters={
            name: {key: value for key, value in declaration.items() if key != "Description"}
            for name, declaration in data.get("Parameters", {}).items()
        },
        outputs=tuple(data.get("Outputs", {})),
        resources={
            logical_id: resource["Type"]
            for logical_id, resource in data.get("Resources", {}).items()
            if resource.get("DeletionPolicy", "Delete") != "Delete"
        },
    )


def notes_of(product: LoadedProduct) -> str:
    """The first line of the version's entry in CHANGELOG.md. Raises KnownError where there is none."""
    changelog = product.folder / "CHANGELOG.md"
    lines = read_text(product.folder.parents[1], changelog).splitlines() if changelog.is_file() else []
    heading = re.compile(rf"## \[?{re.escape(product.version)}\]?(\s|$)")
    inside = False
    for line in lines:
        if inside and (text := line.strip().lstrip("-* ")) and not text.startswith("#"):
            return text
        if line.startswith("## "):
            inside = bool(heading.match(line))
    problem = f"no entry for version {product.version}"
    remedy = f"write `## {product.version}` and what a lead sees change"
    raise known_error(f"{product.path}/CHANGELOG.md", problem, remedy)


def verify(repository: Repository, name: str) -> tuple[Finding, ...]:
    """What is wrong with the releases: frozen files that changed, a rendering that differs under the same version."""
    product = repository.product(name)
    try:
        releases = load_releases(product)
    except KnownError as error:
        return error.findings
    findings = [finding for release in releases for finding in damages(product, release)]
    return tuple(findings or _against_newest(repository, product, releases))


def damages(product: LoadedProduct, release: Release) -> list[Finding]:
    """What is no longer as it was frozen: changed, missing and additional files."""
    manifest = release.manifest
    remedy = _RESTORE.format(path=release.path)
    if manifest.seal != _seal(manifest) or manifest.product != product.name or manifest.version != release.folder.name:
        return [Finding(Place(f"{release.path}/{MANIFEST}"), "a frozen manifest has changed", remedy)]
    frozen = {TEMPLATE: manifest.template.sha256, **{asset.key: asset.sha256 for asset in manifest.assets}}
    findings = []
    for name, sha256 in frozen.items():
        path = release.folder / name
        place = Place(f"{release.path}/{name}")
        if not path.is_file():
            findings.append(Finding(place, "a frozen file is missing", remedy))
        elif (now := hashlib.sha256(path.read_bytes()).hexdigest()) != sha256:
            problem = f"a frozen file has changed: sha256 {now[:12]}…, released as {sha256[:12]}…"
            findings.append(Finding(place, problem, remedy))
    there = {path.relative_to(release.folder).as_posix() for path in release.folder.rglob("*") if path.is_file()}
    findings += [
        Finding(Place(f"{release.path}/{name}"), "a file that the release does not have", "remove it")
        for name in sorted(there - {MANIFEST, *frozen})
    ]
    return findings


def _against_newest(repository: Repository, product: LoadedProduct, releases: tuple[Release, ...]) -> list[Finding]:
    if not releases:
        return []
    newest = releases[-1]
    place = Place(f"{product.path}/product.yaml")
    if version_key(product.version) < version_key(newest.version):
        problem = f"version {product.version} is older than the newest release, {newest.version}"
        return [Finding(place, problem, f"set a version after {newest.version}")]
    if product.version != newest.version:
        return []
    rendered = render_product(repository, product.name)
    if rendered.sha256 == newest.manifest.template.sha256:
        return []
    line = _first_difference(rendered.text, newest.template())
    problem = f"the rendering differs from release {newest.version}, which has the same version"
    remedy = f"set a new version in {place.path}, then `build.py release {product.name}`"
    return [Finding(rendered.source_line(line), problem, remedy)]


def _first_difference(text: str, frozen: str) -> int:
    """The 1-based line of `text` where the two begin to differ."""
    ours, theirs = text.splitlines(), frozen.splitlines()
    same = next((index for index, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    return (min(len(ours), len(theirs)) if same is None else same) + 1
