"""Sessions that a service takes for a customer's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.emulator import acting
from tests.unit.emulator.conftest import Tenant

REGION = "eu-west-1"


def _worker(tenant: Tenant) -> str:
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": tenant.id}}
    principal = {"Service": "lambda.amazonaws.com"}
    return tenant.role(
        "worker", {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    )


def test_a_service_acts_as_a_role_that_trusts_it(tenant: Tenant) -> None:
    session = acting.credentials(_worker(tenant), "lambda.amazonaws.com", tenant.id, "resize images")
    who = acting.client("sts", REGION, session).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{tenant.id}:assumed-role/worker/resize-images"


def test_what_acts_again_has_the_same_session_and_a_new_role_of_the_name_another(tenant: Tenant) -> None:
    first = acting.credentials(_worker(tenant), "lambda.amazonaws.com", tenant.id, "same")
    role = first.caller.principal_arn
    assert acting.credentials(role, "lambda.amazonaws.com", tenant.id, "same") == first
    assert acting.credentials(role, "lambda.amazonaws.com", tenant.id, "other") != first
    tenant.client("iam").delete_role(RoleName="worker")
    again = acting.credentials(_worker(tenant), "lambda.amazonaws.com", tenant.id, "same")
    assert again.access_key_id != first.access_key_id


def test_a_process_gets_the_session_and_the_address(tenant: Tenant) -> None:
    session = acting.credentials(_worker(tenant), "lambda.amazonaws.com", tenant.id)
    environment = acting.environment(REGION, session)
    assert environment["AWS_SESSION_TOKEN"] == session.session_token
    assert environment["AWS_ENDPOINT_URL"] == acting.endpoint()


def test_a_role_refuses_a_service_that_it_does_not_name(tenant: Tenant) -> None:
    role = _worker(tenant)
    with pytest.raises(acting.NotTrustedError, match=r"does not trust sagemaker\.amazonaws\.com"):
        acting.credentials(role, "sagemaker.amazonaws.com", tenant.id)


def test_a_role_refuses_a_service_that_acts_for_another_account(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    role, other = _worker(tenant), new_tenant()
    with pytest.raises(acting.NotTrustedError, match=f"for account {other.id}"):
        acting.credentials(role, "lambda.amazonaws.com", other.id)


@pytest.mark.parametrize("arn", ["arn:aws:iam::222222222221:role/platform/functions/nobody", "worker"])
def test_a_role_that_is_not_there_is_named(arn: str) -> None:
    with pytest.raises(acting.NotTrustedError, match=arn):
        acting.credentials(arn, "lambda.amazonaws.com", "222222222221")
