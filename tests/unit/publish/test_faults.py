"""Publishing on the worst day: killed at every call, throttled, timed out, read too early, beside another publisher.

Counts are printed (`pytest -s`) and stand in docs/reliability.md.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from harness.catalog.release import freeze
from harness.emulator import clock
from harness.emulator.server import running_server
from harness.publish.actions import Action
from harness.publish.apply import Means
from harness.publish.desired import Usage, desired_region, read_releases
from harness.publish.inventory import Inventory
from harness.publish.model import Desired, Live, Product
from harness.publish.prepare import frozen_reader
from harness.publish.provenance import Origin
from tests.support.repository import PRODUCT, PROJECT, tiny_repository
from tests.unit.publish.faults import EmulatedHub, Killed, Wire, emulated_hub

pytestmark = pytest.mark.unmeasured

PRODUCT_LATER = PRODUCT.replace("1.0.0", "1.1.0") + "tags: {cost: '42'}\n"
PAGE = PROJECT / "docs/reliability.md"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


@dataclass(frozen=True)
class Released:
    """A small whole publish, and what is wanted after the first version was withdrawn for good, and after all were."""

    wanted: Desired
    later: tuple[Product, ...]
    gone: tuple[Product, ...]
    means: Means


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """One product with two versions in one portfolio, with a tag option and a share."""
    tiny = tiny_repository(tmp_path_factory.mktemp("faults"))
    options = "shares: [{organizational_unit: ou-plat-workload}]\ntag_options: {class: [internal]}\n"
    tiny.write("portfolios/tiny.yaml", (tiny.root / "portfolios/tiny.yaml").read_text() + options)
    tiny.write("products/demo/product.yaml", PRODUCT + "tags: {cost: '42'}\n")
    for version in ("1.0.0", "1.1.0"):
        tiny.write("products/demo/CHANGELOG.md", f"# Changes\n\n## {version}\n\n- Better.\n")
        if version != "1.0.0":
            tiny.replace("products/demo/product.yaml", "version: 1.0.0", f"version: {version}")
        repository = tiny.load()
        assert freeze(repository, repository.product("demo")) is not None
    states = {}
    for state in ("1.0.0: deprecated", "1.0.0: deleted", "1.0.0: deleted, 1.1.0: deleted"):
        tiny.write("products/demo/product.yaml", PRODUCT_LATER + f"withdrawn: {{{state}}}\n")
        repository = tiny.load()
        usage = Usage(Inventory(format=1, taken="2027-01-31T18:00:00Z", complete=True, provisioned=()))
        states[state] = desired_region(repository, read_releases(repository), "eu-west-1", usage=usage)
    means = Means(read=frozen_reader(repository), origin=lambda _attestation: Origin())
    wanted, later, gone = states.values()
    return Released(wanted, later.products, gone.products, means)


def content(live: Live) -> Any:
    """What a hub holds, without the identifiers that differ from hub to hub."""
    names = {each.id: each.data.name for each in live.products}
    options = {each.id: (each.key, each.value) for each in live.tag_options}
    return (
        sorted(key for key, _ in live.objects),
        [
            (
                *(each.data, each.tags),
                [(one.name, one.description, one.guidance, one.active) for one in each.versions],
            )
            for each in live.products
        ],
        [
            (
                *(each.data, each.tags, sorted(names[one] for one in each.product_ids), each.principals),
                [(one.type, names[one.product_id], one.local_role_name) for one in each.constraints],
                [options[one] for one in each.tag_option_ids],
                [(one.type, one.share_tag_options, one.share_principals) for one in each.shares],
                len(each.receivers),
            )
            for each in live.portfolios
        ],
        sorted((each.key, each.value, each.active) for each in live.tag_options),
    )


@pytest.fixture(scope="module")
def undisturbed(endpoint: str, released: Released) -> tuple[Any, Counter[str]]:
    """What a publish without faults leaves, and the calls that it makes."""
    hub, wire = emulated_hub(endpoint, released.wanted), Wire()
    assert hub.publish(wire, released.means).failures == ()
    return content(hub.live()), wire.calls


def told(line: str) -> None:
    """Prints a line of counts, which the page on reliability must say too."""
    print(f"\n{line}")  # noqa: T201 - counts for who runs it with -s
    assert line in " ".join(PAGE.read_text(encoding="utf-8").split()), f"docs/reliability.md does not say: {line}"


def points(calls: Counter[str]) -> list[tuple[str, int]]:
    """Every call: (operation, its number)."""
    return [(operation, number) for operation in calls for number in range(1, calls[operation] + 1)]


def demand_same_end_after_each_kill(name: str, hub: EmulatedHub, means: Means, after: bool) -> None:
    """Publishes undisturbed, and then from the same beginning with a kill at each call: the next publish finishes it,
    and leaves nothing to do and nothing that is not used."""
    begin, wire = hub.kept(), Wire()
    assert hub.publish(wire, means).failures == ()
    end, calls = content(hub.live()), wire.calls
    for point in points(calls):
        hub.put_back(begin)
        with pytest.raises(Killed):
            hub.publish(Wire(kill=point, after=after), means)
        outcome = hub.publish(Wire(), means)
        assert (outcome.failures, outcome.left) == ((), ()), f"killed at {point}"
        assert content(hub.live()) == end, f"killed at {point}"
        assert not hub.plan().actions and not hub.plan().notices, f"killed at {point}"
    told(f"{name}: {calls.total()} calls, killed {'after' if after else 'before'} each")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_and_run_again_it_ends_as_if_undisturbed(
    endpoint: str, released: Released, after: bool
) -> None:
    demand_same_end_after_each_kill("first publish", emulated_hub(endpoint, released.wanted), released.means, after)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_of_a_repair_and_run_again_it_ends_as_if_undisturbed(
    endpoint: str, released: Released, after: bool
) -> None:
    """What people changed by hand is set right, and a version that is withdrawn for good leaves."""
    demand_same_end_after_each_kill("repair", spoilt_hub(endpoint, released), released.means, after)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_of_a_removal_and_run_again_the_product_has_left(
    endpoint: str, released: Released, after: bool
) -> None:
    """All its versions are withdrawn for good: its constraint goes, its place in the portfolio, and then itself."""
    hub = emulated_hub(endpoint, released.wanted)
    hub.publish(Wire(), released.means)
    portfolios = tuple(replace(each, products=()) for each in hub.wanted.portfolios)
    hub = replace(hub, wanted=replace(hub.wanted, products=released.gone, portfolios=portfolios))
    assert hub.publish(Wire(), released.means).failures == ()  # nobody can launch it any more
    demand_same_end_after_each_kill("removal", hub, released.means, after)
    assert hub.live().products == ()


def spoilt_hub(url: str, released: Released) -> EmulatedHub:
    """A hub that was published, and spoilt by hand: title, tag, guidance, constraint, principal, tag option, share."""
    hub = emulated_hub(url, released.wanted)
    hub.publish(Wire(), released.means)
    catalog, live = hub.clients().catalog, hub.live()
    (product,), (portfolio,) = live.products, live.portfolios
    (first, _), (constraint,), (option,) = product.versions, portfolio.constraints, live.tag_options
    catalog.update_product(Id=product.id, Name="Mine", RemoveTags=["cost"])
    catalog.update_portfolio(Id=portfolio.id, DisplayName="Mine")
    catalog.update_provisioning_artifact(ProductId=product.id, ProvisioningArtifactId=first.id, Active=False)
    catalog.update_constraint(Id=constraint.id, Parameters='{"LocalRoleName": "platform-launch-other"}')
    for principal in portfolio.principals:
        catalog.disassociate_principal_from_portfolio(
            PortfolioId=portfolio.id, PrincipalARN=principal.arn, PrincipalType=principal.type
        )
    catalog.disassociate_tag_option_from_resource(ResourceId=portfolio.id, TagOptionId=option.id)
    catalog.update_tag_option(Id=option.id, Active=False)
    node = {"Type": "ORGANIZATIONAL_UNIT", "Value": hub.organization.unit}
    catalog.update_portfolio_share(PortfolioId=portfolio.id, OrganizationNode=node, SharePrincipals=True)
    return replace(hub, wanted=replace(hub.wanted, products=released.later))


@pytest.mark.parametrize("seed", range(6))
def test_throttled_cut_off_and_read_too_early_it_converges(
    endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]], seed: int
) -> None:
    end, _ = undisturbed
    hub = emulated_hub(endpoint, released.wanted)
    weather = Wire(throttled=0.3, lost=0.05, late=0.05, unseen=3, dice=Random(seed))
    for _ in range(3):
        outcome = hub.publish(weather, released.means)
        if not outcome.failures:
            break
    assert (outcome.failures, outcome.left) == ((), ())
    assert min(weather.failed[each] for each in ("throttled", "lost", "late", "unseen")) > 0
    assert content(hub.live()) == end
    print(f"\n{weather.calls.total()} calls, of which {dict(weather.failed)}")  # noqa: T201


def test_what_is_ready_only_later_is_waited_for(
    endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]]
) -> None:
    """Products, versions, associations, constraints and shares are all under way for a while, as at AWS."""
    end, calls = undisturbed
    hub, wire = emulated_hub(endpoint, released.wanted), Wire()
    with clock.latency_of(0.1):
        assert hub.publish(wire, released.means).failures == ()
    assert content(hub.live()) == end
    assert wire.calls.total() > calls.total()


def test_a_second_publish_that_sees_nothing_of_the_first_makes_nothing_twice(
    endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]]
) -> None:
    """Lists may lag behind for long; the tokens of both publishes are the same."""
    hub, blind = emulated_hub(endpoint, released.wanted), Wire(unseen=8)
    assert hub.publish(blind, released.means).failures == ()
    assert hub.publish(blind, released.means).failures == ()
    assert content(hub.live()) == undisturbed[0]


def test_of_two_publishers_at_once_one_works_and_the_other_stops_with_its_name(
    endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]]
) -> None:
    hub = emulated_hub(endpoint, released.wanted)
    works, waits = threading.Event(), threading.Event()

    def tell(_region: str, _action: Action) -> None:
        works.set()
        assert waits.wait(20)

    first = hub.gateway(Wire(), holder="ada on build-1", seconds=60)
    second = hub.gateway(Wire(), holder="ben on build-2", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(hub.publish, Wire(), replace(released.means, tell=tell), first)
        assert works.wait(20)
        refused = hub.publish(Wire(), released.means, second)
        waits.set()
        assert begun.result().failures == ()
    (finding,) = refused.failures
    assert "ada on build-1 is publishing there" in finding.problem and refused.done == ()
    assert content(hub.live()) == undisturbed[0]


def test_the_second_publisher_may_wait_and_then_has_nothing_left_to_do(endpoint: str, released: Released) -> None:
    hub = emulated_hub(endpoint, released.wanted)
    works, told_to_wait = threading.Event(), threading.Event()

    def tell(_region: str, _action: Action) -> None:
        works.set()
        assert told_to_wait.wait(20)

    first, second = (hub.gateway(Wire(), holder=each, seconds=60) for each in ("ada", "ben"))
    stale = hub.plan()
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(hub.publish, Wire(), replace(released.means, tell=tell), first)
        assert works.wait(20)
        patient = replace(released.means, wait=20, say=lambda _line: told_to_wait.set())
        waited = hub.perform(stale, second, patient)
        assert begun.result().failures == ()
    assert (waited.done, waited.left, waited.failures) == ((), (), ())


def test_a_dead_publishers_lock_ends(endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]]) -> None:
    hub, wire = emulated_hub(endpoint, released.wanted), Wire(kill=("create_product", 1), after=True)
    with pytest.raises(Killed):
        hub.publish(wire, released.means, hub.gateway(wire, holder="ada", seconds=2))
    early = hub.publish(Wire(), released.means, hub.gateway(Wire(), holder="ben", seconds=2))
    assert "ada is publishing there" in early.failures[0].problem
    later = hub.publish(Wire(), replace(released.means, wait=10), hub.gateway(Wire(), holder="ben", seconds=2))
    assert later.failures == ()
    assert content(hub.live()) == undisturbed[0]


def test_credentials_that_expire_stop_clearly_and_the_next_run_goes_on(
    endpoint: str, released: Released, undisturbed: tuple[Any, Counter[str]]
) -> None:
    end, calls = undisturbed
    hub = emulated_hub(endpoint, released.wanted)
    outcome = hub.publish(Wire(expired=calls.total() // 2), released.means)
    assert {each.problem for each in outcome.failures} == {"the credentials have expired"}
    assert "sign in again" in outcome.failures[0].remedy
    assert outcome.done and outcome.left
    again = hub.publish(Wire(), released.means)
    assert again.failures == () and len(again.done) < len(outcome.done) + len(outcome.left)
    assert content(hub.live()) == end
