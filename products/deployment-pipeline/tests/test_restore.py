"""What follows the end of a run: success is remembered, anything else puts both environments back."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from delivery_samples import described, settings

from model_delivery.release import archive
from model_delivery.restore import CURRENT_KEY, Clients, follow
from model_delivery.versions import version

RELEASE = archive(settings(), version(described()))  # of version 7


class Stacks:
    """CloudFormation of one environment, with one stack or none."""

    def __init__(self, number: str | None, status: str = "UPDATE_COMPLETE") -> None:
        self._stack = {
            "StackStatus": status,
            "Parameters": [{"ParameterKey": "ModelVersion", "ParameterValue": number}],
        }
        self._there = number is not None
        self.updated: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def describe_stacks(self, **given: Any) -> dict[str, Any]:
        if not self._there:
            message = f"Stack with id {given['StackName']} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        return {"Stacks": [self._stack]}

    def update_stack(self, **given: Any) -> None:
        self.updated.append(given)

    def delete_stack(self, **given: Any) -> None:
        self.deleted.append(given["RoleARN"])


class Services:
    """CodePipeline, S3 and SNS, as far as a run's end asks them."""

    def __init__(self, current: bytes | None, others: int = 0, version: str = "8") -> None:
        self.objects = {CURRENT_KEY: current} if current is not None else {}
        self.told: list[tuple[str, str]] = []
        self._others = others
        self._version = version

    def get_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        return {
            "pipelineExecution": {
                "statusSummary": "Rejected: not yet",
                "variables": [{"name": "ModelVersion", "resolvedValue": self._version}],
                "artifactRevisions": [{"name": "Release", "revisionId": "v8"}],
            }
        }

    def list_pipeline_executions(self, **_: Any) -> dict[str, Any]:
        runs = [{"pipelineExecutionId": f"later-{n}", "status": "InProgress"} for n in range(self._others)]
        return {"pipelineExecutionSummaries": [*runs, {"pipelineExecutionId": "run", "status": "Failed"}]}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key] or b"")}

    def copy_object(self, *, Key: str, CopySource: dict[str, str], **_: Any) -> None:  # noqa: N803
        self.objects[Key] = CopySource["VersionId"].encode()

    def publish(self, *, Subject: str, Message: str, **_: Any) -> None:  # noqa: N803
        self.told.append((Subject, Message))


def end(state: str, services: Services, **stacks: Stacks) -> dict[str, Any]:
    detail = {"execution-id": "run", "state": state}
    return follow(detail, settings(), Clients(services, services, services, lambda name: stacks[name]))


def test_a_release_that_serves_everywhere_is_remembered() -> None:
    services = Services(RELEASE)
    end("SUCCEEDED", services)
    assert services.objects[CURRENT_KEY] == b"v8"
    assert services.told[0][0] == "credit-risk-default: deployed"


def test_a_rejection_puts_the_version_back_that_served_before() -> None:
    preprod, prod, services = Stacks("8"), Stacks("7"), Services(RELEASE)
    done = end("FAILED", services, preprod=preprod, prod=prod)
    assert done["restored"] == {"preprod": "version 7 is being put back", "prod": "version 7 serves as before"}
    (update,) = preprod.updated
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in update["Parameters"]}
    assert parameters["ModelVersion"] == "7"
    assert parameters["ModelDataUrl"].startswith("s3://serving-222222222222-")
    assert update["RoleARN"] == "arn:aws:iam::222222222222:role/platform/delivery/model-stacks"
    assert not prod.updated
    ((subject, message),) = services.told
    assert subject == "credit-risk-default: not deployed"
    assert message.startswith("Version 8 of credit-risk-default was not deployed: Rejected: not yet")


def test_a_first_release_that_fails_is_removed_again() -> None:
    preprod, prod = Stacks("8", "CREATE_COMPLETE"), Stacks(None)
    done = end("FAILED", Services(None), preprod=preprod, prod=prod)
    assert preprod.deleted == ["arn:aws:iam::222222222222:role/platform/delivery/model-stacks"]
    assert done["restored"]["prod"] == "nothing was there, and nothing is"


def test_a_stack_that_never_came_up_is_removed_whatever_served_before() -> None:
    prod = Stacks("8", "ROLLBACK_COMPLETE")
    end("FAILED", Services(RELEASE), preprod=Stacks("7"), prod=prod)
    assert prod.deleted and not prod.updated


def test_nothing_is_put_back_while_a_later_release_is_under_way() -> None:
    preprod = Stacks("8")
    services = Services(RELEASE, others=1)
    done = end("FAILED", services, preprod=preprod, prod=Stacks("7"))
    assert done["reason"] == "a later run is under way"
    assert not preprod.updated and not services.told


def test_the_run_that_codepipeline_makes_of_a_new_pipeline_changes_nothing_and_tells_nobody() -> None:
    preprod, services = Stacks("7"), Services(None, version="none")
    end("FAILED", services, preprod=preprod, prod=Stacks("7"))
    assert not preprod.deleted and not services.told


def test_a_stack_that_is_still_moving_is_tried_again_later() -> None:
    with pytest.raises(RuntimeError, match="UPDATE_IN_PROGRESS: tried again later"):
        end("STOPPED", Services(RELEASE), preprod=Stacks("8", "UPDATE_IN_PROGRESS"), prod=Stacks("7"))
