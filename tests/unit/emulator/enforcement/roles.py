"""Roles with permissions in an account of the emulator, and clients that act with their sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.emulator.clients import isolated_session
from tests.unit.emulator.conftest import REGION, Tenant


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that permits."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """A statement that forbids."""
    return {**allow(*actions, on=on, **more), "Effect": "Deny"}


def document(*statements: Mapping[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Role:
    """A role of a tenant."""

    tenant: Tenant
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    def may(self, *statements: Mapping[str, Any]) -> Role:
        """Replaces what the role may do."""
        self.tenant.client("iam").put_role_policy(
            RoleName=self.name, PolicyName="duties", PolicyDocument=document(*statements)
        )
        return self

    def within(self, *statements: Mapping[str, Any]) -> Role:
        """Gives it a permissions boundary."""
        iam = self.tenant.client("iam")
        made = iam.create_policy(PolicyName=f"boundary-{self.name}", PolicyDocument=document(*statements))["Policy"]
        iam.put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=made["Arn"])
        return self

    def client(self, service: str, region: str = REGION, **session: Any) -> Any:
        """A client that acts with a new session of the role; `session`: more of AssumeRole."""
        asked = {"RoleArn": self.arn, "RoleSessionName": "jane", **session}
        given = self.tenant.client("sts").assume_role(**asked)["Credentials"]
        return isolated_session().create_client(
            service,
            region_name=region,
            endpoint_url=self.tenant.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}),
        )


def role(tenant: Tenant, name: str, *statements: Mapping[str, Any], path: str = "/", **more: Any) -> Role:
    """Makes a role that the account's administrator can assume."""
    trust = {"Effect": "Allow", "Principal": {"AWS": tenant.id}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    iam = tenant.client("iam")
    made = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(trust), **more)["Role"]
    found = Role(tenant, str(made["Arn"]))
    return found.may(*statements) if statements else found


def refused(call: Any, /, **parameters: Any) -> str:
    """The message with which a call is denied; the test fails where it is not."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] in (
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
        "403",
    )
    return str(error["Message"])
