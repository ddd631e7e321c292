"""The builds of the catalog itself: the template deploys, and gives builds what they need and nothing else."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from harness.catalog.contract import read_contract
from harness.catalog.load import load_examples
from harness.catalog.model import parameter_text
from harness.cfn.model import Outcome, StackRequest, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.support.repository import PROJECT
from tests.unit.foundation import reading

HUB, HOME = "111111111111", "eu-west-1"
EXAMPLES = load_examples(PROJECT, PROJECT / "templates/foundation/examples/pipeline")
(GIVEN,) = (each.spec.parameters for each in EXAMPLES if each.name == "defaults")
PARAMETERS = {
    "/platform/keys/data-key-arn": f"arn:aws:kms:{HOME}:{HUB}:key/data",
    "/platform/keys/logs-key-arn": f"arn:aws:kms:{HOME}:{HUB}:key/logs",
    "/platform/logs/access-logs-bucket": "access-logs",
    "/platform/iam/boundary-arn": f"arn:aws:iam::{HUB}:policy/platform-boundary",
}


@functools.cache
def deployed(**parameters: str) -> Outcome:
    request = StackRequest(
        name="platform-pipeline",
        template=reading.rendered("pipeline").text,
        parameters={**{key: parameter_text(value) for key, value in GIVEN.items()}, **parameters},
        capabilities=("CAPABILITY_NAMED_IAM",),
    )
    return create_stack(request, Surroundings(HUB, HOME, ssm=PARAMETERS), SchemaProvider())


def made(outcome: Outcome) -> Mapping[str, Mapping[str, Any]]:
    """Logical id → resolved properties."""
    return {each.logical_id: each.properties for each in outcome.state.resources}


def test_the_hubs_own_foundation_writes_what_it_reads() -> None:
    """What else is wrong with it, `build.py check` says."""
    assert set(PARAMETERS) <= {each.name for each in read_contract(PROJECT) if each.in_registry}


@pytest.mark.parametrize(("approval", "stages"), [("off", 3), ("on", 4)])
def test_it_deploys_with_and_without_a_persons_word(approval: str, stages: int) -> None:
    outcome = deployed(Approval=approval)
    assert (outcome.state.status, outcome.state.reason) == ("CREATE_COMPLETE", "")
    assert len(made(outcome)["Pipeline"]["Stages"]) == stages


def test_a_review_can_become_the_planner_and_no_other_role_and_a_publication_the_publisher() -> None:
    """A pull request is anybody's text: nothing of what its build runs may publish."""
    steps = {}
    for name in ("ReviewRole", "PublishRole"):
        (policy,) = made(deployed())[name]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        steps[name] = [each["Resource"] for each in statements if each["Action"] == "sts:AssumeRole"]
    prefix = f"arn:aws:iam::{HUB}:role"
    assert steps == {
        "ReviewRole": [f"{prefix}/platform-planner"],
        "PublishRole": [f"{prefix}/platform-publisher"],
    }
    projects = {name: made(deployed())[name]["ServiceRole"] for name in ("Review", "Plan", "Publish")}
    assert projects["Review"] == projects["Plan"] == f"{prefix}/catalog-review"
    assert projects["Publish"] == f"{prefix}/catalog-publish"


def commands(project: str) -> list[str]:
    spec = yaml.safe_load(made(deployed())[project]["Source"]["BuildSpec"])
    return list(spec["phases"]["build"]["commands"])


def test_every_build_system_runs_the_same_two_scripts() -> None:
    folder = PROJECT / "ci"
    assert commands("Review") == commands("Plan") == ["ci/review build"]
    assert commands("Publish") == ["ci/publish build $CODEBUILD_SRC_DIR_Plan/plan.json"]
    jobs = yaml.safe_load((folder / "github-actions.yaml").read_text(encoding="utf-8"))["jobs"]
    run = {name: [step["run"] for step in job["steps"] if "ci/" in step.get("run", "")] for name, job in jobs.items()}
    assert run == {"review": ["ci/review build"], "publish": ["ci/publish build"]}
    jenkins = re.findall(r"sh '(.*)'", (folder / "Jenkinsfile").read_text(encoding="utf-8"))
    assert jenkins == ["ci/review build", "ci/publish build"]
    assert all((folder / name).stat().st_mode & 0o111 for name in ("review", "publish"))


def test_what_publishes_runs_one_at_a_time_and_only_after_a_merge() -> None:
    workflow = yaml.safe_load((PROJECT / "ci/github-actions.yaml").read_text(encoding="utf-8"))
    publish = workflow["jobs"]["publish"]
    assert publish["if"] == "github.event_name == 'push'" and workflow[True]["push"] == {"branches": ["main"]}
    assert publish["concurrency"] == {"group": "publish", "cancel-in-progress": False}
    pipeline = made(deployed())["Pipeline"]
    assert pipeline["ExecutionMode"] == "QUEUED"
    (trigger,) = pipeline["Triggers"]
    assert trigger["GitConfiguration"]["Push"] == [{"Branches": {"Includes": ["main"]}}]
