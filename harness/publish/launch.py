"""What a launch, an update or a set of launches comes down to, decided from frozen data. Calls nobody."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.catalog.model import SEMVER
from harness.catalog.versions import version_key
from harness.errors import Finding, KnownError, Place, known_error

SET_TAG = "platform:for-each"
PROVISIONED_NAME = r"[a-zA-Z0-9][a-zA-Z0-9._-]*"  # ProvisionedProductName in the API model, up to 128 characters


@dataclass(frozen=True)
class OfferedVersion:
    """A version as a launcher sees it: only active ones are seen."""

    id: str
    name: str
    guidance: str  # DEFAULT, DEPRECATED


@dataclass(frozen=True)
class Parameter:
    """A parameter of a version. `default` is None where the launcher has to give a value."""

    name: str
    default: str | None
    allowed: tuple[str, ...] = ()  # values; empty where any will do


@dataclass(frozen=True)
class Offer:
    """A product that the caller may launch, by one launch path."""

    place: str
    product: str  # the catalog's name
    product_id: str
    path_id: str
    versions: tuple[OfferedVersion, ...]


@dataclass(frozen=True)
class Provisioned:
    """A provisioned product that is there. `parameters` are those its stack has, names of SSM parameters unresolved."""

    id: str
    name: str
    product_id: str
    version_id: str
    status: str  # AVAILABLE, UNDER_CHANGE, TAINTED, ERROR, PLAN_IN_PROGRESS
    set_name: str  # of the file that manages it; empty for others
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of one request: a record's end."""

    name: str
    action: str  # launch, update, terminate
    record_id: str
    outputs: tuple[tuple[str, str, str], ...] = ()  # key, value, description
    failures: tuple[Finding, ...] = ()
    schema_only: tuple[str, ...] = ()  # resource types with nothing real behind them in the emulator; none at AWS


def choose_version(offer: Offer, wanted: str | None, new: bool) -> OfferedVersion:
    """The version named, or the newest. A deprecated one takes no new launch. Raises KnownError."""
    if wanted is not None:
        found = [each for each in offer.versions if each.name == wanted]
        if not found:
            there = ", ".join(each.name for each in offer.versions) or "none"
            raise known_error(
                offer.place, f"{offer.product} has no active version {wanted} there", f"choose one of: {there}"
            )
        if new and found[0].guidance == "DEPRECATED":
            raise known_error(
                offer.place,
                f"version {wanted} of {offer.product} is deprecated: it takes no new launch",
                "leave out --version to take the newest",
            )
        return found[0]
    open_ones = [each for each in offer.versions if each.guidance != "DEPRECATED" and SEMVER.fullmatch(each.name)]
    if not open_ones:
        raise known_error(
            offer.place,
            f"{offer.product} has no version that may be launched there",
            "release a newer one and `build.py publish`",
        )
    return max(open_ones, key=lambda each: version_key(each.name))


def check_parameters(place: Place, given: Mapping[str, str], known: Sequence[Parameter], complete: bool) -> None:
    """Raises KnownError for parameters that the version does not have or whose value it does not allow.

    If `complete`, for those without a value too. `place` is where they were given.
    """
    names = [each.name for each in known]
    findings = []
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            remedy = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names) or 'none'}"
            findings.append(Finding(place, f"no parameter '{name}' in this version", remedy))
    for each in known if complete else ():
        if each.default is None and each.name not in given:
            problem = f"parameter {each.name} has no value and no default"
            findings.append(Finding(place, problem, f"give it (--parameter {each.name}=VALUE, or a line in the file)"))
    for each in known:
        if each.allowed and each.name in given and given[each.name] not in each.allowed:
            problem = f"parameter {each.name} does not allow '{given[each.name]}'"
            findings.append(Finding(place, problem, f"choose one of: {', '.join(each.allowed)}"))
    if findings:
        raise KnownError(*findings)


def update_parameters(
    given: Mapping[str, str], before: Iterable[str], after: Iterable[Parameter]
) -> tuple[tuple[str, str | None], ...]:
    """The parameters of an update: what is given, else the previous value (None), else the new version's default."""
    had = set(before)
    return tuple((each.name, given.get(each.name)) for each in after if each.name in given or each.name in had)


@dataclass(frozen=True)
class Wanted:
    """One line of a file of launches."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    place: Place = field(default_factory=lambda: Place("launches"), compare=False)  # for what is wrong with it


Change = Literal["launch", "update", "terminate", "keep"]


@dataclass(frozen=True)
class SetAction:
    """What to do with one provisioned product. `parameters` are complete: a value for each that has one."""

    change: Change
    name: str
    reason: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SetPlan:
    """A file of launches against what is there. `refused`: names that belong to somebody else, left alone."""

    actions: tuple[SetAction, ...]
    refused: tuple[Finding, ...]

    @property
    def changes(self) -> tuple[SetAction, ...]:
        return tuple(each for each in self.actions if each.change != "keep")

    @property
    def terminations(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.actions if each.change == "terminate")


def plan_set(
    set_name: str,
    wanted: Sequence[Wanted],
    there: Sequence[Provisioned],
    offer: Offer,
    version: OfferedVersion,
    known: Sequence[Parameter],
) -> SetPlan:
    """New names are launched, changed ones updated, those gone from the file terminated; nothing else is touched.

    What the file leaves out takes the version's default, so that a removed line goes back to it. `there` is every
    provisioned product of the account that the caller sees; the set's own carry its name in the tag `SET_TAG`.
    """
    defaults = {each.name: each.default for each in known if each.default is not None}
    by_name = {each.name: each for each in there}
    actions: list[SetAction] = []
    refused: list[Finding] = []
    for each in wanted:
        parameters = tuple(sorted({**defaults, **dict(each.parameters)}.items()))
        live = by_name.get(each.name)
        if live is None:
            actions.append(SetAction("launch", each.name, f"version {version.name}", parameters))
        elif live.set_name != set_name or live.product_id != offer.product_id:
            owner = f"the set {live.set_name}" if live.set_name else "somebody else"
            problem = f"'{each.name}' is a provisioned product of {owner}"
            refused.append(Finding(Place(offer.place), problem, "choose another name in the file"))
        else:
            reason = _difference(live, parameters, version)
            change: Change = "update" if reason else "keep"
            actions.append(SetAction(change, each.name, reason or "up to date", parameters))
    names = {each.name for each in wanted}
    actions += [
        SetAction("terminate", each.name, "no longer in the file")
        for each in there
        if each.set_name == set_name and each.product_id == offer.product_id and each.name not in names
    ]
    return SetPlan(tuple(actions), tuple(refused))


def _difference(live: Provisioned, parameters: tuple[tuple[str, str], ...], version: OfferedVersion) -> str:
    reasons = [] if live.version_id == version.id else [f"to version {version.name}"]
    if live.status in ("ERROR", "TAINTED"):
        reasons.append(f"its last change ended as {live.status}")
    has = dict(live.parameters)
    reasons += [name for name, value in parameters if has.get(name) != value]
    return ", ".join(reasons)
