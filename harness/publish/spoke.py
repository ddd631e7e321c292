"""What a spoke needs before a lead can launch: decided from frozen data. Calls nobody; see `spoke_gateway.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.catalog.contract import ContractParameter
from harness.catalog.load import Repository
from harness.catalog.model import REGISTRAR
from harness.errors import Finding, Place
from harness.publish.desired import persona_pattern
from harness.publish.model import CATALOG_TAG, PORTFOLIO_TAG, LivePortfolio, Portfolio, Share

REGISTRY = "registry"  # as team and environment of the registry's own account


@dataclass(frozen=True)
class SpokeAccount:
    """One account of a team, or the model registry's own, as the landscape names it."""

    account: str
    team: str
    environment: str
    organizational_unit: str


def spoke_accounts(repository: Repository) -> tuple[SpokeAccount, ...]:
    """Every spoke of the landscape, by team and environment; the registry's account too, where that is not the hub."""
    landscape = repository.catalog.landscape
    spokes = [
        SpokeAccount(account, team.name, environment, team.organizational_unit)
        for team in landscape.teams
        for environment, account in team.accounts.items()
    ]
    if landscape.registry.account != landscape.hub.account:
        spokes.append(SpokeAccount(landscape.registry.account, REGISTRY, REGISTRY, ""))
    return tuple(spokes)


@dataclass(frozen=True)
class Offered:
    """A portfolio of the hub, seen from one spoke. `by_account`: shared with this account and so to be accepted."""

    name: str
    id: str
    wanted: bool  # the catalog shares it with this account
    shared: bool
    by_account: bool
    shares_principals: bool


@dataclass(frozen=True)
class Needs:
    """What a spoke should have in one region."""

    spoke: SpokeAccount
    region: str
    offered: tuple[Offered, ...]
    principal_roles: tuple[str, ...]  # role names that may launch
    launch_roles: tuple[tuple[str, str], ...]  # (product, role name)
    parameters: tuple[ContractParameter, ...]


@dataclass(frozen=True)
class SpokeState:
    """What a spoke has in one region."""

    imported: frozenset[str]  # portfolio ids that can be used: accepted, or there by the organization
    principals: tuple[tuple[str, str], ...]  # (portfolio id, principal ARN)
    roles: tuple[tuple[str, str], ...]  # (role name, ARN) of those asked for that exist
    parameters: tuple[tuple[str, str, str], ...]  # (name, type, value) of those asked for that exist


@dataclass(frozen=True)
class AcceptShare:
    """Import a portfolio that is shared with the account itself."""

    portfolio: str
    portfolio_id: str

    def __str__(self) -> str:
        return f"accept the share of {self.portfolio}"


@dataclass(frozen=True)
class GrantPrincipal:
    """Let a role of the account (by ARN) launch from a portfolio."""

    portfolio: str
    portfolio_id: str
    role: str
    arn: str

    def __str__(self) -> str:
        return f"grant {self.portfolio} to {self.role}"


ImportAction = AcceptShare | GrantPrincipal


@dataclass(frozen=True)
class SpokePlan:
    """What to do in a spoke, and what only its baseline or the hub can give."""

    needs: Needs
    actions: tuple[ImportAction, ...]
    lacks: tuple[Finding, ...]


def spoke_needs(
    repository: Repository,
    spoke: SpokeAccount,
    region: str,
    portfolios: Iterable[Portfolio],
    live: Iterable[LivePortfolio],
    contract: Iterable[ContractParameter],
) -> Needs:
    """What `spoke` needs in `region` for those portfolios (as desired), given what the hub holds there."""
    registry = spoke.environment == REGISTRY
    wanted = tuple(each for each in portfolios if registry == _is_for_registry(each))
    ids = {tags[PORTFOLIO_TAG]: each for each in live if (tags := _tags_of(each, repository.catalog.catalog))}
    offered = tuple(_offered(each, ids.get(each.name), spoke) for each in wanted)
    return Needs(
        spoke=spoke,
        region=region,
        offered=offered,
        principal_roles=tuple(dict.fromkeys(each.arn.rsplit("/", 1)[-1] for p in wanted for each in p.principals)),
        launch_roles=tuple(dict.fromkeys(pair for each in wanted for pair in each.products)),
        parameters=tuple(
            each for each in contract if each.writer in ("spoke", "hub") and (not registry or each.in_registry)
        ),
    )


def _is_for_registry(portfolio: Portfolio) -> bool:
    """Whether only the registry's keeper may launch from it."""
    return all(each.arn == persona_pattern(REGISTRAR) for each in portfolio.principals)


def _tags_of(portfolio: LivePortfolio, catalog: str) -> dict[str, str]:
    tags = dict(portfolio.tags)
    return tags if tags.get(CATALOG_TAG) == catalog and PORTFOLIO_TAG in tags else {}


def _offered(portfolio: Portfolio, live: LivePortfolio | None, spoke: SpokeAccount) -> Offered:
    mine = [each for each in (live.shares if live else ()) if _reaches(each, spoke)]
    return Offered(
        name=portfolio.name,
        id=live.id if live else "",
        wanted=any(_reaches(each, spoke) for each in portfolio.shares),
        shared=bool(mine),
        by_account=bool(mine) and all(each.type == "ACCOUNT" for each in mine),
        shares_principals=any(each.share_principals for each in mine),
    )


def _reaches(share: Share, spoke: SpokeAccount) -> bool:
    return share.type == "ORGANIZATION" or share.id in (spoke.account, spoke.organizational_unit)


def plan_import(needs: Needs, state: SpokeState) -> SpokePlan:
    """What `import` has to do, in order, and what is missing, each with its remedy."""
    return SpokePlan(needs, tuple(_actions(needs, state)), tuple(_lacks(needs, state)))


def _actions(needs: Needs, state: SpokeState) -> Iterator[ImportAction]:
    arns = dict(state.roles)
    for each in needs.offered:
        if not each.shared:
            continue
        if each.by_account and each.id not in state.imported:
            yield AcceptShare(each.name, each.id)
        elif each.id not in state.imported:
            continue
        for role in needs.principal_roles:
            if role in arns and not each.shares_principals and (each.id, arns[role]) not in state.principals:
                yield GrantPrincipal(each.name, each.id, role, arns[role])


def _lacks(needs: Needs, state: SpokeState) -> Iterator[Finding]:
    spoke, place = needs.spoke, Place(f"account {needs.spoke.account} ({needs.spoke.team} {needs.spoke.environment})")
    regional = Place(f"{place.path} in {needs.region}")
    for each in needs.offered:
        if not each.id:
            yield Finding(regional, f"the hub has no portfolio {each.name} there", "`build.py publish`")
        elif not each.shared:
            yield Finding(
                regional,
                f"portfolio {each.name} is not shared with it",
                "`build.py publish`"
                if each.wanted
                else f"name the account or {spoke.organizational_unit} under shares in portfolios/{each.name}.yaml, "
                "then `build.py publish`",
            )
        elif not each.by_account and each.id not in state.imported:
            yield Finding(
                regional,
                f"portfolio {each.name} has not arrived, though it is shared through the organization",
                "see whether the account is in that organizational unit; sharing again: `build.py publish`",
            )
    roles = dict(state.roles)
    stack = "registry" if spoke.environment == REGISTRY else "spoke"
    template = f"templates/foundation/{stack}.yaml.j2"
    deploy = f"deploy its baseline: the stack platform-{stack} from {template}, or your own by the same contract"
    for role in needs.principal_roles:
        if role not in roles:
            yield Finding(place, f"role {role} does not exist, so nobody could launch", deploy)
    for product, role in needs.launch_roles:
        if role not in roles:
            yield Finding(place, f"launch role {role} does not exist, so {product} could not be launched", deploy)
    values = {name: (kind, value) for name, kind, value in state.parameters}
    for parameter in needs.parameters:
        kind, value = values.get(parameter.name, ("", ""))
        if not kind:
            yield Finding(regional, f"SSM parameter {parameter.name} is missing: {parameter.description}", deploy)
        elif kind != parameter.type:
            yield Finding(regional, f"SSM parameter {parameter.name} is a {kind}, not a {parameter.type}", deploy)
        elif parameter.name == "/platform/account/environment" and value != spoke.environment:
            yield Finding(
                regional,
                f"SSM parameter {parameter.name} says {value}, the landscape says {spoke.environment}",
                "correct the account in catalog.yaml, or the parameter of its baseline",
            )
