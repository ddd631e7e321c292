"""Dynamic references: what is resolved where, and who sees secrets."""

from __future__ import annotations

import pytest

from tests.unit.cfn.engine import FailingProvider, create, one, reasons


def _topic(display_name: str) -> str:
    return one("AWS::SNS::Topic", f"{{DisplayName: '{display_name}'}}")


def test_a_plain_reference_becomes_its_value_in_the_state() -> None:
    outcome = create(_topic("vpc {{resolve:ssm:/network/vpc:1}}"))
    assert outcome.state.resources[0].properties == {"DisplayName": "vpc vpc-0123456789abcdef0"}


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("{{resolve:ssm-secure:/db/password:3}}", "hunter2"),
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


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("{{resolve:ssm:/nope:2}}", "Parameters: [ssm:/nope:2] cannot be found."),
        ("{{resolve:ssm:/network/vpc:x}}", "Incorrect format is used in the following SSM reference"),
        ("{{resolve:ssm-secure:/nope}}", "Parameters: [ssm-secure:/nope] cannot be found."),
        ("{{resolve:secretsmanager:nope}}", "Secrets Manager can't find the specified secret."),
        (
            "{{resolve:secretsmanager:db:SecretString:nope}}",
            "Could not find a value associated with JSONKey in SecretString: nope",
        ),
        ("{{resolve:dynamodb:x}}", "dynamic reference to an unsupported service"),
    ],
)
def test_a_reference_to_nothing_fails_the_resource(reference: str, reason: str) -> None:
    outcome = create(_topic(reference))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert reason in reasons(outcome)["Thing"]
