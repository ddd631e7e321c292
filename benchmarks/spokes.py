"""How long it takes to decide what 500 spokes need, from what was read already; `publish.py` runs it and judges.

A process of its own, so that its memory is its own. Prints JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.many import REGIONS, some_product, wanted_of  # noqa: E402 - after the path
from harness.catalog.contract import read_contract  # noqa: E402
from harness.publish.model import (  # noqa: E402
    CATALOG_TAG,
    Desired,
    Live,
    LiveConstraint,
    LivePortfolio,
    LiveProduct,
    LiveTagOption,
    LiveVersion,
    Portfolio,
    Share,
)
from harness.publish.plan import make_plan  # noqa: E402
from harness.publish.spoke import SpokeAccount, SpokeState, plan_import, spoke_needs  # noqa: E402
from tests.support.repository import tiny_repository  # noqa: E402
from tests.unit.publish.hubs import CATALOG  # noqa: E402

SPOKES, PRODUCTS, VERSIONS = 500, 40, 20


def plan_spokes(spokes: int) -> dict[str, float]:
    """Seconds and memory of deciding what `publish` and `import --all` have to do, from what was read already.

    As many spokes share one portfolio of the larger scale; each lacks its grant in each region.
    """
    products = tuple(some_product(number, range(VERSIONS)) for number in range(PRODUCTS))
    contract = read_contract(PROJECT)
    accounts = tuple(f"{300000000000 + number}" for number in range(spokes))
    unit = Share("ORGANIZATIONAL_UNIT", "ou-plat-workload", True, False)
    with tempfile.TemporaryDirectory() as folder:
        repository = tiny_repository(Path(folder)).load()
    started, actions = time.perf_counter(), 0
    for region in REGIONS:
        whole = wanted_of(region, products)
        reached = tuple((unit.id, each) for each in accounts)
        portfolios = tuple(replace(each, shares=(unit,), receivers=reached) for each in whole.portfolios)
        wanted = replace(whole, portfolios=portfolios)
        if make_plan(wanted, live_of(wanted, CATALOG)).actions:
            raise SystemExit("a hub that holds everything has nothing to do")
        held = live_of(wanted, repository.catalog.catalog).portfolios
        for account in accounts:
            spoke = SpokeAccount(account, f"team-{account}", "dev", unit.id)
            needs = spoke_needs(repository, spoke, region, portfolios, held, contract)
            roles = ["platform-lead", *(role for _, role in portfolios[0].products)]
            state = SpokeState(
                imported=frozenset({"port-1"}),
                principals=(),
                roles=tuple((role, f"arn:aws:iam::{account}:role/{role}") for role in roles),
                parameters=tuple((each.name, each.type, "dev") for each in contract),
            )
            actions += len(plan_import(needs, state).actions)
    if actions != spokes * len(REGIONS):
        raise SystemExit(f"{actions} grants were planned, not one for each spoke and region")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "megabytes": most_memory()}


def most_memory() -> float:
    """The most that this process has held, in megabytes.

    Linux counts the memory of whoever started the process into `ru_maxrss`, and does not where it tells of the program.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def live_of(wanted: Desired, catalog: str) -> Live:
    """A region of the hub that holds all that is wanted, as the catalog of that name."""
    products = tuple(
        LiveProduct(
            f"prod-{each.name}",
            each.data,
            each.tags,
            tuple(LiveVersion(f"pa-{one.name}", one.name, one.description, "DEFAULT", True) for one in each.versions),
        )
        for each in wanted.products
    )
    options = dict.fromkeys(pair for each in wanted.portfolios for pair in each.tag_options)
    tag_options = tuple(LiveTagOption(f"tag-{key}-{value}", key, value, True) for key, value in options)
    attested = (each.key for one in wanted.products for each in one.attestations)
    return Live(
        "111111111111",
        wanted.region,
        objects=(*((each.key, each.size) for each in wanted.objects), *((key, 1) for key in attested)),
        products=products,
        portfolios=tuple(live_portfolio(each, catalog) for each in wanted.portfolios),
        tag_options=tag_options,
    )


def live_portfolio(portfolio: Portfolio, catalog: str) -> LivePortfolio:
    tags = {**dict(portfolio.tags), CATALOG_TAG: catalog}
    return LivePortfolio(
        "port-1",
        portfolio.data,
        tuple(sorted(tags.items())),
        product_ids=tuple(f"prod-{name}" for name, _ in portfolio.products),
        principals=portfolio.principals,
        constraints=tuple(
            LiveConstraint(f"cons-{name}", "LAUNCH", f"prod-{name}", role) for name, role in portfolio.products
        ),
        tag_option_ids=tuple(f"tag-{key}-{value}" for key, value in portfolio.tag_options),
        shares=portfolio.shares,
        receivers=portfolio.receivers,
    )


if __name__ == "__main__":
    print(json.dumps(plan_spokes(SPOKES)))  # noqa: T201
