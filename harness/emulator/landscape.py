"""Lays out catalog.yaml's landscape on an emulator: organization, hub and spokes, as an operator would."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from harness.catalog.load import Repository
from harness.catalog.model import Catalog
from harness.catalog.render import registry_foundation, render_foundation
from harness.emulator import images, organization
from harness.emulator.accounts import forget_accounts
from harness.emulator.clients import administrator
from harness.emulator.server import LOG_FILE, Emulator, find_served, label_of, running_server
from harness.errors import KnownError, known_error

HUB_STACK = "platform-hub"
SPOKE_STACK_SET = "platform-spoke"
_SPOKE_KEY = "spoke.yaml"
# no identity provider here: an account's administrator becomes its personas
_SIGN_IN = {"ParameterKey": "SignIn", "ParameterValue": "account"}
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
Progress = Callable[[str], None]


@contextlib.contextmanager
def local_landscape(repository: Repository, progress: Progress = lambda _: None) -> Iterator[Emulator]:
    """The landscape of this repository: the one that `build.py local` serves, or one of its own for the block.

    A served one gets foundations that have changed meanwhile. Raises KnownError when a foundation does not deploy.
    """
    served = find_served(repository.root)
    if served is not None:
        emulator = Emulator(served)
        refresh(repository, emulator, progress)
        yield emulator
        return
    try:
        with running_server(label=label_of(repository.root), log=repository.root / LOG_FILE) as emulator:
            lay_out(repository, emulator, progress)
            yield emulator
    finally:  # not before the server has ended, and with it what works in the background
        forget_accounts(accounts_of(repository.catalog))


def accounts_of(catalog: Catalog) -> frozenset[str]:
    """Every account that catalog.yaml names."""
    landscape = catalog.landscape
    spokes = (account for team in landscape.teams for account in team.accounts.values())
    management = catalog.organization.management_account
    return frozenset({management, landscape.hub.account, landscape.registry.account, *spokes})


def lay_out(repository: Repository, emulator: Emulator, progress: Progress = lambda _: None) -> None:
    """Makes the organization and deploys the foundations in every region, the home region first.

    The server must run in this process (an organization's ids can be chosen only from inside).
    """
    catalog = repository.catalog
    seed_organization(catalog)
    _open_organization(catalog, emulator)
    for each in _account_stacks(catalog):
        progress(f"{each.foundation} {each.account}: foundation in {len(catalog.regions)} regions")
        _deploy_account(catalog, each, render_foundation(repository, each.foundation).text, emulator)
    images.push(catalog, emulator)
    spokes = sum(len(team.accounts) for team in catalog.landscape.teams)
    if spokes:
        progress(f"{spokes} spoke accounts: foundation in {len(catalog.regions)} regions")
        _deploy_spokes(catalog, render_foundation(repository, "spoke").text, emulator)


def refresh(repository: Repository, emulator: Emulator, progress: Progress = lambda _: None) -> None:
    """Deploys again what has changed of the foundations since they were laid out: a new product brings a launch role.

    Does nothing where none were laid out.
    """
    catalog = repository.catalog
    management = catalog.organization.management_account
    for each in _account_stacks(catalog):
        text = render_foundation(repository, each.foundation).text
        if _staged(catalog, each.account, each.key, emulator) not in (None, text):
            progress(f"{each.foundation} {each.account}: the foundation has changed and is deployed again")
            _update_account(catalog, each, text, emulator)
    text = render_foundation(repository, "spoke").text
    if _staged(catalog, management, _SPOKE_KEY, emulator) not in (None, text):
        progress("spoke accounts: the foundation has changed and is deployed again")
        _update_spokes(catalog, text, emulator)


def seed_organization(catalog: Catalog) -> None:
    """The organization of catalog.yaml: management account, hub and registry at the root, teams in their units."""
    landscape = catalog.landscape
    units = {team.organizational_unit: team.organizational_unit for team in landscape.teams}
    accounts = {landscape.hub.account: ("hub", "")}
    accounts.setdefault(landscape.registry.account, ("registry", ""))
    for team in landscape.teams:
        for environment, account in team.accounts.items():
            accounts[account] = (f"{team.name}-{environment}", team.organizational_unit)
    organization.seed(catalog.organization.id, catalog.organization.management_account, units, accounts)


def _open_organization(catalog: Catalog, emulator: Emulator) -> None:
    """What the management account does once: the hub may share portfolios with units, stack sets may reach them."""
    management, hub = catalog.organization.management_account, catalog.landscape.hub.account
    with _explained(f"organization {catalog.organization.id}"):
        servicecatalog = administrator("servicecatalog", management, catalog.home_region, emulator.url)
        servicecatalog.enable_aws_organizations_access()
        administrator("cloudformation", management, catalog.home_region, emulator.url).activate_organizations_access()
        if hub != management:
            organizations = administrator("organizations", management, catalog.home_region, emulator.url)
            for service in ("servicecatalog.amazonaws.com", organization.STACK_SETS):
                organizations.register_delegated_administrator(AccountId=hub, ServicePrincipal=service)


@dataclass(frozen=True)
class _AccountStack:
    """A foundation that one account has, in every region: the hub's, or that of a registry of its own."""

    foundation: str
    account: str
    signs_in: bool  # somebody becomes a persona there: not in a hub that is not the registry

    @property
    def name(self) -> str:
        return f"platform-{self.foundation}"

    @property
    def key(self) -> str:
        return f"{self.foundation}.yaml"


def _account_stacks(catalog: Catalog) -> list[_AccountStack]:
    landscape = catalog.landscape
    keeper = registry_foundation(catalog)
    hub = _AccountStack("hub", landscape.hub.account, keeper == "hub")
    return [hub] if keeper == "hub" else [hub, _AccountStack(keeper, landscape.registry.account, True)]


def _deploy_account(catalog: Catalog, stack: _AccountStack, template: str, emulator: Emulator) -> None:
    _make_staging_bucket(catalog, stack.account, emulator)
    url = _stage(catalog, stack.account, stack.key, template, emulator)
    for region in catalog.regions:
        cloudformation = administrator("cloudformation", stack.account, region, emulator.url)
        place = f"stack {stack.name} in {stack.account}, {region}"
        with _explained(place):
            cloudformation.create_stack(
                StackName=stack.name,
                TemplateURL=url,
                Capabilities=CAPABILITIES,
                OnFailure="DO_NOTHING",
                Parameters=[_SIGN_IN] if stack.signs_in else [],
            )
            _follow_stack(cloudformation, stack.name, "stack_create_complete", place)


def _update_account(catalog: Catalog, stack: _AccountStack, template: str, emulator: Emulator) -> None:
    url = _stage(catalog, stack.account, f"next-{stack.key}", template, emulator)
    for region in catalog.regions:
        cloudformation = administrator("cloudformation", stack.account, region, emulator.url)
        place = f"stack {stack.name} in {stack.account}, {region}"
        with _explained(place):
            try:
                cloudformation.update_stack(
                    StackName=stack.name,
                    TemplateURL=url,
                    Capabilities=CAPABILITIES,
                    Parameters=[_SIGN_IN] if stack.signs_in else [],
                )
            except ClientError as error:
                if "No updates are to be performed" in str(error):  # what changed is of the home region
                    continue
                raise
            _follow_stack(cloudformation, stack.name, "stack_update_complete", place)
    _stage(catalog, stack.account, stack.key, template, emulator)  # only now: what failed is tried again


def _follow_stack(cloudformation: Any, stack: str, waiter: str, place: str) -> None:
    try:
        cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
    except WaiterError:
        raise _failure(place, _first_failure(cloudformation, stack)) from None


def _deploy_spokes(catalog: Catalog, template: str, emulator: Emulator) -> None:
    management = catalog.organization.management_account
    _make_staging_bucket(catalog, management, emulator)
    url = _stage(catalog, management, _SPOKE_KEY, template, emulator)
    cloudformation = administrator("cloudformation", management, catalog.home_region, emulator.url)
    place = f"stack set {SPOKE_STACK_SET} in {management}"
    with _explained(place):
        cloudformation.create_stack_set(
            StackSetName=SPOKE_STACK_SET,
            TemplateURL=url,
            Capabilities=CAPABILITIES,
            Parameters=[_SIGN_IN],
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True},
        )
        answer = cloudformation.create_stack_instances(
            StackSetName=SPOKE_STACK_SET,
            DeploymentTargets=_teams(catalog),
            Regions=list(catalog.regions),
            OperationPreferences=_in_order(catalog),
        )
        _follow_operation(cloudformation, answer["OperationId"], place)


def _update_spokes(catalog: Catalog, template: str, emulator: Emulator) -> None:
    management = catalog.organization.management_account
    url = _stage(catalog, management, f"next-{_SPOKE_KEY}", template, emulator)
    cloudformation = administrator("cloudformation", management, catalog.home_region, emulator.url)
    place = f"stack set {SPOKE_STACK_SET} in {management}"
    with _explained(place):
        answer = cloudformation.update_stack_set(
            StackSetName=SPOKE_STACK_SET,
            TemplateURL=url,
            Capabilities=CAPABILITIES,
            Parameters=[{"ParameterKey": "SignIn", "UsePreviousValue": True}],
            DeploymentTargets=_teams(catalog),
            Regions=list(catalog.regions),
            OperationPreferences=_in_order(catalog),
        )
        _follow_operation(cloudformation, answer["OperationId"], place)
    _stage(catalog, management, _SPOKE_KEY, template, emulator)


def _teams(catalog: Catalog) -> dict[str, Any]:
    """The accounts of the teams. Others in their units are none of catalog.yaml's and have no foundation for it."""
    teams = catalog.landscape.teams
    return {
        "OrganizationalUnitIds": sorted({team.organizational_unit for team in teams}),
        "Accounts": sorted(account for team in teams for account in team.accounts.values()),
        "AccountFilterType": "INTERSECTION",
    }


def _in_order(catalog: Catalog) -> dict[str, Any]:
    """IAM is made in the home region, which therefore comes first; the first failure ends it."""
    return {"RegionOrder": list(catalog.regions), "FailureToleranceCount": 0}


def _follow_operation(cloudformation: Any, operation: str, place: str) -> None:
    results = cloudformation.list_stack_set_operation_results(
        StackSetName=SPOKE_STACK_SET, OperationId=operation, MaxResults=100
    )["Summaries"]
    for each in results:
        if each["Status"] != "SUCCEEDED":
            raise _failure(f"{place}: account {each['Account']}, {each['Region']}", each.get("StatusReason", ""))


def _staging_bucket(catalog: Catalog, account: str) -> str:
    """Where a foundation's template lies for CloudFormation to fetch: it is larger than a request may carry."""
    return f"platform-foundation-{account}-{catalog.home_region}"


def _make_staging_bucket(catalog: Catalog, account: str, emulator: Emulator) -> None:
    administrator("s3", account, catalog.home_region, emulator.url).create_bucket(
        Bucket=_staging_bucket(catalog, account),
        CreateBucketConfiguration={"LocationConstraint": catalog.home_region},
    )


def _stage(catalog: Catalog, account: str, key: str, template: str, emulator: Emulator) -> str:
    bucket = _staging_bucket(catalog, account)
    s3 = administrator("s3", account, catalog.home_region, emulator.url)
    s3.put_object(Bucket=bucket, Key=key, Body=template.encode())
    return f"https://{bucket}.s3.{catalog.home_region}.amazonaws.com/{key}"


def _staged(catalog: Catalog, account: str, key: str, emulator: Emulator) -> str | None:
    """The template that was laid out, or None."""
    s3 = administrator("s3", account, catalog.home_region, emulator.url)
    try:
        body: bytes = s3.get_object(Bucket=_staging_bucket(catalog, account), Key=key)["Body"].read()
    except ClientError:
        return None
    return body.decode()


def _first_failure(cloudformation: Any, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    for each in reversed(failed):
        reason = str(each.get("ResourceStatusReason", ""))
        if "cancelled" not in reason:
            return f"{each['LogicalResourceId']} ({each['ResourceType']}): {reason}"
    return "no event says why"


@contextlib.contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _failure(place, str(error.response["Error"].get("Message", error))) from None


def _failure(place: str, reason: str) -> KnownError:
    remedy = "correct the foundation's template in templates/foundation, or catalog.yaml"
    return known_error(place, f"the foundation does not deploy: {reason}", remedy)
