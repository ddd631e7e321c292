"""Where publishing goes and as whom: a target resolved to credentials and boto3 clients. Calls nothing but STS.

`local` is an emulated landscape at an endpoint that the caller serves: the access key id is the account's number, which
makes its administrator. `aws` uses ambient credentials, or a profile's, to become the hub's publisher role.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher

from harness.catalog.model import Catalog
from harness.publish.aws import explaining
from harness.publish.pacing import Paced

TargetName = Literal["local", "aws"]
SPOKE_ADMINISTRATOR = "OrganizationAccountAccessRole"  # the role that AWS Organizations makes in a new account

_IDENTITIES = 32  # whose clients are kept: twice as many as are at work side by side

# Adaptive: the client slows down when a service says that it is too fast.
_CONFIG = Config(
    retries={"mode": "adaptive", "max_attempts": 10}, connect_timeout=5, read_timeout=60, max_pool_connections=64
)

# For clients whose calls are repeated by `pacing.py`, which knows when that helps.
_ONCE = {"mode": "standard", "total_max_attempts": 1}

# Who we are is asked first: a place that cannot be reached is told soon.
_FIRST = {"mode": "standard", "max_attempts": 2}

# For the local target: this machine's AWS configuration (a profile that does not exist, say) is of no concern.
_NO_CONFIGURATION: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


@dataclass(frozen=True)
class Identity:
    """Whose credentials a client uses: an account, and a role in it; no role is the account's administrator."""

    account: str
    role: str = ""


@dataclass
class _Visit:
    """One identity's credentials, and the clients made with them. Whoever waits for them holds up no other identity."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    core: Any = None  # a botocore session
    clients: dict[tuple[str, str, bool], Any] = field(default_factory=dict)


class Session:
    """Makes clients for one target. Thread-safe; clients are shared while their identity is among those used last.

    So hundreds of spokes, one after the other, take no more room than the few that are at work. `role`: who reads and
    changes the hub, if not the publisher.
    """

    def __init__(self, target: TargetName, catalog: Catalog, endpoint: str | None = None, role: str = "") -> None:
        if (target == "local") != (endpoint is not None):
            raise ValueError("the local target, and only that, has an endpoint")
        self.target = target
        self.catalog = catalog
        self._endpoint = endpoint
        self._role = role
        self._lock = threading.RLock()
        self._visits: OrderedDict[Identity, _Visit] = OrderedDict()
        self._ambient: tuple[str, str] | None = None

    @property
    def hub_account(self) -> str:
        return self.catalog.landscape.hub.account

    def hub(self) -> Identity:
        """The publisher in the hub, or who was named instead."""
        role = self._role or self.catalog.targets.aws.publisher_role
        return Identity(self.hub_account, role if self.target == "aws" else "")

    def administrator(self, account: str, role: str = SPOKE_ADMINISTRATOR) -> Identity:
        """Who may prepare a spoke. At the target aws the role is assumed unless the caller is of that account."""
        if self.target == "local":
            return Identity(account)
        return Identity(account, "" if self._caller()[0] == account else role)

    def persona(self, account: str, persona: str) -> Identity:
        """A persona in a spoke."""
        return Identity(account, f"platform-{persona}")

    def client(self, identity: Identity, service: str, region: str) -> Any:
        """A client of a service. Raises KnownError when the identity cannot be had."""
        return self._client(identity, service, region, paced=False)

    def paced(self, identity: Identity, service: str, region: str) -> Any:
        """A client whose operations are paced one by one, see `pacing.py`. Raises KnownError as `client`."""
        return self._client(identity, service, region, paced=True)

    def _client(self, identity: Identity, service: str, region: str, paced: bool) -> Any:
        visit, key = self._visit(identity), (service, region, paced)
        with visit.lock:
            if visit.core is None:
                with explaining(self._place(identity)):
                    visit.core = self._open(identity)
            if key not in visit.clients:
                config = self._config(_ONCE if paced else None)
                made = visit.core.create_client(service, region_name=region, endpoint_url=self._endpoint, config=config)
                visit.clients[key] = Paced(made) if paced else made
            return visit.clients[key]

    def _visit(self, identity: Identity) -> _Visit:
        with self._lock:
            visit = self._visits.setdefault(identity, _Visit())
            self._visits.move_to_end(identity)
            while len(self._visits) > _IDENTITIES:
                self._visits.popitem(last=False)  # whoever works with its clients keeps them
            return visit

    def _config(self, retries: Any = None) -> Config:
        # Buckets in the path, for a virtual host would name another machine; and no proxy between us and loopback.
        config = _CONFIG.merge(Config(retries=retries)) if retries else _CONFIG
        return config.merge(Config(s3={"addressing_style": "path"}, proxies={})) if self._endpoint else config

    def _place(self, identity: Identity) -> str:
        role = f" as {identity.role}" if identity.role else ""
        return f"target {self.target}: account {identity.account}{role}"

    def _open(self, identity: Identity) -> Any:
        if self.target == "local":
            administrator = self._core()
            administrator.set_credentials(identity.account, "local")
            return self._assume(administrator, identity) if identity.role else administrator
        account, arn = self._caller()
        is_that_role = f":assumed-role/{identity.role}/" in arn
        if account == identity.account and (not identity.role or is_that_role):
            return self._base()
        return self._assume(self._base(), identity)

    def _core(self, profile: str | None = None) -> Any:
        """A botocore session. What services look like is read once for all of them: it is most of their memory."""
        core: Any = botocore.session.Session(
            profile=profile, session_vars=_NO_CONFIGURATION if self._endpoint else None
        )
        core.register_component("data_loader", self._loader)
        return core

    @cached_property
    def _loader(self) -> Any:
        return botocore.session.Session(session_vars=_NO_CONFIGURATION if self._endpoint else None).get_component(
            "data_loader"
        )

    def _base(self) -> Any:
        return self._core(self.catalog.targets.aws.profile)

    def _caller(self) -> tuple[str, str]:
        """Account and ARN of the ambient credentials."""
        with self._lock:
            if self._ambient is None:
                with explaining("target aws"):
                    sts = self._base().create_client(
                        "sts", region_name=self.catalog.home_region, config=self._config(_FIRST)
                    )
                    answer = sts.get_caller_identity()
                    self._ambient = (answer["Account"], answer["Arn"])
            return self._ambient

    def _assume(self, base: Any, identity: Identity) -> Any:
        """A session as the role, whose credentials renew themselves while the base is valid."""
        region = self.catalog.home_region
        sts = base.create_client("sts", region_name=region, endpoint_url=self._endpoint, config=self._config(_FIRST))
        partition = base.get_partition_for_region(region)
        parameters = {
            "RoleArn": f"arn:{partition}:iam::{identity.account}:role/{identity.role}",
            "RoleSessionName": f"{self.catalog.catalog}-catalog"[:64],
        }
        core = self._core()
        # botocore has no public way to hand refreshable credentials to a session.
        core._credentials = DeferredRefreshableCredentials(
            refresh_using=create_assume_role_refresher(sts, parameters), method="sts-assume-role"
        )
        core._credentials.get_frozen_credentials()  # now, so that a refusal is told here
        return core
