"""Dynamic references: what is resolved where, and who sees secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.model import StackError
from tests.unit.cfn.engine import AROUND, FailingProvider, create, one, reasons, refusal, story, update


def _topic(display_name: str) -> str:
    return one("AWS::SNS::Topic", f"{{DisplayName: '{display_name}'}}")


def test_a_plain_reference_becomes_its_value_in_the_state() -> None:
    outcome = create(_topic("vpc {{resolve:ssm:/network/vpc:1}}"))
    assert outcome.state.resources[0].properties == {"DisplayName": "vpc vpc-0123456789abcdef0"}


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("{{resolve:secretsmanager:db:SecretString:user:AWSPREVIOUS}}", "ben"),
        ("{{resolve:secretsmanager:plain}}", "s3cret"),
        ("{{resolve:secretsmanager:db:SecretString:user}}", "anna"),
        ("{{resolve:secretsmanager:db:SecretString:port::}}", "5432"),
    ],
)
def test_a_secret_is_shown_to_the_provider_alone(reference: str, value: str) -> None:
    provider = FailingProvider()
    outcome = create(_topic(reference), provider=provider)
    assert provider.requests[0].properties["DisplayName"] == value
    assert outcome.state.resources[0].properties == {"DisplayName": reference}
    assert value not in repr(outcome.events)


def test_a_secure_parameter_is_shown_to_the_provider_alone() -> None:
    provider = FailingProvider()
    password = "{{resolve:ssm-secure:/db/password:3}}"
    outcome = create(one("AWS::IAM::User", f"{{LoginProfile: {{Password: '{password}'}}}}"), provider=provider)
    assert provider.requests[0].properties == {"LoginProfile": {"Password": "hunter2"}}
    assert outcome.state.resources[0].properties == {"LoginProfile": {"Password": password}}
    assert "hunter2" not in repr(outcome.events)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("{{resolve:ssm:/nope}}", "Parameters: [ssm:/nope] cannot be found."),
        ("{{resolve:secretsmanager:nope}}", "Secrets Manager can't find the specified secret."),
        (
            "{{resolve:secretsmanager:db:SecretString:nope}}",
            "Could not find a value associated with JSONKey in SecretString",
        ),
        ("{{resolve:secretsmanager:plain:SecretString:user}}", "Could not parse SecretString JSON"),
        ("{{resolve:secretsmanager:db:SecretString:user:AWSPENDING}}", "Secrets Manager can't find"),
        ("{{resolve:dynamodb:x}}", "dynamic reference to an unsupported service"),
    ],
)
def test_a_reference_to_nothing_fails_the_resource(reference: str, reason: str) -> None:
    outcome = create(_topic(reference))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert reason in reasons(outcome)["Thing"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{{resolve:ssm:/nope:2}}", "Parameters: [ssm:/nope:2] cannot be found."),
        (
            "{{resolve:ssm:/network/vpc:x}}",
            "Incorrect format is used in the following SSM reference: [{{resolve:ssm:/network/vpc:x}}]",
        ),
        ("{{resolve:ssm:/db/password}}", "Non-secure ssm prefix was used for secure parameter /db/password"),
        (
            "{{resolve:ssm-secure:/db/password:3}}",
            "SSM Secure reference is not supported in: [AWS::SNS::Topic/Properties/DisplayName]",
        ),
    ],
)
def test_a_reference_that_shows_its_fault_is_refused_at_the_call(reference: str, message: str) -> None:
    assert refusal(_topic(reference)) == message


def test_a_secure_reference_without_version_in_the_wrong_place_fails_the_stack_before_its_first_resource() -> None:
    outcome = create(_topic("{{resolve:ssm-secure:/db/password}}"))
    assert story(outcome) == ["app CREATE_IN_PROGRESS", "app ROLLBACK_IN_PROGRESS", "app ROLLBACK_COMPLETE"]
    assert outcome.state.reason == (
        "SSM Secure reference is not supported in: [AWS::SNS::Topic/Properties/DisplayName]. "
        "Rollback requested by user."
    )


def test_a_secret_that_changed_is_read_again_only_when_its_resource_changes() -> None:
    before = create(_topic("{{resolve:secretsmanager:plain}}")).state
    around = replace(AROUND, secrets={"plain": "rotated"})
    with pytest.raises(StackError, match="No updates are to be performed"):
        update(before, _topic("{{resolve:secretsmanager:plain}}"), around)
    provider = FailingProvider()
    update(before, _topic("now {{resolve:secretsmanager:plain}}"), around, provider)
    assert provider.requests[0].properties["DisplayName"] == "now rotated"


def test_a_plain_reference_that_changed_is_an_update() -> None:
    template = _topic("{{resolve:ssm:/network/vpc}}")
    after = update(create(template).state, template, replace(AROUND, ssm={"/network/vpc": "vpc-2"}))
    assert after.state.resources[0].properties == {"DisplayName": "vpc-2"}
