"""What follows the end of a run: success is remembered, anything else puts both environments back."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from delivery_samples import described, settings

from model_delivery.release import archive
from model_delivery.restore import CURRENT_KEY, Clients, follow, read_current
from model_delivery.versions import version

RELEASE = archive(settings(), version(described()))  # of version 7
MADE = datetime(2026, 11, 1, tzinfo=UTC)  # the pipeline
LATER = MADE + timedelta(hours=1)
ROLE = "arn:aws:iam::222222222222:role/platform/delivery/model-stacks"


class Stacks:
    """CloudFormation of one environment: the model's stack with a version of the model, or none, and its storage."""

    def __init__(
        self,
        number: str | None,
        status: str = "UPDATE_COMPLETE",
        storage: str = "CREATE_COMPLETE",
        created: datetime = LATER,
    ) -> None:
        current = read_current(Services(RELEASE), settings())
        assert current is not None
        parameters = {**current.parameters["preprod"], "ModelVersion": number}
        self._stacks: dict[str, Any] = {"model-credit-risk-default-storage": {"StackStatus": storage}}
        if number is not None:
            given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
            stack = {"StackStatus": status, "CreationTime": created, "Parameters": given}
            self._stacks["model-credit-risk-default"] = stack
        self.template = current.template
        self.updated: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def describe_stacks(self, **given: Any) -> dict[str, Any]:
        if given["StackName"] not in self._stacks:
            message = f"Stack with id {given['StackName']} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        return {"Stacks": [self._stacks[given["StackName"]]]}

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": self.template}

    def update_stack(self, **given: Any) -> None:
        self.updated.append(given)

    def delete_stack(self, **given: Any) -> None:
        assert given["RoleARN"].endswith("role/platform/delivery/model-stacks")
        self.deleted.append(given["StackName"].removeprefix("model-credit-risk-default"))


class Services:
    """CodePipeline, S3 and SNS, as far as a run's end asks them."""

    def __init__(
        self, current: bytes | None, *, later: tuple[str, ...] = (), version: str = "8", action: str = "Failed"
    ) -> None:
        self.objects = {CURRENT_KEY: current} if current is not None else {}
        self.told: list[tuple[str, str]] = []
        self._later = later
        self._version = version
        self._action = action

    def get_pipeline(self, **_: Any) -> dict[str, Any]:
        return {"metadata": {"created": MADE}}

    def get_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        return {
            "pipelineExecution": {
                "variables": [{"name": "ModelVersion", "resolvedValue": self._version}],
                "artifactRevisions": [{"name": "Release", "revisionId": "v8"}],
            }
        }

    def list_pipeline_executions(self, **_: Any) -> dict[str, Any]:
        runs = [{"pipelineExecutionId": f"later-{n}", "status": status} for n, status in enumerate(self._later)]
        return {"pipelineExecutionSummaries": [*runs, {"pipelineExecutionId": "run", "status": "Failed"}]}

    def list_action_executions(self, **_: Any) -> dict[str, Any]:
        result = {"errorDetails": {"code": "ApprovalRejected", "message": "not yet"}}
        action = {
            "stageName": "Approval",
            "actionName": "Word",
            "status": self._action,
            "output": {"executionResult": result},
        }
        return {"actionExecutionDetails": [action]}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key] or b"")}

    def copy_object(self, *, Key: str, CopySource: dict[str, str], **_: Any) -> None:  # noqa: N803
        assert CopySource["VersionId"] == "v8"
        self.objects[Key] = RELEASE

    def publish(self, *, Subject: str, Message: str, **_: Any) -> None:  # noqa: N803
        self.told.append((Subject.removeprefix("credit-risk-default: "), Message))


def end(state: str, services: Services, preprod: Stacks, prod: Stacks) -> dict[str, Any]:
    stacks = {"preprod": preprod, "prod": prod}
    detail = {"execution-id": "run", "state": state}
    return follow(detail, settings(), Clients(services, services, services, lambda name: stacks[name]))


def in_production(number: str | None, **given: Any) -> Stacks:
    """Production's stack has parameters of its own: compared with what the release has for it."""
    found = Stacks(number, **given)
    current = read_current(Services(RELEASE), settings())
    assert current is not None
    for stack in found._stacks.values():
        for each in stack.get("Parameters", ()):
            if each["ParameterKey"] != "ModelVersion":
                each["ParameterValue"] = current.parameters["prod"][each["ParameterKey"]]
    return found


def test_a_release_that_serves_everywhere_is_remembered() -> None:
    services = Services(None)
    done = end("SUCCEEDED", services, Stacks("7"), in_production("7"))
    assert services.objects[CURRENT_KEY] == RELEASE
    assert done["restored"] == {"preprod": "version 7 serves", "prod": "version 7 serves"}
    assert services.told[0][0] == "deployed"


def test_pre_production_follows_production_when_the_last_run_under_way_has_succeeded() -> None:
    """Another release was tested in pre-production, and failed, while this one waited for its word."""
    preprod = Stacks("9")
    end("SUCCEEDED", Services(RELEASE), preprod, in_production("7"))
    assert len(preprod.updated) == 1


def test_a_success_that_is_told_late_does_not_replace_a_later_one() -> None:
    newer = archive(settings(), version(described(ModelPackageVersion=9)))
    services = Services(newer, later=("Succeeded",))
    end("SUCCEEDED", services, Stacks("9"), in_production("9"))
    assert services.objects[CURRENT_KEY] == newer


def test_a_rejection_puts_the_version_back_that_served_before() -> None:
    preprod, prod, services = Stacks("8"), in_production("7"), Services(RELEASE)
    done = end("FAILED", services, preprod, prod)
    assert done["restored"] == {"preprod": "version 7 is being put back", "prod": "version 7 serves"}
    (update,) = preprod.updated
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in update["Parameters"]}
    assert parameters["ModelVersion"] == "7"
    assert parameters["ModelDataUrl"].startswith("s3://serving-222222222222-")
    assert update["RoleARN"] == ROLE
    assert not prod.updated
    ((subject, message),) = services.told
    assert subject == "not deployed"
    assert message.splitlines() == [
        "Version 8 of credit-risk-default was not deployed: Word in Approval has failed. not yet",
        "Pre-production: version 7 is being put back.",
        "Production: version 7 serves.",
    ]


@pytest.mark.parametrize("change", ["setting", "template"])
def test_the_same_version_with_other_settings_is_put_back_too(change: str) -> None:
    preprod = Stacks("7")
    if change == "template":
        preprod.template += "# another"
    else:
        (instance,) = [
            each
            for each in preprod._stacks["model-credit-risk-default"]["Parameters"]
            if each["ParameterKey"] == "InstanceType"
        ]
        instance["ParameterValue"] = "ml.c5.xlarge"
    end("FAILED", Services(RELEASE), preprod, in_production("7"))
    assert len(preprod.updated) == 1


def test_a_first_release_that_fails_is_removed_again() -> None:
    preprod, prod = Stacks("8", "CREATE_COMPLETE"), in_production(None)
    done = end("FAILED", Services(None), preprod, prod)
    assert preprod.deleted == [""]
    assert done["restored"]["prod"] == "nothing is deployed"


def test_what_another_pipeline_has_deployed_is_never_removed() -> None:
    prod = in_production("3", created=MADE - timedelta(days=90))
    done = end("FAILED", Services(None), Stacks("8"), prod)
    assert not prod.deleted and not prod.updated
    assert done["restored"]["prod"] == "version 3 was deployed by another pipeline and is left alone"


def test_a_stack_that_never_came_up_is_removed_whatever_served_before() -> None:
    prod = in_production("8", status="ROLLBACK_COMPLETE")
    end("FAILED", Services(RELEASE), Stacks("7"), prod)
    assert prod.deleted == [""] and not prod.updated


def test_storage_that_never_came_up_is_removed_and_storage_that_did_stays() -> None:
    preprod, prod = Stacks(None, storage="ROLLBACK_COMPLETE"), in_production(None)
    end("FAILED", Services(None), preprod, prod)
    assert preprod.deleted == ["-storage"] and not prod.deleted


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_nothing_is_put_back_while_another_release_is_under_way(status: str) -> None:
    preprod = Stacks("8")
    services = Services(RELEASE, later=(status,))
    done = end("FAILED", services, preprod, in_production("7"))
    assert done["under_way"] and not preprod.updated
    ((subject, message),) = services.told
    assert subject == "not deployed" and message.endswith("Another release is under way.")


def test_the_run_that_codepipeline_makes_of_a_new_pipeline_changes_nothing_and_tells_nobody() -> None:
    preprod, services = Stacks("7"), Services(None, version="none")
    end("FAILED", services, preprod, in_production("7"))
    assert not preprod.deleted and not services.told


def test_a_run_that_was_stopped_says_so() -> None:
    services = Services(RELEASE, action="Succeeded")
    end("STOPPED", services, Stacks("7"), in_production("7"))
    assert "was not deployed: the run was stopped." in services.told[0][1]


def test_a_stack_that_is_still_moving_is_tried_again_later() -> None:
    with pytest.raises(RuntimeError, match="UPDATE_IN_PROGRESS: tried again later"):
        end("STOPPED", Services(RELEASE), Stacks("8", "UPDATE_IN_PROGRESS"), in_production("7"))
