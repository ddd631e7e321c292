"""The search finds each kind of route where somebody opens it, and prints the shortest."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from harness.checks.duties.landscape import Landscape
from harness.checks.duties.routes import shortest
from harness.checks.duties.stage import Stage
from tests.unit.checks.duties.staged import DEV, REGISTRY, Change, small, spoilt, whole

pytestmark = pytest.mark.unmeasured

SPOKE = "foundation/spoke"
EVERYWHERE = "*"


def persona(name: str, stage: Stage) -> str:
    """The shortest route of a persona, told."""
    landscape = Landscape(stage)
    who = landscape.holders.get(f"arn:aws:iam::{DEV}:role/platform-{name}")
    assert who is not None
    return str(shortest(landscape, who, name))


def gives(action: str | list[str], on: str = EVERYWHERE) -> Change:
    """Widens the first statement that a persona has for reading metrics."""

    def change(statement: dict[str, Any]) -> dict[str, Any]:
        if statement.get("Sid") != "WatchesMetricsAndEvents":
            return statement
        return {"Sid": "TooMuch", "Effect": "Allow", "Action": action, "Resource": on}

    return change


def drops(*sids: str) -> Change:
    return lambda statement: None if statement.get("Sid") in sids else statement


def test_as_things_are_there_is_no_route() -> None:
    for name in ("lead", "developer", "support", "repair"):
        assert persona(name, small()) == "None"


@pytest.mark.parametrize(
    ("who", "action", "told"),
    [
        ("Developer", "sagemaker:CreatePresignedDomainUrl", "opens UserProfile ada-lovelace"),
        ("Lead", "sagemaker:CreatePresignedDomainUrl", "None"),  # its own denial and the boundary are still there
        ("Support", "sagemaker:CreateApp", "changes UserProfile ada-lovelace .*with sagemaker:CreateApp"),
        ("Support", "sagemaker:UpdateSpace", "changes UserProfile ada-lovelace .*with sagemaker:UpdateSpace"),
        ("Support", "iam:CreatePolicyVersion", "changes the policies of .* with iam:CreatePolicyVersion"),
        ("Support", "cloudformation:CreateStackInstances", "changes stack .* with cloudformation:CreateStackInstances"),
        ("Support", "lambda:UpdateFunctionCode", "changes Function .*-Copy-.*, writes the metrics by which"),
        ("Support", "cloudformation:UpdateStack", "changes stack StackSet-platform-spoke-1"),
        ("Support", "s3:PutObject", "by which"),
        ("Support", "ecr:PutImage", "None"),  # the hub's repositories open to nobody for writing
        ("Support", "codepipeline:UpdatePipeline", "None"),
        ("Developer", "sagemaker:UpdatePipeline", "changes Pipeline .*-training"),
        ("Support", "iam:PutRolePolicy", "changes the policies of .* with iam:PutRolePolicy"),
        ("Support", "iam:CreateRole", "None"),  # under the boundary, which decides nothing
    ],
)
def test_a_right_too_many_opens_a_route_or_meets_another_line(who: str, action: str | list[str], told: str) -> None:
    route = persona(who.lower(), spoilt(small(), SPOKE, who, gives(action)))
    assert re.search(told, route), route


def test_a_role_that_trusts_and_may_be_assumed_is_a_step() -> None:
    stage = spoilt(small(), SPOKE, "Support", gives("sts:AssumeRole"))
    stage = spoilt(stage, SPOKE, "Support", drops("NeverHandsOnApproverRoles"))
    stage = spoilt(stage, SPOKE, "Boundary", drops("NoStepIntoPlatformRoles"))
    route = persona("support", stage)
    assert "becomes platform-approver of" in route
    assert "approves models of 111111111111" in route


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("lambda:UpdateFunctionCode", "changes Function"),
        ("lambda:InvokeFunction", "starts Function"),
        ("iam:ListRoles", "None"),
    ],
)
def test_a_function_that_approves_is_neither_changed_nor_set_off(action: str, told: str) -> None:
    stage = spoilt(small(), "foundation/hub", "Registrar", gives(action))
    landscape = Landscape(stage)
    who = landscape.holders.get(f"arn:aws:iam::{REGISTRY}:role/platform-registrar")
    assert who is not None
    assert told in str(shortest(landscape, who))


def test_a_lead_who_could_launch_a_registry_would_set_its_threshold() -> None:
    stage = replace(small(), launchers={**small().launchers, "model-registry": frozenset({"lead"})})
    route = persona("lead", stage)
    assert "launches model-registry, whose" in route
    assert "approves models" in route


def test_an_update_of_what_is_launched_sets_its_threshold_as_a_launch_does() -> None:
    """A repair engineer updates what stands in the account; were a registry there, its function would decide."""
    things = tuple(
        replace(each, account=DEV) if each.type == "AWS::Lambda::Function" and each.unit == "model-registry" else each
        for each in small().things
    )
    route = persona("repair", replace(small(), things=things))
    assert "updates model-registry, whose Function" in route
    assert "approves models" in route


def test_metrics_of_the_teams_own_code_would_decide_where_any_code_is_believed() -> None:
    """Automatic approval trusts the platform's code alone; without that, whoever merges decides."""
    things = []
    for each in small().things:
        if each.type == "AWS::Lambda::Function" and each.unit == "model-registry":
            variables = dict(each.properties["Environment"]["Variables"])
            assert variables.pop("TRUSTED_CODE").endswith("/assets/")
            each = replace(each, properties={**each.properties, "Environment": {"Variables": variables}})
        things.append(each)
    stage = replace(small(), things=tuple(things))
    for author in ("developer", "lead"):
        assert "/code/, whose runs measure themselves" in persona(author, stage)
    assert persona("support", stage) == "None"


def test_an_approvers_profile_opens_for_whoever_may_ask_for_its_address() -> None:
    stage = spoilt(whole(), SPOKE, "Support", gives("sagemaker:CreatePresignedDomainUrl"))
    assert persona("support", stage) == "None"
    stage = spoilt(stage, SPOKE, "Boundary", drops("OnlyPersonasOpenStudio"))
    route = persona("support", stage)
    assert "opens UserProfile ada-lovelace" in route


def test_a_pipeline_that_bears_a_name_of_the_developers_would_be_theirs() -> None:
    """Products refuse names that begin with dev-; were one launched so, a developer could change what it runs."""
    things = tuple(
        replace(each, name=each.name.replace("platform-x", "dev-x"), attributes={})
        if each.type == "AWS::SageMaker::Pipeline"
        else each
        for each in small().things
    )
    assert any(each.name == "dev-x-training" for each in things)
    route = persona("developer", replace(small(), things=things))
    assert "changes Pipeline dev-x-training" in route
    assert "which is approved by its metrics" in route
