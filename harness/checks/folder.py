"""What a product's folder must hold besides its template, for the people who launch and keep it. Judges no text."""

from __future__ import annotations

from dataclasses import replace

import yaml

from harness.catalog.load import LoadedProduct
from harness.catalog.release import notes_of
from harness.catalog.yamlfile import read_text
from harness.errors import Finding, KnownError, Place

EXAMPLES = 3  # defaults; every option on; the opposite choices
RULE = "E9060"


def incomplete(product: LoadedProduct) -> tuple[Finding, ...]:
    """What is missing: README, a changelog entry for the version, examples, the launch role's policy."""
    found = (*_readme(product), *_changelog(product), *_launch(product), *_examples(product))
    return tuple(replace(each, rule=RULE) for each in found)


def _readme(product: LoadedProduct) -> tuple[Finding, ...]:
    readme = product.folder / "README.md"
    try:
        text = read_text(product.folder.parents[1], readme) if readme.is_file() else ""
    except KnownError as error:
        return error.findings
    if text.strip():
        return ()
    remedy = "say what it gives and costs, which parameters to know, how to update and remove it"
    return (Finding(Place(f"{product.path}/README.md"), "there is no README", remedy),)


def _changelog(product: LoadedProduct) -> tuple[Finding, ...]:
    try:
        notes_of(product)
    except KnownError as error:
        return error.findings
    return ()


def _launch(product: LoadedProduct) -> tuple[Finding, ...]:
    path = product.folder.parents[1] / product.launch_policy_path
    problem = "" if path.is_file() else "the launch role has no policy"
    if not problem and not _is_list(read_text(product.folder.parents[1], path)):
        problem = "the launch role's policy is no list of statements"
    remedy = f"run `build.py roles {product.name}`, which writes what its launch needs"
    return (Finding(Place(product.launch_policy_path), problem, remedy),) if problem else ()


def _is_list(text: str) -> bool:
    try:
        return isinstance(yaml.compose(text), yaml.SequenceNode)
    except yaml.YAMLError:
        return False


def _examples(product: LoadedProduct) -> list[Finding]:
    found = []
    if len(product.examples) < EXAMPLES:
        problem = f"{len(product.examples)} of at least {EXAMPLES} examples"
        remedy = "add them: the defaults, every option on, the opposite choices"
        found.append(Finding(Place(f"{product.path}/examples"), problem, remedy))
    seen: dict[str, str] = {}
    for example in product.examples:
        same = seen.setdefault(repr(sorted(example.spec.parameters.items(), key=str)), example.name)
        if same != example.name:
            problem = f"the same parameters as {same}"
            found.append(Finding(Place(example.path), problem, "an example shows what no other does"))
    return found
