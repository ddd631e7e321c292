"""Change sets: what an update would do, and doing it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.unit.emulator.cloudformation.test_stacks import body, parameter
from tests.unit.emulator.conftest import Tenant


def test_a_change_set_makes_a_new_stack_when_executed(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    made = cloudformation.create_change_set(
        StackName="one", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body(P=parameter("/one"))
    )
    cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"])
    assert cloudformation.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    cloudformation.execute_change_set(ChangeSetName="first", StackName="one")
    cloudformation.get_waiter("stack_create_complete").wait(StackName=made["StackId"])
    assert tenant.client("ssm").get_parameter(Name="/one")


def test_a_change_set_tells_replacement_from_change(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    before = body(Same=parameter("/same"), Moved=parameter("/old"), Gone=parameter("/gone"))
    cloudformation.create_stack(StackName="one", TemplateBody=before)
    after = body(Same=parameter("/same", "y"), Moved=parameter("/new"), Added=parameter("/added"))
    cloudformation.create_change_set(StackName="one", ChangeSetName="next", TemplateBody=after)
    changes = cloudformation.describe_change_set(StackName="one", ChangeSetName="next")["Changes"]
    told = {
        each["ResourceChange"]["LogicalResourceId"]: (
            each["ResourceChange"]["Action"],
            each["ResourceChange"].get("Replacement"),
        )
        for each in changes
    }
    assert told == {
        "Same": ("Modify", "False"),
        "Moved": ("Modify", "True"),
        "Added": ("Add", None),
        "Gone": ("Remove", None),
    }
    cloudformation.execute_change_set(StackName="one", ChangeSetName="next")
    cloudformation.get_waiter("stack_update_complete").wait(StackName="one")
    names = {each["Name"] for each in tenant.client("ssm").describe_parameters()["Parameters"]}
    assert names == {"/same", "/new", "/added"}


def test_a_change_set_without_changes_fails_and_cannot_be_executed(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))
    cloudformation.create_change_set(StackName="one", ChangeSetName="none", UsePreviousTemplate=True)
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("change_set_create_complete").wait(StackName="one", ChangeSetName="none")
    told = cloudformation.describe_change_set(StackName="one", ChangeSetName="none")
    assert (told["Status"], told["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in told["StatusReason"]
    with pytest.raises(ClientError) as error:
        cloudformation.execute_change_set(StackName="one", ChangeSetName="none")
    assert error.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_an_executed_change_set_ends_the_others(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))
    for name in ("a", "b"):
        cloudformation.create_change_set(
            StackName="one", ChangeSetName=name, TemplateBody=body(P=parameter("/one", name))
        )
    cloudformation.execute_change_set(StackName="one", ChangeSetName="a")
    left = cloudformation.list_change_sets(StackName="one")["Summaries"]
    assert [(each["ChangeSetName"], each["ExecutionStatus"]) for each in left] == [("a", "EXECUTE_COMPLETE")]
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        cloudformation.describe_change_set(StackName="one", ChangeSetName="b")


def test_a_refused_change_set_leaves_no_stack(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    with pytest.raises(ClientError):
        cloudformation.create_change_set(
            StackName="one", ChangeSetName="a", ChangeSetType="CREATE", TemplateBody=body(P={"Type": "AWS::No::Such"})
        )
    assert cloudformation.list_stacks()["StackSummaries"] == []
