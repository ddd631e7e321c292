"""What an AWS service itself may do to a customer's thing: resource policies and key policies, read for a service.

What callers with an identity of their own may do is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass

from moto.kms.models import kms_backends

from harness.emulator import organization, policy
from harness.iam import Principal

_KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")  # what a service needs to put something that is encrypted


@dataclass(frozen=True)
class Service:
    """A service that acts on behalf of one resource: a rule, a topic, an alarm, a bucket."""

    principal: str  # events.amazonaws.com
    source_arn: str
    source_account: str
    source_owner: str | None = None  # what alarms say, and the policy that SNS gives a topic at first asks for


def may(service: Service, document: str | None, action: str, resource: str) -> bool:
    """Whether a resource's policy lets the service in. No policy lets no service in."""
    return _allows(service, document or "", action, resource)


def key_problem(service: Service, key: str | None, account_id: str, region: str) -> str | None:
    """Why the service cannot use the key that protects a thing of that account; None where it can, or there is none.

    `key`: id, alias or ARN of a KMS key.
    """
    if not key:
        return None
    name = key.rsplit(":", 1)[-1] if key.startswith("arn:") else key
    if name.startswith("alias/aws/"):
        return f"the key {name} of AWS lets no other service in: only a key of your own can"
    owner, where = (key.split(":")[4], key.split(":")[3]) if key.startswith("arn:") else (account_id, region)
    backend = kms_backends[owner][where]
    found = backend.keys.get(backend.any_id_to_key_id(key))
    if found is None or not found.enabled:
        return f"the key {key} does not exist or is disabled"
    lacking = [each for each in _KEY_ACTIONS if not _allows(service, found.policy, each, found.arn)]
    return f"the policy of key {found.arn} does not allow {service.principal} {', '.join(lacking)}" if lacking else None


def _allows(service: Service, document: str, action: str, resource: str) -> bool:
    # A service has no identity, address or network of a customer's: these keys are known to be absent.
    absent = ("PrincipalOrgID", "PrincipalArn", "PrincipalAccount", "SourceIp", "SourceVpc", "SourceVpce")
    context = {
        **dict.fromkeys(f"aws:{each}" for each in absent),
        "aws:SourceArn": service.source_arn,
        "aws:SourceAccount": service.source_account,
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service.principal,
        "aws:ViaAWSService": "false",
        "aws:SecureTransport": "true",  # the emulator stands for endpoints that speak TLS
        "aws:SourceOrgID": organization.organization_of(service.source_account) or None,
        "aws:SourceOwner": service.source_owner,
    }
    return policy.lets_in(document, Principal.service(service.principal), action, resource, context)
