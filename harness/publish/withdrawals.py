"""Which step a version's withdrawal takes next, and product.yaml with it written down. Touches no account."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.catalog.load import LoadedProduct
from harness.catalog.model import Withdrawal
from harness.errors import Finding, KnownError, Place, known_error
from harness.publish.desired import Usage

_NEXT: Mapping[Withdrawal | None, Withdrawal] = {None: "deprecated", "deprecated": "inactive", "inactive": "deleted"}
_BLOCK = re.compile(r"^withdrawn:[^\n]*\n(?:[ \t]+[^\n]*\n|\n(?=[ \t]))*", re.MULTILINE)
_SHOWN = 5


def next_steps(
    product: LoadedProduct, released: tuple[str, ...], versions: tuple[str, ...], usage: Usage
) -> dict[str, Withdrawal]:
    """Version → its next state, for each of `versions`.

    Raises KnownError for a version that was never released or is gone already, and where its users, or nobody's knowing
    of them, forbid the step and it is not overruled by name.
    """
    place = Place(f"{product.path}/product.yaml")
    steps: dict[str, Withdrawal] = {}
    findings = []
    for version in versions:
        if version not in released:
            there = f"there are: {', '.join(released) or 'none'}"
            findings.append(Finding(place, f"no release {version} of {product.name}", there))
            continue
        state = product.spec.withdrawn.get(version)
        if state == "deleted":
            problem = f"version {version} of {product.name} is withdrawn for good already"
            findings.append(Finding(place, problem, "`build.py publish`"))
            continue
        steps[version] = _NEXT[state]
        findings += _forbids(product.name, version, steps[version], usage, place)
    if findings:
        raise KnownError(*findings)
    return steps


def _forbids(product: str, version: str, step: Withdrawal, usage: Usage, place: Place) -> list[Finding]:
    if step == "deprecated" or f"{product}/{version}" in usage.forced:
        return []
    force = f"`--force {product}/{version}`"
    inventory = usage.inventory
    users = [who for name, who in inventory.users(product) if name == version] if inventory else []
    if users:
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        problem = f"version {version} of {product} cannot be {step}: in use by {', '.join(users[:_SHOWN])}{more}"
        return [Finding(place, problem, f"move them to another version first; or {force}")]
    if step == "deleted" and not usage.taken:
        problem = (
            f"version {version} of {product} cannot be deleted: no complete inventory says whether somebody uses it"
        )
        return [Finding(place, problem, f"record the inventory first; or {force}")]
    return []


def written(product: LoadedProduct, text: str, steps: Mapping[str, Withdrawal]) -> str:
    """product.yaml's text with those withdrawals. Raises KnownError where its own cannot be found in it."""
    withdrawn = {**product.spec.withdrawn, **steps}
    block = "withdrawn:\n" + "".join(f"  {version}: {state}\n" for version, state in withdrawn.items())
    text = text if text.endswith("\n") else f"{text}\n"
    found = _BLOCK.search(text)
    if found:
        return text[: found.start()] + block + text[found.end() :]
    if product.spec.withdrawn:
        place = f"{product.path}/product.yaml"
        raise known_error(place, "withdrawn is not written as a key of its own", "write it as `withdrawn:` on a line")
    return text + block
