"""Performs a plan: regions and products side by side, what must not be parallel in order. Plans nothing.

In each region one publisher at a time is at work, and on the live state that the plan was made from. A failure stops
its lane and, at the end of the stage, its region; the other regions go on. Whatever happened, the next plan sees it:
a run that was killed anywhere is finished by running it again.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import groupby

from harness.errors import Finding, KnownError, known_error
from harness.publish import actions as act
from harness.publish.actions import Action
from harness.publish.fingerprint import fingerprint
from harness.publish.hub import Hub
from harness.publish.model import Attestation, Live, StoredObject
from harness.publish.plan import Plan, RegionPlan
from harness.publish.provenance import Origin, statement

_LANES = 32  # at once in a region; limiters slow them down where the service wants it

Tell = Callable[[str, Action], None]  # called with the region and each action done, from several threads


@dataclass(frozen=True)
class Means:
    """What performing a plan needs besides the hub. All are called from several threads.

    `read` gives the bytes of a frozen file, `origin` what is known of a release. `tell` is told each action done,
    `say` what is waited for. `again` makes a region's plan anew from what is live by now; without it, a hub that has
    moved is left alone.
    """

    read: Callable[[StoredObject], bytes]
    origin: Callable[[Attestation], Origin]
    tell: Tell = lambda _region, _action: None
    say: Callable[[str], None] = lambda _line: None
    again: Callable[[str, Live], RegionPlan] | None = None
    wait: float = 0.0  # seconds for another publisher


@dataclass(frozen=True)
class Outcome:
    """What became of a region's plan."""

    region: str
    done: tuple[Action, ...]
    left: tuple[Action, ...]  # failed, or not begun because of a failure
    failures: tuple[Finding, ...]


def apply_plan(plan: Plan, hubs: Mapping[str, Hub], means: Means) -> tuple[Outcome, ...]:
    """Perform every region's actions. `hubs` by region.

    Raises no KnownError: failures stand in the outcomes. An interruption stops after the calls that are under way.
    """
    stop = threading.Event()
    performers = [_Performer(plan.catalog, each, hubs[each.region], means, stop) for each in plan.regions]
    with ThreadPoolExecutor(max(1, len(performers))) as pool:
        try:
            return tuple(pool.map(_Performer.run, performers))
        except BaseException:
            stop.set()
            raise


@dataclass
class _Ids:
    """Identifiers by the catalog's names: those that the plan knew, and those made since."""

    products: dict[str, str]
    portfolios: dict[str, str]
    versions: dict[tuple[str, str], str]
    tag_options: dict[tuple[str, str], str]


@dataclass
class _Performer:
    catalog: str
    plan: RegionPlan
    hub: Hub
    means: Means
    stop: threading.Event
    done: list[Action] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)

    def run(self) -> Outcome:
        if self.plan.actions:
            try:
                with self.hub.exclusively(self.means.wait, self.means.say, self.stop) as demand_right:
                    self.demand_right = demand_right
                    self._demand_unmoved()
                    self._stages()
            except KnownError as error:
                self.failures += error.findings
        finished = {id(action) for action in self.done}
        return Outcome(
            region=self.plan.region,
            done=tuple(action for action in self.plan.actions if id(action) in finished),
            left=tuple(action for action in self.plan.actions if id(action) not in finished),
            failures=tuple(self.failures),
        )

    def _demand_unmoved(self) -> None:
        """Now that nobody else publishes: is the hub as it was when the plan was made? Raises KnownError if not."""
        live = self.hub.read()
        if fingerprint(live) == self.plan.fingerprint:
            return
        remedy = "make a new plan, look at it, and publish that"
        place = f"hub {self.plan.account} in {self.plan.region}"
        if self.means.again is None:
            raise known_error(place, "the hub has moved since the plan was made", remedy)
        plan = self.means.again(self.plan.region, live)
        agreed = set(self.plan.actions)
        if plan.conflicts:
            raise KnownError(*(each.finding() for each in plan.conflicts))
        # What somebody else has done meanwhile is done; what is new, nobody has agreed to.
        if not set(plan.actions) <= agreed:
            raise known_error(place, "the hub has moved since the plan was made, and now takes other actions", remedy)
        self.plan = plan

    def _stages(self) -> None:
        known = self.plan.known
        self.ids = _Ids(
            products=dict(known.products),
            portfolios=dict(known.portfolios),
            versions={(product, version): each for product, version, each in known.versions},
            tag_options={(key, value): each for key, value, each in known.tag_options},
        )
        for _, stage in groupby(self.plan.actions, key=lambda action: action.stage):
            lanes: dict[str, list[Action]] = {}
            for action in stage:
                lanes.setdefault(action.lane, []).append(action)
            with ThreadPoolExecutor(_LANES) as pool:
                list(pool.map(self._lane, lanes.values()))
            if self.failures or self.stop.is_set():
                return

    def _lane(self, actions: list[Action]) -> None:
        for action in actions:
            if self.stop.is_set():
                return
            try:
                self.demand_right()
                self._perform(action)
            except KnownError as error:
                self.failures += error.findings
                return
            self.done.append(action)
            self.means.tell(self.plan.region, action)

    def _token(self, action: Action) -> str:
        return token(f"{self.catalog}/{self.plan.account}/{self.plan.region}", action)

    def _perform(self, action: Action) -> None:
        match action:
            case act.UploadObject(object=stored):
                self.hub.upload(stored.key, self.means.read(stored))
            case act.AttestVersion(product=product, attestation=attestation):
                payload = statement(self.catalog, product, attestation, self.means.origin(attestation))
                self.hub.attest(attestation.key, payload)
            case act.CreateTagOption() | act.ActivateTagOption() | act.AssociateTagOption():
                self._tag_option(action)
            case act.CreateProduct() | act.UpdateProduct() | act.CreateVersion() | act.UpdateVersion():
                self._product(action)
            case act.DeleteVersion() | act.DeleteConstraint() | act.DisassociateProduct() | act.DeleteProduct():
                self._leave(action)
            case act.CreateShare(portfolio=portfolio, share=share):
                self.hub.create_share(self.ids.portfolios[portfolio], share)
            case act.UpdateShare(portfolio=portfolio, share=share):
                self.hub.update_share(self.ids.portfolios[portfolio], share)
            case _:
                self._portfolio(action)

    def _tag_option(self, action: act.CreateTagOption | act.ActivateTagOption | act.AssociateTagOption) -> None:
        pair = (action.key, action.value)
        match action:
            case act.CreateTagOption():
                self.ids.tag_options[pair] = self.hub.create_tag_option(*pair)
            case act.ActivateTagOption():
                self.hub.activate_tag_option(self.ids.tag_options[pair])
            case act.AssociateTagOption(portfolio=portfolio):
                self.hub.associate_tag_option(self.ids.portfolios[portfolio], self.ids.tag_options[pair])

    def _product(self, action: act.CreateProduct | act.UpdateProduct | act.CreateVersion | act.UpdateVersion) -> None:
        name, ids = action.product, self.ids
        match action:
            case act.CreateProduct(version=version):
                made = self.hub.create_product(action.data, action.tags, version, self._token(action))
                ids.products[name], ids.versions[name, version.name] = made
            case act.UpdateProduct():
                self.hub.update_product(ids.products[name], action.data, action.tags)
            case act.CreateVersion(version=version):
                made_version = self.hub.create_version(ids.products[name], version, self._token(action))
                ids.versions[name, version.name] = made_version
            case act.UpdateVersion(version=version_name):
                version_id = ids.versions[name, version_name]
                self.hub.update_version(ids.products[name], version_id, action.guidance, action.active)

    def _leave(
        self, action: act.DeleteVersion | act.DeleteConstraint | act.DisassociateProduct | act.DeleteProduct
    ) -> None:
        product_id = self.ids.products[action.product]
        match action:
            case act.DeleteVersion(product=name, version=version):
                self.hub.delete_version(product_id, self.ids.versions[name, version])
            case act.DeleteConstraint(constraint_id=constraint_id):
                self.hub.delete_constraint(constraint_id)
            case act.DisassociateProduct(portfolio=portfolio):
                self.hub.disassociate_product(product_id, self.ids.portfolios[portfolio])
            case act.DeleteProduct():
                self.hub.delete_product(product_id)

    def _portfolio(
        self,
        action: act.CreatePortfolio
        | act.UpdatePortfolio
        | act.AssociateProduct
        | act.CreateLaunchConstraint
        | act.UpdateLaunchConstraint
        | act.AssociatePrincipal,
    ) -> None:
        ids, hub = self.ids, self.hub
        match action:
            case act.CreatePortfolio(portfolio=name):
                ids.portfolios[name] = hub.create_portfolio(action.data, action.tags, self._token(action))
            case act.UpdatePortfolio(portfolio=name):
                hub.update_portfolio(ids.portfolios[name], action.data, action.tags)
            case act.AssociateProduct(product=product, portfolio=name):
                hub.associate_product(ids.products[product], ids.portfolios[name])
            case act.CreateLaunchConstraint(product=product, portfolio=name, local_role_name=role):
                hub.create_launch_constraint(ids.products[product], ids.portfolios[name], role, self._token(action))
            case act.UpdateLaunchConstraint(constraint_id=constraint_id, local_role_name=role):
                hub.update_launch_constraint(constraint_id, role)
            case act.AssociatePrincipal(portfolio=name, principal=principal):
                hub.associate_principal(ids.portfolios[name], principal)


def token(scope: str, action: Action) -> str:
    """The idempotency token of an action: one content in one `scope` (catalog, account, region), one token.

    So a call that is repeated because its answer was lost, or because the process was killed, makes nothing twice.
    64 hex digits: within the 128 of `[a-zA-Z0-9_-]` that the service allows.
    """
    content = json.dumps([scope, asdict(action)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
