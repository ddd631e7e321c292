"""Imports of existing resources: what is refused in which words, and what an import does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.cfn.importing import import_change_set, import_resources
from harness.cfn.model import Provisioned, ResourceFailure, ResourceRequest, ResourceToImport, StackError, StackState
from harness.cfn.provider import SchemaProvider
from tests.unit.cfn.engine import AROUND, FailingProvider, clock, create, request, story, update

BEFORE = "Resources:\n  X: {Type: AWS::SSM::Parameter, Properties: {Type: String, Name: /x, Value: v}}\n"
WITH_QUEUE = BEFORE + "  Q: {Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties: {QueueName: q}}\n"
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/q"
QUEUE = ResourceToImport("AWS::SQS::Queue", "Q", {"QueueUrl": URL})
PARAMETER = ResourceToImport("AWS::SSM::Parameter", "X", {"Name": "/x"})


class Account(SchemaProvider):
    """An account in which one queue exists."""

    def adopt(self, request: ResourceRequest) -> Provisioned:
        if request.properties.get("QueueUrl") != URL:
            raise ResourceFailure("not found")
        return super().adopt(request)


def _refusal(template: str, *imports: ResourceToImport, state: StackState | None = None) -> str:
    with pytest.raises(StackError) as caught:
        import_change_set(replace(request(template), imports=imports), AROUND, Account(), state or create(BEFORE).state)
    return caught.value.message


def test_a_change_set_of_an_import_names_the_existing_resource_and_nothing_else() -> None:
    plan = import_change_set(replace(request(WITH_QUEUE), imports=(QUEUE,)), AROUND, Account(), create(BEFORE).state)
    assert [each.as_api() for each in plan.changes] == [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Import",
                "LogicalResourceId": "Q",
                "PhysicalResourceId": URL,
                "ResourceType": "AWS::SQS::Queue",
                "Scope": [],
                "Details": [],
            },
        }
    ]


def test_an_import_takes_the_resource_in_and_touches_nothing() -> None:
    provider = FailingProvider()
    before = create(BEFORE).state
    outcome = import_resources(replace(request(WITH_QUEUE), imports=(QUEUE,)), AROUND, provider, before, clock)
    assert outcome.state.status == "IMPORT_COMPLETE"
    assert [call for call in provider.calls if not call.startswith("create")] == []
    queue = outcome.state.resource("Q")
    assert queue is not None
    assert (queue.physical_id, queue.deletion_policy) == (URL, "Retain")
    assert story(outcome) == [
        "app IMPORT_IN_PROGRESS",
        "Q IMPORT_IN_PROGRESS",
        "Q IMPORT_COMPLETE",
        "Q UPDATE_IN_PROGRESS",
        "Q UPDATE_COMPLETE",
        "app IMPORT_COMPLETE",
    ]
    changed = update(outcome.state, WITH_QUEUE.replace("QueueName: q", "QueueName: q, VisibilityTimeout: 9"))
    assert changed.state.status == "UPDATE_COMPLETE"


def test_an_import_can_make_a_new_stack() -> None:
    template = WITH_QUEUE.replace(BEFORE.partition("\n")[2], "")
    outcome = import_resources(replace(request(template), imports=(QUEUE,)), AROUND, Account(), None, clock)
    assert outcome.state.status == "IMPORT_COMPLETE"
    assert [each.logical_id for each in outcome.state.resources] == ["Q"]


def test_a_resource_that_is_not_there_fails_the_change_set_and_the_import() -> None:
    ghost = replace(QUEUE, identifier={"QueueUrl": URL + "-ghost"})
    asked = replace(request(WITH_QUEUE), imports=(ghost,))
    before = create(BEFORE).state
    with pytest.raises(ResourceFailure, match="not found"):
        import_change_set(asked, AROUND, Account(), before)
    outcome = import_resources(asked, AROUND, Account(), before, clock)
    assert outcome.state.status == "IMPORT_ROLLBACK_COMPLETE"
    assert outcome.state.resources == before.resources
    assert outcome.state.template == BEFORE


def test_a_resource_that_another_stack_holds_fails_the_change_set() -> None:
    around = replace(AROUND, taken={("AWS::SQS::Queue", URL): "arn:of:another"})
    with pytest.raises(ResourceFailure, match=f"^{URL} already exists in stack arn:of:another$"):
        import_change_set(replace(request(WITH_QUEUE), imports=(QUEUE,)), around, Account(), create(BEFORE).state)


def test_a_resource_that_the_stack_holds_already_fails_the_change_set() -> None:
    template = BEFORE + BEFORE.partition("\n")[2].replace("X: {", "Y: {DeletionPolicy: Retain, ")
    state = create(BEFORE).state
    twice = replace(PARAMETER, logical_id="Y")
    with pytest.raises(ResourceFailure, match=f"^/x already exists in stack {state.stack_id}$"):
        import_change_set(replace(request(template), imports=(twice,)), AROUND, SchemaProvider(), state)


MISMATCH = (
    "Resource type of [Q] passed in ResourceToImport does not match with resource type defined in the template. "
    "Resource type in ResourceToImport: AWS::SNS::Topic; Resource type in Template: AWS::SQS::Queue."
)
MODIFIED = (
    "You have modified resources [X] in your template that are not being imported. Update, create or delete operations "
    "cannot be executed during import operations."
)
NEW = "  N: {Type: AWS::SSM::Parameter, DeletionPolicy: Retain, Properties: {Type: String, Value: v}}\n"


@pytest.mark.parametrize(
    ("template", "imports", "message"),
    [
        (WITH_QUEUE, [], "Must Provide at least one resource to import"),
        (WITH_QUEUE, [QUEUE, QUEUE], "Every resource to import must have unique LogicalResourceId"),
        (
            WITH_QUEUE,
            [replace(QUEUE, logical_id="Missing")],
            "The logical resource ids [Missing] provided in ResourceToImport do not exist in the template.",
        ),
        (
            WITH_QUEUE,
            [replace(QUEUE, identifier={"QueueName": "q"})],
            "Invalid resource identifier for resource type AWS::SQS::Queue. Expected [QueueUrl]",
        ),
        (
            WITH_QUEUE,
            [replace(QUEUE, type="AWS::SNS::Topic")],
            "Invalid resource identifier for resource type AWS::SNS::Topic. Expected [TopicArn]",
        ),
        (WITH_QUEUE, [ResourceToImport("AWS::SNS::Topic", "Q", {"TopicArn": "a"})], MISMATCH),
        (BEFORE, [PARAMETER], "The template should contain at least one new resource to import."),
        (
            BEFORE + NEW,
            [PARAMETER],
            "Resources [X] passed in ResourceToImport are already in a stack and cannot be imported.",
        ),
        (WITH_QUEUE + NEW, [QUEUE], "Resources [N] is missing from ResourceToImport list"),
        (
            WITH_QUEUE.replace("DeletionPolicy: Retain, ", ""),
            [QUEUE],
            "The following resources to import [Q] must have DeletionPolicy attribute specified in the template.",
        ),
        (WITH_QUEUE.replace("Value: v", "Value: w"), [QUEUE], MODIFIED),
        (WITH_QUEUE.replace(BEFORE.partition("\n")[2], ""), [QUEUE], MODIFIED),
        (
            WITH_QUEUE + "Outputs: {O: {Value: x}}\n",
            [QUEUE],
            "As part of the import operation, you cannot modify or add [Outputs]",
        ),
    ],
)
def test_an_import_is_refused_in_cloudformations_words(
    template: str, imports: list[ResourceToImport], message: str
) -> None:
    assert _refusal(template, *imports) == message


def test_a_stack_that_does_not_rest_takes_nothing_in() -> None:
    stopped: Any = replace(create(BEFORE).state, status="UPDATE_ROLLBACK_FAILED")
    assert "is in UPDATE_ROLLBACK_FAILED state and can not be updated." in _refusal(WITH_QUEUE, QUEUE, state=stopped)
