"""A served emulator, and accounts in it that no other test has touched."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from harness.emulator.clients import administrator, isolated_session
from harness.emulator.server import Emulator, running_server

REGION = "eu-west-1"
_numbers = itertools.count(310000000001)


@dataclass(frozen=True)
class Tenant:
    """One account of the emulator, as its administrator."""

    id: str
    url: str

    def client(self, service: str, region: str = REGION) -> Any:
        """A client as the account's administrator."""
        return administrator(service, self.id, region, self.url)

    def role(self, name: str, *statements: Mapping[str, Any]) -> str:
        """Makes a role with that trust; gives its ARN."""
        trust = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        return str(made["Role"]["Arn"])


def signed(service: str, url: str, key: str, secret: str = "any", token: str | None = None) -> Any:
    """A client with any credentials."""
    return isolated_session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A server of this process, for the whole run."""
    with running_server() as served:
        yield served


@pytest.fixture
def new_tenant(emulator: Emulator) -> Callable[[], Tenant]:
    """Makes accounts."""
    return lambda: Tenant(str(next(_numbers)), emulator.url)


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """An account of the test's own."""
    return new_tenant()
