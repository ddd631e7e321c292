"""NoEcho values: nothing that a stack tells shows them."""

from __future__ import annotations

import pytest

from harness.cfn.changes import change_set
from harness.cfn.model import Provisioned, ResourceFailure, ResourceRequest, ResourceState
from tests.unit.cfn.engine import (
    AROUND,
    FailingProvider,
    create,
    delete,
    one,
    reasons,
    refusal,
    request,
    update,
)

SECRET = "Parameters: {Word: {Type: String, NoEcho: true}}\n"
TOPIC = SECRET + one("AWS::SNS::Topic", "{DisplayName: !Ref Word}")


class Talkative(FailingProvider):
    """Repeats what it was given when it fails, as services do."""

    def create(self, request: ResourceRequest) -> Provisioned:
        return super().create(self._talk("create", request))

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        return super().update(self._talk("update", request), current)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        super().delete(self._talk("delete", request), current)

    def _talk(self, verb: str, request: ResourceRequest) -> ResourceRequest:
        if f"{verb} {request.logical_id}" in self.failures:
            raise ResourceFailure(f"The value {request.properties['DisplayName']} is not allowed")
        return request


def test_events_show_asterisks_and_the_state_keeps_the_value() -> None:
    outcome = create(TOPIC, Word="hush-hush")
    assert "hush-hush" not in repr(outcome.events)
    assert outcome.events[1].properties == {"DisplayName": "****"}
    assert outcome.state.no_echo == ("Word",)
    assert outcome.state.resources[0].properties == {"DisplayName": "hush-hush"}


def test_what_a_service_repeats_is_masked_at_creation_update_and_deletion() -> None:
    refused = create(TOPIC, provider=Talkative("create Thing"), Word="hush-hush")
    assert reasons(refused)["Thing"] == "The value **** is not allowed"
    state = create(TOPIC, Word="hush-hush").state
    changed = update(state, TOPIC, provider=Talkative("update Thing"), Word="secret-too")
    assert reasons(changed)["Thing"] == "The value **** is not allowed"
    kept = delete(state, provider=Talkative("delete Thing"))
    assert kept.state.resources[0].reason == "The value **** is not allowed"
    for outcome in (refused, changed, kept):
        assert "hush-hush" not in repr(outcome.events)
        assert "secret-too" not in repr(outcome.events)


def test_what_the_schema_refuses_is_masked() -> None:
    role = SECRET + one("AWS::IAM::Role", "{AssumeRolePolicyDocument: {}, RoleName: !Sub 'a ${Word}'}")
    assert "#/RoleName: string [a ****] does not match pattern" in reasons(create(role, Word="hush-hush"))["Thing"]


@pytest.mark.parametrize(("value", "told"), [("x", "The value **** is not allowed"), ("is", "The value **** **** not")])
def test_a_short_value_is_masked_where_it_stands_alone(value: str, told: str) -> None:
    outcome = create(TOPIC, provider=Talkative("create Thing"), Word=value)
    assert reasons(outcome)["Thing"].startswith(told)
    assert "allowed" in reasons(outcome)["Thing"]


def test_a_refusal_at_the_call_does_not_repeat_the_value() -> None:
    for constraint in ("AllowedPattern: '[a-z]+'", "AllowedValues: [a]", "MaxLength: 3", "MinLength: 30"):
        template = TOPIC.replace("NoEcho: true", f"NoEcho: true, {constraint}")
        assert "hush-hush" not in refusal(template, Word="hush-hush")


def test_a_change_set_does_not_show_the_value() -> None:
    plan = change_set(request(TOPIC, Word="secret-too"), AROUND, create(TOPIC, Word="hush-hush").state)
    shown = repr([change.as_api(with_values=True) for change in plan.changes])
    assert "****" in shown
    assert "DisplayName" in shown
    assert "hush-hush" not in shown
    assert "secret-too" not in shown
