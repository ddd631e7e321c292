"""Acting with a role: what an AWS service does when it runs something for a customer. It knows no service from inside.

Jobs, functions, pipelines and schedules of the emulated landscape call its APIs through the real address with the
session of their role, so that they meet the same refusals as anybody else who holds it.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.config import Config
from moto.iam.models import iam_backends

from harness.emulator import clock, identity, policy
from harness.emulator.clients import isolated_session
from harness.emulator.identity import PARTITION, Caller, Session
from harness.iam import Kind, Principal

_ROLE_ARN = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[\w+=,.@-]+)")
# AWS renews the credentials of what runs long; here they last: a landscape is served for days at the most.
_SECONDS = 7 * 86400
_LEAST_LEFT = 86400  # seconds for which a session that is given out once more still holds
_NOT_OF_A_SESSION_NAME = re.compile(r"[^\w+=,.@-]")


class NotTrustedError(Exception):
    """The role does not exist, or does not let the service act with it; the message says which."""


# An SDK that finds no credentials looks for them at this machine: in its files, and at the address where a machine of
# AWS would get real ones.
_NOTHING_OF_THIS_MACHINE = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_NOWHERE = "http://127.0.0.1:9"  # the discard port

_sessions: dict[tuple[Caller, str], Session] = {}  # by who acts, and the role's own id with the session's name

# The servers of this process, which all show the same landscape.
_served_at: list[str] = []


def serve_at(url: str) -> None:
    """Says where the landscape is served: http://127.0.0.1:N. Called by the server when it begins to listen."""
    _served_at.append(url)


def no_longer_at(url: str) -> None:
    """Says that a server has ended."""
    _served_at.remove(url)


def endpoint() -> str:
    """Where the landscape is served. Raises RuntimeError where it is not: nothing runs without a server."""
    if not _served_at:
        raise RuntimeError("the landscape is not served: start it with harness.emulator.server.running_server")
    return _served_at[-1]


def credentials(
    role_arn: str,
    service: str,
    account_id: str,
    session_name: str = "platform",
    source_arn: str | None = None,
) -> Session:
    """A session of that role for a service principal (sagemaker.amazonaws.com) that acts for `account_id`.

    `source_arn`: the resource on whose behalf, which the trust policy may ask for. Raises NotTrustedError.
    """
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None:
        raise NotTrustedError(f"{role_arn} is not the ARN of a role")
    roles = iam_backends[match["account"]][PARTITION].roles.values()
    role = next((each for each in roles if each.arn == role_arn), None)
    if role is None:
        raise NotTrustedError(f"the role {role_arn} does not exist")
    if not _trusts(role.assume_role_policy_document, role_arn, service, account_id, source_arn):
        raise NotTrustedError(f"the role {role_arn} does not trust {service} for account {account_id}")
    name = _NOT_OF_A_SESSION_NAME.sub("-", session_name)[:64].ljust(2, "-")
    arn = f"arn:{PARTITION}:sts::{match['account']}:assumed-role/{role.name}/{name}"
    tags = tuple((tag["Key"], tag["Value"]) for tag in role.tags or ())
    return _session(Caller(match["account"], arn, role.arn, tags=tags), f"{role.id}:{name}")


def _session(who: Caller, identifier: str) -> Session:
    """One session for all that the same role does under the same name: nobody can tell, and there are not too many."""
    known = _sessions.get((who, identifier))
    if known is not None and (known.expiration - clock.now()).total_seconds() > _LEAST_LEFT:
        return known
    made = _sessions[who, identifier] = identity.open_session(who, identifier, _SECONDS)
    return made


def client(service: str, region: str, session: Session, read_timeout: float = 120) -> Any:
    """A botocore client of the served landscape that acts with a session."""
    return isolated_session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint(),
        aws_access_key_id=session.access_key_id,
        aws_secret_access_key=session.secret_access_key,
        aws_session_token=session.session_token,
        config=Config(
            retries={"total_max_attempts": 1},
            read_timeout=read_timeout,
            proxies={},
            s3={"addressing_style": "path"},
            # The emulator stands for every host name of AWS.
            inject_host_prefix=False,
            max_pool_connections=4,
        ),
    )


def environment(region: str, session: Session) -> dict[str, str]:
    """Variables that make any AWS SDK of a process act with a session on the served landscape only."""
    return {
        "AWS_ENDPOINT_URL": endpoint(),
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **_NOTHING_OF_THIS_MACHINE,
        "NO_PROXY": "127.0.0.1",
    }


def isolated() -> dict[str, str]:
    """Variables that leave any AWS SDK of a process without credentials, this machine's included, and without AWS."""
    return {**_NOTHING_OF_THIS_MACHINE, "AWS_ENDPOINT_URL": _NOWHERE}


def _trusts(document: str, role_arn: str, service: str, account_id: str, source_arn: str | None) -> bool:
    context = {"aws:SourceAccount": account_id, "aws:SourceArn": source_arn}
    return policy.lets_in(document, Principal.service(service), "sts:AssumeRole", role_arn, context, Kind.TRUST)
