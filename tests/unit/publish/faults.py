"""A wire between the gateway and the emulator on which calls fail as they do on bad days; and a hub at its other end.

Service Catalog is asked in this process, without HTTP; S3, KMS and the tagging API through the served emulator.
"""

from __future__ import annotations

import copy
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import Session
from moto.s3.models import s3_backends

from harness.emulator.servicecatalog import dispatch
from harness.emulator.servicecatalog.backend import servicecatalog_backends, store_of
from harness.emulator.servicecatalog.call import Call
from harness.emulator.servicecatalog.errors import CatalogError
from harness.emulator.servicecatalog.store import Store
from harness.publish.apply import Means, Outcome, apply_plan
from harness.publish.aws import Patience
from harness.publish.gateway import HubGateway
from harness.publish.lock import Lock
from harness.publish.model import Desired, Live, Share
from harness.publish.pacing import Pace, Paced
from harness.publish.plan import Plan, RegionPlan, make_plan
from harness.publish.reader import Clients, HubReader
from tests.unit.emulator.servicecatalog.accounts import REGION, TRUST, Organization, fresh_organization

_NAMES = {xform_name(each): each for each in Session().get_service_model("servicecatalog").operation_names}
# An answer's member that says what was made → the members by which reads ask for it, or list it.
_MADE = {
    "create_portfolio": lambda answer: answer["PortfolioDetail"]["Id"],
    "create_product": lambda answer: answer["ProductViewDetail"]["ProductViewSummary"]["ProductId"],
    "create_provisioning_artifact": lambda answer: answer["ProvisioningArtifactDetail"]["Id"],
    "create_constraint": lambda answer: answer["ConstraintDetail"]["ConstraintId"],
    "create_tag_option": lambda answer: answer["TagOptionDetail"]["Id"],
}
_LISTED = ("Id", "ConstraintId", "ProductId")
_READS = ("describe_", "list_", "search_")


class Killed(BaseException):
    """The process dies here, and makes no further call."""


@dataclass
class Wire:
    """What goes wrong between a publisher and AWS.

    `kill`: (operation, its number from 1) at which the process dies, before the call or (`after`) after it.
    `throttled`, `lost`, `late`: shares of calls that are throttled, time out before they take effect, and after.
    `unseen`: reads for which a new thing is invisible. `expired`: number of the call from which credentials are.
    """

    kill: tuple[str, int] | None = None
    after: bool = False
    throttled: float = 0.0
    lost: float = 0.0
    late: float = 0.0
    unseen: int = 0
    expired: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    dead: bool = False
    hidden: dict[str, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def perform(self, operation: str, call: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
        with self.lock:
            if self.dead:
                raise Killed
            self.calls[operation] += 1
            here = self.kill == (operation, self.calls[operation])
            if here and not self.after:
                self._die()
            fate = self._fate(operation)
            if operation.startswith(_READS):
                self._refuse_unseen(operation, parameters)
        if fate == "throttled":
            raise refusal("ThrottlingException", operation, 400)
        if fate == "lost":
            raise ReadTimeoutError(endpoint_url="https://hub")
        try:
            answer = call(**parameters)
        except ClientError:  # an answer too
            if here:
                self._die()
            raise
        with self.lock:
            if self.unseen and operation in _MADE:
                self.hidden.setdefault(_MADE[operation](answer), self.unseen)
            if self.hidden and operation.startswith(_READS):
                answer = {name: self._seen(value) for name, value in answer.items()}
            if here:
                self._die()
        if fate == "late":
            raise ReadTimeoutError(endpoint_url="https://hub")
        return answer

    def _die(self) -> None:
        self.dead = True
        raise Killed

    def _fate(self, operation: str) -> str:
        if self.expired and self.calls.total() >= self.expired:
            raise refusal("ExpiredTokenException", operation, 400)
        drawn = self.dice.random()
        for name in ("throttled", "lost", "late"):
            share = getattr(self, name)
            if drawn < share:
                self.failed[name] += 1
                return name
            drawn -= share
        return ""

    def _refuse_unseen(self, operation: str, parameters: Mapping[str, Any]) -> None:
        for value in parameters.values():
            if isinstance(value, str) and self._is_hidden(value):
                self.failed["unseen"] += 1
                raise refusal("ResourceNotFoundException", operation, 400)

    def _is_hidden(self, identifier: str) -> bool:
        left = self.hidden.get(identifier, 0)
        if left:
            self.hidden[identifier] = left - 1
        return left > 0

    def _seen(self, value: Any) -> Any:
        return [each for each in value if not self._is_hidden(_id_of(each))] if isinstance(value, list) else value


def _id_of(entry: Any) -> str:
    if not isinstance(entry, dict):
        return ""
    entry = entry.get("ProductViewSummary", entry)
    # a summary's own Id is that of its view
    return str(next((entry[name] for name in reversed(_LISTED) if name in entry), ""))


def refusal(code: str, operation: str, status: int) -> ClientError:
    """An error as AWS words it."""
    said = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, operation)  # type: ignore[arg-type]


class Wired:
    """A client behind a wire."""

    def __init__(self, wire: Wire, client: Any) -> None:
        self._wire, self._client = wire, client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._client, operation)
        return lambda **parameters: self._wire.perform(operation, call, parameters)


class EmulatedCatalog:
    """A client of the emulated Service Catalog in this process, as the account's administrator."""

    def __init__(self, account: str) -> None:
        self._account = account

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name, arn = _NAMES[operation], f"arn:aws:iam::{self._account}:root"

        def call(**parameters: Any) -> Any:
            try:
                return dispatch.perform(name, Call(self._account, REGION, arn, arn, parameters))
            except CatalogError as error:
                said = {"Error": {"Code": error.code, "Message": error.message}}
                raise ClientError(said, name) from error

        return call


@dataclass(frozen=True)
class Kept:
    """The state of a hub's Service Catalog and of its bucket."""

    store: Store
    objects: Mapping[str, bytes]


@dataclass(frozen=True)
class EmulatedHub:
    """A hub of its own organization, empty but for what its foundation makes."""

    organization: Organization
    wanted: Desired

    @property
    def account(self) -> str:
        return self.organization.hub.id

    def clients(self) -> Clients:
        """Clients that nothing disturbs."""
        hub = self.organization.hub
        others = (hub.client(each) for each in ("s3", "kms", "resourcegroupstaggingapi"))
        return Clients(EmulatedCatalog(self.account), *others)

    def gateway(self, wire: Wire, holder: str = "a publisher", seconds: float = 0) -> HubGateway:
        """The hub through a wire, by somebody in a hurry. A lock of 0 seconds is nobody's as soon as it is left."""
        found, pace = self.clients(), Pace(first=0.002, longest=0.05)
        wired = (Paced(Wired(wire, each), pace) for each in (found.catalog, found.storage, found.keys, found.tagging))
        clients, place = Clients(*wired), f"hub {self.account}"
        lock = Lock(clients.storage, self.wanted.bucket, place, holder, seconds)
        patience = Patience(place, limit=20, first=0.001, longest=0.02, unseen=1)
        return HubGateway(clients, self.account, REGION, self.wanted.bucket, lock, patience)

    def publish(self, wire: Wire, means: Means, gateway: HubGateway | None = None) -> Outcome:
        """One publish, as the command does it."""
        hub = gateway or self.gateway(wire)
        return self.perform(make_plan(self.wanted, hub.read()), hub, means)

    def perform(self, plan: RegionPlan, gateway: HubGateway, means: Means) -> Outcome:
        """Perform a plan, which may be made again where the hub has moved since."""
        again = replace(means, again=lambda _region, live: make_plan(self.wanted, live))
        (outcome,) = apply_plan(Plan(self.wanted.catalog, (plan,)), {REGION: gateway}, again)
        return outcome

    def plan(self) -> RegionPlan:
        """What is left to do, seen by somebody whom nothing disturbs."""
        return make_plan(self.wanted, self.live())

    def kept(self) -> Kept:
        """What the hub holds now, to be put back."""
        bucket = s3_backends[self.account]["aws"].buckets[self.wanted.bucket]
        objects = {name: bytes(stored.value) for name, stored in bucket.keys.items()}
        return Kept(copy.deepcopy(store_of(self.account, REGION)), objects)

    def put_back(self, kept: Kept) -> None:
        """Makes the hub what it was: many times faster than making another one."""
        servicecatalog_backends[self.account][REGION].store = copy.deepcopy(kept.store)
        storage = s3_backends[self.account]["aws"]
        storage.buckets[self.wanted.bucket].keys.clear()
        for name, content in kept.objects.items():
            storage.put_object(self.wanted.bucket, name, content)

    def live(self) -> Live:
        """What is there, seen by somebody whom nothing disturbs."""
        return HubReader(self.clients(), self.account, REGION, self.wanted.bucket).read()


def emulated_hub(url: str, wanted: Desired) -> EmulatedHub:
    """A fresh hub for what is wanted: bucket, signing key, launch roles, and an organization to share with."""
    organization = fresh_organization(url)
    hub, unit = organization.hub, organization.unit
    bucket = f"platform-artifacts-{hub.id}-{REGION}"
    hub.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    reads = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization.id}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [reads]})
    hub.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    key = hub.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    hub.client("kms").create_alias(AliasName="alias/platform-provenance", TargetKeyId=key)
    roles = (role for each in wanted.portfolios for _, role in each.products)
    for role in ("platform-launch-other", *dict.fromkeys(roles)):
        hub.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    share = Share("ORGANIZATIONAL_UNIT", unit, True, False)
    receivers = tuple((unit, each.id) for each in organization.spokes)
    portfolios = tuple(replace(each, shares=(share,), receivers=receivers) for each in wanted.portfolios)
    return EmulatedHub(organization, replace(wanted, region=REGION, bucket=bucket, portfolios=portfolios))
