"""What the service-managed stack set of the spokes' foundation needs, decided from frozen data. Calls nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.catalog.load import Repository
from harness.catalog.render import render_foundation
from harness.cfn.template import parse_template
from harness.errors import Finding, Place, known_error

NAME = "platform-spoke"
ROWS = 200  # of a mapping in a template: a quota of CloudFormation, and each account has a row


@dataclass(frozen=True)
class Wanted:
    """A stack set as it should be. `regions`: the home region first, for IAM is made there."""

    name: str
    template: str
    units: tuple[str, ...]
    regions: tuple[str, ...]
    accounts: int  # that catalog.yaml names in those units
    parameters: tuple[tuple[str, str], ...] = ()  # to be set anew; others keep their values


@dataclass(frozen=True)
class Instance:
    """A stack of the set. `status`: CURRENT, OUTDATED or INOPERABLE."""

    account: str
    region: str
    unit: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class LiveStackSet:
    """A stack set that is there. `parameters`: the names of those that it sets."""

    template: str
    parameters: tuple[str, ...]
    auto_deployment: bool
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Create:
    """Make the stack set, without stacks as yet."""

    name: str
    accounts: int

    def __str__(self) -> str:
        return f"create stack set {self.name}, for {self.accounts} accounts"


@dataclass(frozen=True)
class Update:
    """Change the stack set and every stack of it. `kept`: parameters that keep their value."""

    name: str
    reasons: tuple[str, ...]
    kept: tuple[str, ...]

    def __str__(self) -> str:
        return f"update stack set {self.name}: {', '.join(self.reasons)}"


@dataclass(frozen=True)
class Deploy:
    """Deploy it to whole units, which get it for accounts that join later too."""

    name: str
    units: tuple[str, ...]
    regions: tuple[str, ...]

    def __str__(self) -> str:
        return f"deploy {self.name} to {', '.join(self.units)} in {', '.join(self.regions)}"


SetAction = Create | Update | Deploy


def wanted_stack_sets(
    repository: Repository, by_unit: bool, parameters: tuple[tuple[str, str], ...] = ()
) -> tuple[Wanted, ...]:
    """One stack set for all units, or one for each. Raises KnownError for more accounts than a template may name, and
    for a parameter that it does not have."""
    catalog = repository.catalog
    units = tuple(sorted({team.organizational_unit for team in catalog.landscape.teams}))
    groups = [(f"{NAME}-{unit}", (unit,)) for unit in units] if by_unit else [(NAME, units)] if units else []
    return tuple(_wanted(repository, name, chosen, parameters) for name, chosen in groups)


def _wanted(
    repository: Repository, name: str, units: tuple[str, ...], parameters: tuple[tuple[str, str], ...]
) -> Wanted:
    catalog = repository.catalog
    landscape = catalog.landscape
    teams = tuple(each for each in landscape.teams if each.organizational_unit in units)
    accounts = sum(len(each.accounts) for each in teams)
    if accounts > ROWS:
        problem = f"stack set {name} would serve {accounts} accounts, and a template can tell {ROWS} apart"
        remedy = f"spread the teams over units of at most {ROWS} accounts, then `build.py spokes --by-unit`"
        raise known_error("catalog.yaml", problem, remedy)
    narrowed = landscape.model_copy(update={"teams": teams})
    part = replace(repository, catalog=catalog.model_copy(update={"landscape": narrowed}))
    template = render_foundation(part, "spoke").text
    declared = parse_template(template).parameters
    for key, _ in parameters:
        if key not in declared:
            raise known_error("--parameter", f"the foundation has no {key}", f"there are: {', '.join(declared)}")
    return Wanted(name, template, units, catalog.regions, accounts, parameters)


def plan_stack_set(wanted: Wanted, live: LiveStackSet | None) -> tuple[SetAction, ...]:
    """What to do, in order; nothing where every stack is current."""
    if live is None:
        return Create(wanted.name, wanted.accounts), Deploy(wanted.name, wanted.units, wanted.regions)
    actions: list[SetAction] = []
    reasons = tuple(_reasons(wanted, live))
    if reasons:
        declared = parse_template(wanted.template).parameters
        given = dict(wanted.parameters)
        kept = tuple(each for each in live.parameters if each in declared and each not in given)
        actions.append(Update(wanted.name, reasons, kept))
    there = {(each.unit, each.region) for each in live.instances}
    missing: dict[tuple[str, ...], list[str]] = {}
    for unit in wanted.units:
        absent = tuple(region for region in wanted.regions if (unit, region) not in there)
        if absent:
            missing.setdefault(absent, []).append(unit)
    actions += [Deploy(wanted.name, tuple(units), regions) for regions, units in missing.items()]
    return tuple(actions)


def _reasons(wanted: Wanted, live: LiveStackSet) -> Iterator[str]:
    if live.template != wanted.template:
        yield "the template has changed"
    if wanted.parameters:
        yield f"parameters are set: {', '.join(key for key, _ in wanted.parameters)}"
    if not live.auto_deployment:
        yield "accounts that join a unit do not get it by themselves"
    stale = sum(1 for each in live.instances if each.status != "CURRENT")
    if stale:
        yield f"{stale} of {len(live.instances)} stacks are not current"


def problems(name: str, instances: tuple[Instance, ...]) -> tuple[Finding, ...]:
    """The stacks that are not current, each with the reason that CloudFormation gives."""
    remedy = "correct what it names (an account that catalog.yaml does not name?), then run `build.py spokes` again"
    return tuple(
        Finding(
            Place(f"account {each.account} in {each.region}"),
            f"the stack of {name} is {each.status.lower()}: {each.reason or 'no reason given'}",
            remedy,
        )
        for each in instances
        if each.status != "CURRENT"
    )
