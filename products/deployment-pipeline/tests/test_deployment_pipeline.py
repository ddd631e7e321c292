"""Facts about the product only: what a launch makes of the choices, and what its roles can never do."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from harness.cfn.model import StackState
from tests.products import launched
from tests.products.authorize import allowed

NAME = "deployment-pipeline"
GROUP = "credit-risk-default"
PREPROD = launched.CONTRACT["/platform/team/preprod-account-id"]
ACCOUNT, REGION = launched.ACCOUNT, launched.REGION
ROLES = ("PipelineRole", "ReleaseRole", "CopyRole", "TestRole", "RestoreRole")


def _launch(**parameters: Any) -> StackState:
    return launched.launch(NAME, {"ModelGroup": GROUP, **parameters})


def _stages(state: StackState) -> dict[str, list[dict[str, Any]]]:
    return {each["Name"]: each["Actions"] for each in launched.properties(state, "Pipeline")["Stages"]}


@pytest.mark.parametrize("environment", ["dev", "preprod"])
def test_a_launch_outside_of_production_fails_and_leaves_nothing(environment: str) -> None:
    outcome = launched.try_launch(NAME, {"ModelGroup": GROUP}, environment)
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert outcome.state.resources == ()


def test_only_approvals_of_this_model_told_by_the_registry_start_a_release() -> None:
    state = _launch()
    pattern = launched.properties(state, "Approved")["EventPattern"]
    assert pattern["account"] == [launched.CONTRACT["/platform/registry/account-id"]]
    assert pattern["detail"] == {"ModelPackageGroupName": [GROUP], "ModelApprovalStatus": ["Approved"]}
    source = _stages(state)["Source"][0]["Configuration"]
    assert source["PollForSourceChanges"] == "false"
    assert "Triggers" not in launched.properties(state, "Pipeline")


def test_a_person_stands_before_production_unless_deployment_is_continuous() -> None:
    assert list(_stages(_launch())) == ["Source", "Preproduction", "Approval", "Production"]
    assert list(_stages(_launch(ContinuousDeployment="on"))) == ["Source", "Preproduction", "Production"]


@pytest.mark.parametrize(("stage", "account"), [("Preproduction", PREPROD), ("Production", ACCOUNT)])
def test_stacks_are_deployed_as_the_deployer_and_made_with_the_service_role_of_their_account(
    stage: str, account: str
) -> None:
    deploys = [each for each in _stages(_launch())[stage] if each["ActionTypeId"]["Provider"] == "CloudFormation"]
    assert [each["Configuration"]["StackName"] for each in deploys] == [f"model-{GROUP}-storage", f"model-{GROUP}"]
    for each in deploys:
        assert each["RoleArn"] == f"arn:aws:iam::{account}:role/platform/delivery/deployer"
        assert each["Configuration"]["RoleArn"] == f"arn:aws:iam::{account}:role/platform/delivery/model-stacks"


def test_every_copy_sees_the_release_and_comes_before_the_deployment() -> None:
    stages = _stages(_launch())
    for stage in ("Preproduction", "Production"):
        order = {each["Name"]: each["RunOrder"] for each in stages[stage]}
        assert order["Storage"] < order["Copy"] < order["Deploy"]
        (copy,) = [each for each in stages[stage] if each["Name"] == "Copy"]
        assert copy["InputArtifacts"] == [{"Name": "Release"}]
        assert len(copy["Configuration"]["UserParameters"]) <= 1000


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_the_product_decides_about_models_or_touches_endpoints_itself(role: str) -> None:
    granted = launched.permissions(_launch(), role)
    package = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{GROUP}/1"
    assert not allowed(granted, "sagemaker:UpdateModelPackage", package)
    assert not allowed(
        granted, "sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/model-{GROUP}"
    )
    assert not allowed(granted, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/platform/delivery/model-stacks")


def test_the_function_that_makes_releases_is_no_deployer() -> None:
    """It reads what others wrote, so that it had better reach nothing."""
    deployer = f"arn:aws:iam::{PREPROD}:role/platform/delivery/deployer"
    state = _launch()
    assert not allowed(launched.permissions(state, "ReleaseRole"), "sts:AssumeRole", deployer)
    assert launched.properties(state, "ReleaseRole")["Path"] == "/platform/functions/"  # which no deployer lets in
    for role in ("PipelineRole", "CopyRole", "TestRole", "RestoreRole"):
        granted = launched.permissions(state, role)
        assert allowed(granted, "sts:AssumeRole", deployer)
        assert not allowed(granted, "sts:AssumeRole", f"arn:aws:iam::{PREPROD}:role/platform-lead")


def test_of_other_accounts_only_the_deployer_of_pre_production_reaches_releases() -> None:
    state = _launch()
    bucket = f"arn:aws:s3:::delivery-{ACCOUNT}-{REGION}-{GROUP}"
    policy = launched.properties(state, "BucketPolicy")["PolicyDocument"]["Statement"]
    deployer = f"arn:aws:iam::{PREPROD}:role/platform/delivery/deployer"
    shared = [each for each in policy if each["Effect"] == "Allow"]
    assert {str(each["Principal"]) for each in shared} == {str({"AWS": f"arn:aws:iam::{PREPROD}:root"})}
    for principal, expected in ((deployer, True), (f"arn:aws:iam::{PREPROD}:role/platform-lead", False)):
        context = {"aws:PrincipalArn": principal, "aws:PrincipalAccount": PREPROD, "aws:SecureTransport": "true"}
        assert allowed(policy, "s3:GetObject", f"{bucket}/release.zip", context) is expected
    stranger = {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/any", "aws:PrincipalAccount": "999999999999"}
    assert not allowed(policy, "s3:GetObject", f"{bucket}/release.zip", stranger)


def test_what_functions_are_told_is_json_whatever_is_chosen() -> None:
    state = _launch(LatencyLimitMs="250.5", MetricTolerance="0.005")
    told = json.loads(launched.properties(state, "Copy")["Environment"]["Variables"]["SETTINGS"])
    assert told["Accounts"] == {"preprod": PREPROD, "prod": ACCOUNT}
    assert (told["LatencyLimitMs"], told["Tolerance"]) == ("250.5", "0.005")
    assert all(isinstance(each, str) for each in told["Parameters"].values())


def test_events_that_nobody_could_act_on_reach_a_queue_with_an_alarm() -> None:
    state = _launch()
    for rule in ("Approved", "RunEnds"):
        (target,) = launched.properties(state, rule)["Targets"]
        assert target["DeadLetterConfig"]["Arn"].endswith(str(state.resource("DeadLetters").ref).rpartition("/")[2])  # type: ignore[union-attr]
    assert launched.properties(state, "DeadLettersAlarm")["AlarmActions"] == [state.output("TopicArn")]


def test_the_dashboard_shows_the_metrics_that_tests_write() -> None:
    body = yaml.safe_load(launched.properties(_launch(), "Dashboard")["DashboardBody"])
    shown = {metric[1] for each in body["widgets"] for metric in each["properties"].get("metrics", ())}
    assert {"ReleaseQuality", "ReleaseLatency", "ReleaseVersion", "Invocations"} <= shown
