"""Launch roles, call by call: each suffices for every example and every released version, and no part of it is idle."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog.release import load_releases
from harness.catalog.render import foundations, render_foundation, render_product
from harness.checks.answers import Answers
from harness.checks.duties.landscape import Landscape
from harness.checks.duties.stage import Stage, set_up
from harness.checks.launching.job import answer, findings, launching_jobs
from harness.checks.launching.proof import Verdict, verdict
from harness.checks.renderings import Rendering
from harness.iam import Clause
from tests.products import launched
from tests.products.handlers import actions

pytestmark = pytest.mark.unmeasured

NAMES = [product.name for product in launched.repository().products]


@functools.cache
def texts() -> dict[str, str]:
    repository = launched.repository()
    found = {f"foundation/{name}": render_foundation(repository, name).text for name in foundations(repository.catalog)}
    found |= {
        f"{product.name}@{release.version}": release.template()
        for product in repository.products
        for release in load_releases(product)
    }
    return found | {name: launched.text(name) for name in NAMES}


@functools.cache
def stage(name: str) -> Stage:
    return set_up(launched.repository(), texts(), name)


@functools.cache
def judged(name: str) -> Verdict:
    return verdict(Landscape(stage(name)), name, launched.text(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_launch_role_suffices_for_every_call_of_every_example(name: str) -> None:
    assert not stage(name).failures
    assert list(judged(name).lacking()) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_released_version_stands_where_the_examples_do_and_is_judged(name: str) -> None:
    """A stack that updates from a release makes its calls for what was and for what will be."""
    product = launched.repository().product(name)
    older = [key for key, text in texts().items() if key.startswith(f"{name}@") and text != texts()[name]]
    stacks = {each.stack for each in stage(name).things if each.unit == name}
    assert len(stacks) == len(product.examples) * (1 + len(older))


@pytest.mark.parametrize("name", NAMES)
def test_without_any_one_action_of_any_one_statement_some_call_is_refused(name: str) -> None:
    missed = {clause.sid: actions for clause, actions in judged(name).alone.items()}
    idle = [
        f"{statement['Sid']}: {action}"
        for statement in launched.launch_policy(name)
        for action in actions(statement)
        if action not in missed.get(statement["Sid"], ())
    ]
    assert idle == []


def test_what_every_launch_role_has_is_needed_by_some_product() -> None:
    policy = next(each for each in stage(NAMES[0]).of("AWS::IAM::ManagedPolicy") if each.logical_id == "Launching")
    sids = {each["Sid"] for each in policy.properties["PolicyDocument"]["Statement"]}
    needed: set[Clause] = set().union(*(judged(name).alone for name in NAMES))
    assert sids == {each.sid for each in needed if each.policy.endswith("(Launching)")}


def test_a_statement_that_is_dropped_is_missed_by_the_calls_that_it_was_for() -> None:
    def without(properties: Any) -> Any:
        policies = [
            {
                **each,
                "PolicyDocument": {
                    **each["PolicyDocument"],
                    "Statement": [
                        line for line in each["PolicyDocument"]["Statement"] if line["Sid"] != "IamRoleWithBoundary"
                    ],
                },
            }
            for each in properties.get("Policies", ())
        ]
        return {**properties, "Policies": policies}

    whole = stage("inference-pipeline")
    things = tuple(
        replace(each, properties=without(each.properties)) if each.logical_id == "LaunchInferencePipeline" else each
        for each in whole.things
    )
    lacking = dict(
        verdict(Landscape(replace(whole, things=things)), "inference-pipeline", texts()["inference-pipeline"]).lacking()
    )
    assert {call.split(" takes ")[1].split(" on ")[0] for call in lacking} >= {"iam:CreateRole", "iam:PutRolePolicy"}


def test_a_template_that_outgrows_its_role_is_told_at_its_launch_policy() -> None:
    repository = launched.repository()
    product = repository.product("studio-user-profile")
    made = {f"foundation/{name}": render_foundation(repository, name) for name in foundations(repository.catalog)}
    made |= {name: render_product(repository, name) for name in NAMES}
    rendered = {name: Rendering(each.text, each.path, lambda each=each: each) for name, each in made.items()}  # type: ignore[misc]
    (job,) = launching_jobs(repository, (product,), rendered, Answers(repository.root).scan())
    assert answer(job) == []
    grown = job.texts[product.name].replace("Resources:\n", "Resources:\n  Extra:\n    Type: AWS::SNS::Topic\n", 1)
    found = list(findings(answer(replace(job, texts={**job.texts, product.name: grown}))))
    assert {each.place.path for each in found} == {"products/studio-user-profile/launch-policy.yaml"}
    (problem,) = [each.problem for each in found]
    assert problem.startswith("the template outgrew its launch role, which lacks: Allow sns:CreateTopic, ")
    assert "on arn:${AWS::Partition}:sns:*:${AWS::AccountId}:SC-${AWS::AccountId}-pp-*-Extra-*" in problem
