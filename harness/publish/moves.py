"""Which provisioned products move to a version, and in which order. Decides from an inventory; calls nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from harness.catalog.load import LoadedProduct
from harness.catalog.model import SEMVER
from harness.catalog.versions import version_key
from harness.errors import known_error
from harness.publish.inventory import Inventory, Provisioned

_ORDER = ("dev", "preprod")  # then all others: what is served is moved last


@dataclass(frozen=True)
class Chosen:
    """What is chosen among the provisioned products of one product; what is empty chooses all."""

    accounts: Collection[str] = ()
    regions: Collection[str] = ()
    names: Collection[str] = ()
    versions: Collection[str] = ()

    def __contains__(self, each: Provisioned) -> bool:
        pairs = (
            (self.accounts, each.account),
            (self.regions, each.region),
            (self.names, each.name),
            (self.versions, each.version),
        )
        return all(not wanted or value in wanted for wanted, value in pairs)


@dataclass(frozen=True)
class Moves:
    """`moving` go to the version; `newer` are beyond it and stay; `unknown` have a version whose order nobody knows."""

    moving: tuple[Provisioned, ...]
    newer: tuple[Provisioned, ...]
    unknown: tuple[Provisioned, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are left, oldest first."""
        return tuple(sorted({each.version for each in self.moving}, key=version_key))


def demand_target(product: LoadedProduct, released: Iterable[str], wanted: str | None) -> str:
    """The version to move to: the one named, or the newest that is not withdrawn. Raises KnownError."""
    released = tuple(released)
    withdrawn = product.spec.withdrawn
    if wanted is None:
        offered = [each for each in released if each not in withdrawn]
        if not offered:
            problem = f"{product.name} has no release to move to{', for each is withdrawn' if released else ''}"
            raise known_error(f"{product.path}/releases", problem, f"`build.py release {product.name}`")
        return max(offered, key=version_key)
    if wanted not in released:
        there = f"there are: {', '.join(released) or 'none'}"
        raise known_error(f"{product.path}/releases", f"{product.name} has no release {wanted}", there)
    if wanted in withdrawn:
        problem = f"version {wanted} of {product.name} is withdrawn ({withdrawn[wanted]})"
        raise known_error(f"{product.path}/product.yaml", problem, "move to one that stays")
    return wanted


def choose(inventory: Inventory, product: str, target: str, chosen: Chosen) -> Moves:
    """Everything of `product` that is chosen and not on `target` yet."""
    moving, newer, unknown = [], [], []
    for each in inventory.provisioned:
        if each.product != product or each.version == target or each not in chosen:
            continue
        if not SEMVER.fullmatch(each.version):
            unknown.append(each)
        elif version_key(each.version) > version_key(target):
            newer.append(each)
        else:
            moving.append(each)
    return Moves(tuple(moving), tuple(newer), tuple(unknown))


def waves(moving: Iterable[Provisioned], environments: Mapping[str, str]) -> tuple[tuple[Provisioned, ...], ...]:
    """One group after the other: development, then pre-production, then the rest. `environments` by account."""
    groups: dict[int, list[Provisioned]] = {}
    for each in moving:
        environment = environments.get(each.account, "")
        rank = _ORDER.index(environment) if environment in _ORDER else len(_ORDER)
        groups.setdefault(rank, []).append(each)
    return tuple(tuple(groups[rank]) for rank in sorted(groups))
