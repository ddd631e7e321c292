"""The gate before each deployment: the version is approved now, and the release is of that version."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from delivery_samples import PACKAGE, described, settings

from model_delivery.copy_version import approved, busy, refuse_another
from model_delivery.refusal import RefusedError
from model_delivery.release import archive
from model_delivery.versions import version


class Registry:
    """SageMaker with one version."""

    def __init__(self, status: str) -> None:
        self._status = status

    def describe_model_package(self, **_: Any) -> dict[str, Any]:
        return described(ModelApprovalStatus=self._status)


class Stacks:
    """CloudFormation with one stack, or none."""

    def __init__(self, status: str) -> None:
        self._status = status

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if not self._status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "it does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self._status}]}


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_a_version_that_is_not_approved_any_more_is_refused(status: str) -> None:
    assert approved(Registry("Approved"), PACKAGE).number == 7
    with pytest.raises(RefusedError, match=f"Version 7 of credit-risk-default is {status} in the registry now"):
        approved(Registry(status), PACKAGE)


def test_a_run_that_was_started_for_another_version_than_the_releases_is_refused() -> None:
    release = archive(settings(), version(described()))
    refuse_another(PACKAGE, release)
    with pytest.raises(RefusedError, match=r"this run was started for none: approvals start releases"):
        refuse_another("none", release)


@pytest.mark.parametrize(
    ("status", "expected"), [("UPDATE_IN_PROGRESS", True), ("UPDATE_COMPLETE", False), ("", False)]
)
def test_a_stack_that_is_on_its_way_is_waited_for(status: str, expected: bool) -> None:
    assert busy(Stacks(status), "model-credit-risk-default") is expected
