"""What a product's folder must hold besides its template, for the people who launch and keep it. Judges no text."""

from __future__ import annotations

import re

from harness.catalog.load import LoadedProduct
from harness.errors import Finding, Place

EXAMPLES = 3  # defaults; every option on; the opposite choices
RULE = "E9060"


def incomplete(product: LoadedProduct) -> tuple[Finding, ...]:
    """What is missing: README, a changelog entry for the version, examples, the launch role's policy."""
    return tuple(
        Finding(Place(f"{product.path}/{path}"), problem, remedy, RULE)
        for path, problem, remedy in (*_documents(product), *_launch(product), *_examples(product))
    )


def _documents(product: LoadedProduct) -> list[tuple[str, str, str]]:
    found = []
    readme = product.folder / "README.md"
    if not readme.is_file() or not readme.read_text(encoding="utf-8").strip():
        remedy = "say what it gives and costs, which parameters to know, how to update and remove it"
        found.append(("README.md", "there is no README", remedy))
    changelog = product.folder / "CHANGELOG.md"
    heading = re.compile(rf"^## \[?{re.escape(product.version)}\]?(\s|$)", re.MULTILINE)
    if not changelog.is_file() or not heading.search(changelog.read_text(encoding="utf-8")):
        remedy = f"write `## {product.version}` and what a lead sees change"
        found.append(("CHANGELOG.md", f"no entry for version {product.version}", remedy))
    return found


def _launch(product: LoadedProduct) -> list[tuple[str, str, str]]:
    if (product.folder / "launch-policy.yaml.j2").is_file():
        return []
    remedy = "write the statements that its launch needs; the foundation gives them to the launch role"
    return [("launch-policy.yaml.j2", "the launch role has no policy", remedy)]


def _examples(product: LoadedProduct) -> list[tuple[str, str, str]]:
    found = []
    if len(product.examples) < EXAMPLES:
        problem = f"{len(product.examples)} of at least {EXAMPLES} examples"
        found.append(("examples", problem, "add them: the defaults, every option on, the opposite choices"))
    seen: dict[str, str] = {}
    for example in product.examples:
        same = seen.setdefault(repr(sorted(example.spec.parameters.items(), key=str)), example.name)
        if same != example.name:
            name = f"examples/{example.name}.yaml"
            found.append((name, f"the same parameters as {same}", "an example shows what no other does"))
    return found
