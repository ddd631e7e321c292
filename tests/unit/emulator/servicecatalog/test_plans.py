"""Provisioned product plans: look first, then launch or update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.emulator import clock
from harness.emulator.servicecatalog.backend import store_of
from harness.emulator.servicecatalog.store import LOCK
from tests.unit.emulator.servicecatalog.accounts import REGION, Account, token

SIZED = """
Parameters:
  Name: {Type: String, Default: one}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}
  Queue: {Type: AWS::SQS::Queue}
"""


class Planner:
    """A lead with one product to plan for."""

    def __init__(self, hub: Account) -> None:
        self.hub = hub
        self.lead = hub.person("lead")
        self.client = self.lead.client()
        self.product, self.artifact = hub.product(body=SIZED)
        hub.offer(self.product, hub.portfolio(), self.lead.arn)

    def plan(self, **more: Any) -> str:
        """The id of a new plan."""
        request = {"ProvisioningArtifactId": self.artifact, "ProvisionedProductName": "mine", **more}
        made = self.client.create_provisioned_product_plan(
            PlanName="look", PlanType="CLOUDFORMATION", ProductId=self.product, IdempotencyToken=token(), **request
        )
        return str(made["PlanId"])

    def status(self, plan: str) -> str:
        """The status of a plan."""
        shown = self.client.describe_provisioned_product_plan(PlanId=plan)
        return str(shown["ProvisionedProductPlanDetails"]["Status"])

    def changes(self, plan: str) -> dict[str, dict[str, Any]]:
        """The changes of a plan, by logical id."""
        shown = self.client.describe_provisioned_product_plan(PlanId=plan)["ResourceChanges"]
        return {each["LogicalResourceId"]: each for each in shown}

    def execute(self, plan: str) -> dict[str, Any]:
        """The record of the execution."""
        made = self.client.execute_provisioned_product_plan(PlanId=plan, IdempotencyToken=token())["RecordDetail"]
        return dict(self.client.describe_record(Id=made["RecordId"])["RecordDetail"])

    def product_status(self) -> str:
        """The status of the provisioned product."""
        shown = self.client.describe_provisioned_product(Name="mine")
        return str(shown["ProvisionedProductDetail"]["Status"])


@pytest.fixture
def planner(hub: Account) -> Planner:
    """A lead with one product to plan for."""
    return Planner(hub)


def test_a_plan_of_a_launch_shows_what_would_be_added_and_then_adds_it(planner: Planner) -> None:
    plan = planner.plan()
    assert planner.status(plan) == "CREATE_SUCCESS"
    assert planner.product_status() == "PLAN_IN_PROGRESS"
    assert {name: each["Action"] for name, each in planner.changes(plan).items()} == {"Topic": "ADD", "Queue": "ADD"}
    assert planner.hub.client("sns").list_topics()["Topics"] == []
    record = planner.execute(plan)
    assert (record["Status"], record["RecordType"]) == ("SUCCEEDED", "PROVISION_PRODUCT")
    assert planner.status(plan) == "EXECUTE_SUCCESS"
    assert planner.product_status() == "AVAILABLE"
    assert len(planner.hub.client("sns").list_topics()["Topics"]) == 1
    with pytest.raises(planner.client.exceptions.InvalidStateException, match="EXECUTE_SUCCESS"):
        planner.execute(plan)


def test_a_plan_of_an_update_tells_a_replacement_and_a_removal(planner: Planner) -> None:
    planner.execute(planner.plan())
    lean = planner.hub.version(planner.product, "2.0.0", SIZED.replace("  Queue: {Type: AWS::SQS::Queue}\n", ""))
    plan = planner.plan(
        ProvisioningArtifactId=lean, ProvisioningParameters=[{"Key": "Name", "Value": "two", "UsePreviousValue": False}]
    )
    changes = planner.changes(plan)
    assert changes["Queue"]["Action"] == "REMOVE"
    topic = changes["Topic"]
    assert (topic["Action"], topic["Replacement"]) == ("MODIFY", "TRUE")
    targets = {each["Target"]["Name"]: each for each in topic["Details"] if "Name" in each["Target"]}
    assert targets["TopicName"]["Target"]["RequiresRecreation"] == "ALWAYS"
    assert targets["TopicName"]["CausingEntity"] == "Name"
    assert planner.execute(plan)["RecordType"] == "UPDATE_PROVISIONED_PRODUCT"
    (arn,) = [each["TopicArn"] for each in planner.hub.client("sns").list_topics()["Topics"]]
    assert arn.endswith(":two")


def test_a_plan_that_is_deleted_takes_its_unmade_product_with_it(planner: Planner) -> None:
    plan = planner.plan()
    assert [each["PlanId"] for each in planner.client.list_provisioned_product_plans()["ProvisionedProductPlans"]] == [
        plan
    ]
    planner.client.delete_provisioned_product_plan(PlanId=plan)
    for gone in (planner.product_status, lambda: planner.status(plan)):
        with pytest.raises(planner.client.exceptions.ResourceNotFoundException):
            gone()
    planner.execute(planner.plan())
    assert planner.product_status() == "AVAILABLE"


def test_a_plan_without_changes_fails(planner: Planner) -> None:
    planner.execute(planner.plan())
    plan = planner.plan(ProvisioningParameters=[{"Key": "Name", "UsePreviousValue": True}])
    assert planner.status(plan) == "CREATE_FAILED"
    with pytest.raises(planner.client.exceptions.InvalidStateException):
        planner.execute(plan)


def test_one_plan_a_provisioned_product_at_a_time(planner: Planner) -> None:
    planner.execute(planner.plan())
    planner.plan(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    with pytest.raises(planner.client.exceptions.InvalidStateException, match="has plan"):
        planner.plan(ProvisioningParameters=[{"Key": "Name", "Value": "three"}])


def test_a_plan_is_being_made_for_a_while(planner: Planner) -> None:
    with clock.latency_of(0.3):
        plan = planner.plan()
        assert planner.status(plan) == "CREATE_IN_PROGRESS"
        assert planner.changes(plan) == {}
        with pytest.raises(planner.client.exceptions.InvalidStateException):
            planner.execute(plan)
        clock.sleep_until(clock.due())
    assert planner.status(plan) == "CREATE_SUCCESS"


def test_a_plan_of_something_under_change_or_gone_is_not_executed(planner: Planner) -> None:
    planner.execute(planner.plan())
    plan = planner.plan(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    with clock.latency_of(0.3):
        planner.client.terminate_provisioned_product(ProvisionedProductName="mine", TerminateToken=token())
        with pytest.raises(planner.client.exceptions.InvalidStateException, match="UNDER_CHANGE"):
            planner.execute(plan)
        clock.sleep_until(clock.due())
    with pytest.raises(planner.client.exceptions.ResourceNotFoundException):
        planner.execute(plan)


def test_a_plan_whose_changes_nobody_knows_yet_is_in_progress_however_long_that_takes(planner: Planner) -> None:
    plan = planner.plan()
    store = store_of(planner.hub.id, REGION)
    with LOCK:
        store.plans[plan] = replace(store.plans[plan], ready=None, changes=())
    assert planner.status(plan) == "CREATE_IN_PROGRESS"
