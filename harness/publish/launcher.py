"""A lead at work in one spoke: pairs the decisions of `launch.py` with the calls of `launch_gateway.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.model import REGISTRAR, parameter_text
from harness.errors import KnownError, Place, known_error
from harness.publish import launch as decide
from harness.publish.launch import Offer, OfferedVersion, Provisioned, Result, SetAction, SetPlan, Wanted
from harness.publish.launch_gateway import LaunchGateway
from harness.publish.session import Session

_AT_ONCE = 4  # launches of a set side by side
Say = Callable[[str], None]


def launcher(repository: Repository, session: Session, product: LoadedProduct, account: str, region: str) -> Launcher:
    """The lead of `account`, with `product` found in the catalogue there. Raises KnownError when it is not offered.

    In the account of the model registry its keeper takes the lead's place.
    """
    lead = session.persona(account, REGISTRAR if product.for_registry else "lead")
    gateway = LaunchGateway(
        session.client(lead, "servicecatalog", region),
        session.client(lead, "cloudformation", region),
        f"account {account} in {region}, as {lead.role}",
        emulated=session.target == "local",
    )
    defaults = {key: values[0] for each in repository.portfolios for key, values in each.tag_options.items()}
    return Launcher(gateway, gateway.offer(repository.catalog.catalog, product.name, product.title), defaults)


@dataclass(frozen=True)
class Launcher:
    """Launches one product. `tag_defaults`: the value to take for a tag option that the launcher leaves open."""

    gateway: LaunchGateway
    offer: Offer
    tag_defaults: Mapping[str, str]

    @property
    def _place(self) -> Place:
        return Place(self.offer.place)

    def launch(
        self, name: str, version: str | None, given: Mapping[str, str], tags: Mapping[str, str], say: Say
    ) -> Result:
        """Launch the version named, or the newest. Raises KnownError for what cannot be asked for."""
        chosen = decide.choose_version(self.offer, version, new=True)
        known, options = self.gateway.parameters(self.offer, chosen.id)
        decide.check_parameters(self._place, given, known, complete=True)
        for each in self.gateway.provisioned(self.offer):
            if each.name == name:
                remedy = "--update it, or give this one another --name"
                if each.status == "ERROR":
                    remedy = f"its launch failed: remove what is left (`--terminate --name {name}`) and launch again"
                raise known_error(self._place, f"'{name}' is there already", remedy)
        say(f"Launching {self.offer.product} {chosen.name} as {name} …")
        return self.gateway.launch(self.offer, chosen.id, name, given, self._tags(tags, options, say))

    def _tags(self, given: Mapping[str, str], options: Mapping[str, list[str]], say: Say) -> dict[str, str]:
        """The launch's tags: a tag option with several values wants one chosen, and the catalog's first is proposed."""
        tags = dict(given)
        for key, values in options.items():
            if key in tags or len(values) < 2:  # a single value is applied by the service
                continue
            tags[key] = self.tag_defaults.get(key, "")
            if tags[key] not in values:
                choices = ", ".join(sorted(values))
                raise known_error(self._place, f"tag {key} must be chosen", f"--tag {key}=VALUE, one of: {choices}")
            say(f"Tag {key}={tags[key]}; choose another of {', '.join(sorted(values))} with --tag.")
        return tags

    def update(self, name: str, version: str | None, given: Mapping[str, str]) -> Result:
        """Update to the version named, or the newest; parameters that are not given keep their values."""
        live = self._owned(name)
        chosen = decide.choose_version(self.offer, version, new=False)
        known, _ = self.gateway.parameters(self.offer, chosen.id)
        decide.check_parameters(self._place, given, known, complete=False)
        before = [key for key, _ in live.parameters]
        return self.gateway.update(self.offer, chosen.id, name, decide.update_parameters(given, before, known))

    def terminate(self, name: str) -> Result:
        """Terminate the provisioned product of that name, if it is one of this product."""
        self._owned(name)
        return self.gateway.terminate(name)

    def _owned(self, name: str) -> Provisioned:
        mine = [each for each in self.gateway.provisioned(self.offer) if each.product_id == self.offer.product_id]
        for each in mine:
            if each.name == name:
                return each
        there = ", ".join(each.name for each in mine) or "none"
        raise known_error(
            self._place, f"no provisioned product of {self.offer.product} is called '{name}'", f"there are: {there}"
        )

    def plan_set(self, set_name: str, wanted: tuple[Wanted, ...], version: str | None) -> PlannedSet:
        """What brings a set of launches to what its file says. Raises KnownError for parameters that do not fit."""
        chosen = decide.choose_version(self.offer, version, new=True)
        known, options = self.gateway.parameters(self.offer, chosen.id)
        for each in wanted:
            decide.check_parameters(each.place, dict(each.parameters), known, complete=True)
        there = self.gateway.provisioned(self.offer)
        return PlannedSet(decide.plan_set(set_name, wanted, there, self.offer, chosen, known), chosen, options)

    def perform_set(
        self, set_name: str, planned: PlannedSet, tags: Mapping[str, str], say: Say, tell: Callable[[Result], None]
    ) -> tuple[Result, ...]:
        """Perform every change side by side; the failure of one stops no other."""
        launches = any(each.change == "launch" for each in planned.plan.changes)
        chosen = self._tags(tags, planned.tag_options, say) if launches else {}
        launch_tags = {**chosen, decide.SET_TAG: set_name}

        def perform(action: SetAction) -> Result:
            try:
                result = self._perform(action, planned.version, launch_tags)
            except KnownError as error:
                result = Result(action.name, action.change, "", failures=error.findings)
            tell(result)
            return result

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(pool.map(perform, planned.plan.changes))

    def _perform(self, action: SetAction, version: OfferedVersion, tags: Mapping[str, str]) -> Result:
        match action.change:
            case "launch":
                return self.gateway.launch(self.offer, version.id, action.name, dict(action.parameters), tags)
            case "update":
                return self.gateway.update(self.offer, version.id, action.name, action.parameters)
            case _:
                return self.gateway.terminate(action.name)


@dataclass(frozen=True)
class PlannedSet:
    """A set's plan with the version that it goes to and the tag options of a launch."""

    plan: SetPlan
    version: OfferedVersion
    tag_options: Mapping[str, list[str]]


def example_parameters(product: LoadedProduct, example: str) -> dict[str, str]:
    """An example's parameters as text. Raises KnownError when there is no such example."""
    return {key: parameter_text(value) for key, value in product.example(example).spec.parameters.items()}


def demand_name(name: str) -> None:
    """Raises KnownError for what cannot be the name of a provisioned product."""
    if not re.fullmatch(decide.PROVISIONED_NAME, name) or len(name) > 128:
        remedy = "begin with a letter or digit; then letters, digits and . _ - up to 128"
        raise known_error("--name", f"'{name}' cannot be the name of a provisioned product", remedy)


def parse_pairs(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """KEY=VALUE arguments. Raises KnownError for one without a key or an equals sign."""
    parsed = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise known_error(option, f"'{pair}' is not KEY=VALUE", "write it as Persona=developer")
        parsed[key] = value
    return parsed
