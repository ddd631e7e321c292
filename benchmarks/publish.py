"""How long a publish takes where each call to AWS takes 50 ms, beside a publisher that works one by one, in one run.

    python benchmarks/publish.py [--scale small|large|both] [--pause 0.05] [--json]

The hub is emulated in this process; each call of either publisher is counted and takes the pause longer. Ours sleeps
it, side by side as it works. The baseline (`sequential.py`) does one thing at a time, so its pauses are added to the
seconds that it took: the sum is the same, and nobody waits half an hour for it. Exit code 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from botocore import xform_name  # noqa: E402 - after the path
from botocore.exceptions import ClientError  # noqa: E402
from botocore.session import Session  # noqa: E402
from moto.s3.models import s3_backends  # noqa: E402

from benchmarks.many import REGIONS, TEMPLATE, one_more, some_product, wanted_of  # noqa: E402
from benchmarks.sequential import SequentialPublisher  # noqa: E402
from benchmarks.spokes import SPOKES  # noqa: E402
from harness.emulator import clock  # noqa: E402
from harness.emulator.server import running_server  # noqa: E402
from harness.emulator.servicecatalog import dispatch  # noqa: E402
from harness.emulator.servicecatalog.call import Call  # noqa: E402
from harness.emulator.servicecatalog.errors import CatalogError  # noqa: E402
from harness.publish.apply import apply_plan  # noqa: E402
from harness.publish.gateway import HubGateway  # noqa: E402
from harness.publish.model import Desired, Share  # noqa: E402
from harness.publish.pacing import Paced  # noqa: E402
from harness.publish.plan import Plan, make_plan  # noqa: E402
from harness.publish.reader import Clients  # noqa: E402
from tests.unit.emulator.servicecatalog.accounts import TRUST, Account, Organization, fresh_organization  # noqa: E402
from tests.unit.publish.hubs import CATALOG, means  # noqa: E402

SPOKES_SECONDS, SPOKES_MEGABYTES = 10.0, 500
FASTER = 5.0  # times, a first publish than the baseline's
_NAMES = {xform_name(each): each for each in Session().get_service_model("servicecatalog").operation_names}


@dataclass(frozen=True)
class Scale:
    """So many products with so many versions each, in so many regions; seconds that a change and none may take."""

    products: int
    versions: int
    regions: int
    changed: float | None = None
    unchanged: float | None = None

    def __str__(self) -> str:
        return f"{self.products} products × {self.versions} versions × {self.regions} regions"


SCALES = {"small": Scale(20, 1, 1, changed=4.0, unchanged=2.0), "large": Scale(40, 20, 4)}


@dataclass(frozen=True)
class Taken:
    """What a publish cost."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """One case of a scale; `held` is None where there is no target."""

    scale: str
    case: str
    ours: Taken
    baseline: Taken
    target: str
    held: bool | None


class Line:
    """What all clients of one publisher share: calls are counted here, and delayed."""

    def __init__(self, pause: float) -> None:
        self._pause, self._lock, self.calls = pause, threading.Lock(), 0

    def pass_on(self) -> None:
        """One call goes through."""
        with self._lock:
            self.calls += 1
        if self._pause:
            time.sleep(self._pause)


class Distant:
    """A client at the far end of a line."""

    def __init__(self, client: Any, line: Line) -> None:
        self._client, self._line = client, line

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._client, operation)

        def distant(**parameters: Any) -> Any:
            self._line.pass_on()
            return call(**parameters)

        return distant


class Catalog:
    """The emulated Service Catalog of a region, without HTTP, as the account's administrator."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name, arn = _NAMES[operation], f"arn:aws:iam::{self._account}:root"

        def call(**parameters: Any) -> Any:
            try:
                return dispatch.perform(name, Call(self._account, self._region, arn, arn, parameters))
            except CatalogError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from error

        return call


class Storage:
    """The emulated S3: plain puts, which are nearly all calls, without HTTP; the others through the server."""

    def __init__(self, account: str, client: Any) -> None:
        self._account, self._client = account, client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._client, operation)
        return call

    def put_object(self, Bucket: str, Key: str, Body: bytes, **conditions: Any) -> Any:  # noqa: N803 - as boto3's
        if conditions:
            return self._client.put_object(Bucket=Bucket, Key=Key, Body=Body, **conditions)
        return s3_backends[self._account]["aws"].put_object(Bucket, Key, Body)


@dataclass(frozen=True)
class Hub:
    """A hub of its own organization in several regions, empty but for what its foundation makes."""

    organization: Organization
    wanted: tuple[Desired, ...]  # one a region

    def clients(self, region: str, line: Line) -> Clients:
        hub = self.organization.hub
        keys, tagging = (hub.client(each, region=region) for each in ("kms", "resourcegroupstaggingapi"))
        storage = Storage(hub.id, hub.client("s3", region=region))
        return Clients(*(Distant(each, line) for each in (Catalog(hub.id, region), storage, keys, tagging)))

    def publish(self, pause: float) -> Taken:
        """As `build.py publish` does it: read and plan every region, then perform."""
        line, hub = Line(pause), self.organization.hub.id
        started = time.perf_counter()
        gateways, by_region = {}, {each.region: each for each in self.wanted}
        for region, wanted in by_region.items():
            found = self.clients(region, line)
            paced = (Paced(each) for each in (found.catalog, found.storage, found.keys, found.tagging))
            gateways[region] = HubGateway(Clients(*paced), hub, region, wanted.bucket)
        with ThreadPoolExecutor(len(gateways)) as pool:
            plans = pool.map(lambda region: make_plan(by_region[region], gateways[region].read()), gateways)
            plan = Plan(CATALOG, tuple(plans))
        again = means(read=lambda _stored: TEMPLATE, again=lambda region, live: make_plan(by_region[region], live))
        for outcome in apply_plan(plan, gateways, again):
            if outcome.failures or outcome.left:
                raise SystemExit(f"the publish failed: {outcome.failures}")
        return Taken(line.calls, time.perf_counter() - started)

    def publish_one_by_one(self, pause: float) -> Taken:
        """The baseline."""
        line = Line(0)
        started = time.perf_counter()
        for wanted in self.wanted:
            clients = self.clients(wanted.region, line)
            contents = dict.fromkeys((each.key for each in wanted.objects), TEMPLATE)
            SequentialPublisher(clients.catalog, clients.storage).publish(wanted, contents)
        return Taken(line.calls, time.perf_counter() - started + line.calls * pause)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=[*SCALES, "both"], default="both")
    parser.add_argument("--pause", type=float, default=0.05, help="seconds that each call takes longer")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = [scale for name, scale in SCALES.items() if options.scale in (name, "both")]
    rows = [row for scale in chosen for row in measure(scale, options.pause)]
    # in a process of its own, so that its memory is its own
    command = [sys.executable, str(PROJECT / "benchmarks" / "spokes.py")]
    spokes = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    fits = spokes["seconds"] <= SPOKES_SECONDS and spokes["megabytes"] <= SPOKES_MEGABYTES
    show(rows, spokes, fits, options.pause, as_json=options.json)
    return 0 if fits and all(row.held in (True, None) for row in rows) else 1


def measure(scale: Scale, pause: float) -> list[Row]:
    """First publish, no change, one product with a version more; ours and the baseline on a hub of its own each."""
    with running_server() as emulator, clock.latency_of(0):
        ours, baseline = (lay_out(emulator.url, scale) for _ in range(2))
        note(f"{scale}: first publish")
        first = ours.publish(pause), baseline.publish_one_by_one(pause)
        note(f"{scale}: no change")
        unchanged = ours.publish(pause), baseline.publish_one_by_one(pause)
        note(f"{scale}: one product changed")
        ours, baseline = (replace(each, wanted=one_more(each.wanted, scale.versions)) for each in (ours, baseline))
        changed = ours.publish(pause), baseline.publish_one_by_one(pause)
    return [
        Row(
            str(scale),
            "first publish",
            *first,
            f"{FASTER:g} times faster",
            first[1].seconds >= FASTER * first[0].seconds,
        ),
        limited(scale, "one product changed", changed, scale.changed),
        limited(scale, "no change", unchanged, scale.unchanged),
    ]


def limited(scale: Scale, case: str, taken: tuple[Taken, Taken], limit: float | None) -> Row:
    """A row whose target is seconds."""
    if limit is None:
        return Row(str(scale), case, *taken, "", None)
    return Row(str(scale), case, *taken, f"≤ {limit:g} s", taken[0].seconds <= limit)


def lay_out(url: str, scale: Scale) -> Hub:
    """A fresh hub: buckets, signing keys and launch roles, and an organization to share with."""
    organization = fresh_organization(url)
    hub = organization.hub
    products = tuple(some_product(number, range(scale.versions)) for number in range(scale.products))
    for each in products:
        hub.client("iam").create_role(
            RoleName=f"platform-launch-{each.name}", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
    share = Share("ORGANIZATIONAL_UNIT", organization.unit, True, False)
    wanted = []
    for region in REGIONS[: scale.regions]:
        make_foundation(hub, region)
        whole = wanted_of(region, products)
        reached = tuple((organization.unit, each.id) for each in organization.spokes)
        portfolios = tuple(replace(each, shares=(share,), receivers=reached) for each in whole.portfolios)
        wanted.append(replace(whole, bucket=bucket_of(hub, region), portfolios=portfolios))
    return Hub(organization, tuple(wanted))


def make_foundation(hub: Account, region: str) -> None:
    """Bucket, with a policy that lets the organization's services read templates, and signing key."""
    client = hub.client("s3", region=region)
    client.create_bucket(Bucket=bucket_of(hub, region), CreateBucketConfiguration={"LocationConstraint": region})
    keys = hub.client("kms", region=region)
    key = keys.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    keys.create_alias(AliasName="alias/platform-provenance", TargetKeyId=key)


def bucket_of(hub: Account, region: str) -> str:
    return f"platform-artifacts-{hub.id}-{region}"


def note(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


def show(rows: list[Row], spokes: dict[str, float], fits: bool, pause: float, *, as_json: bool) -> None:
    """The table, or the same as JSON."""
    machine = (
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    if as_json:
        cases = [asdict(row) for row in rows]
        planning = {**spokes, "spokes": SPOKES, "held": fits}
        print(json.dumps({"format": 1, "machine": machine, "pause": pause, "cases": cases, "planning": planning}))  # noqa: T201
        return
    print(f"Each call takes {pause * 1000:.0f} ms longer; {machine}")  # noqa: T201
    for name in dict.fromkeys(row.scale for row in rows):
        print(f"\n{name:<44}{'build.py':>22}{'one by one':>24}{'faster':>9}   target")  # noqa: T201
        for row in rows:
            if row.scale == name:
                ours, other = (f"{each.calls} calls {each.seconds:8.2f} s" for each in (row.ours, row.baseline))
                held = "" if row.held is None else " held" if row.held else " missed"
                faster = row.baseline.seconds / row.ours.seconds
                print(f"{row.case:<44}{ours:>22}{other:>24}{faster:>8.1f}×   {row.target}{held}")  # noqa: T201
    taken = "{seconds:.2f} s, {megabytes:.0f} MB".format(**spokes)
    target = f"≤ {SPOKES_SECONDS:g} s, ≤ {SPOKES_MEGABYTES} MB {'held' if fits else 'missed'}"
    print(f"\nplanning {SPOKES} spokes in {SCALES['large'].regions} regions, calls apart: {taken}   {target}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
