"""Deploy actions of CloudFormation: change sets, and stacks that stand in the way."""

from __future__ import annotations

import json

import pytest

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import TEMPLATE, Place, action, approval, place, source, stage


@pytest.fixture
def here(tenant: Tenant) -> Place:
    return place(tenant)


def test_change_sets_are_made_and_carried_out_by_two_actions(here: Place) -> None:
    here.put({"template.json": TEMPLATE, "config.json": json.dumps({"Parameters": {"Name": "/a", "Value": "b"}})})
    service = things.service_role(here.tenant, "stacks", "cloudformation")
    common = {"StackName": "sets", "ChangeSetName": "next"}
    make = action(
        "Deploy",
        "CloudFormation",
        "Plan",
        takes=["Code"],
        ActionMode="CHANGE_SET_REPLACE",
        TemplatePath="Code::template.json",
        TemplateConfiguration="Code::config.json",
        RoleArn=service,
        **common,
    )
    do = action("Deploy", "CloudFormation", "Do", ActionMode="CHANGE_SET_EXECUTE", runOrder=2, **common)
    drop = action(
        "Deploy", "CloudFormation", "Drop", ActionMode="DELETE_ONLY", StackName="sets", RoleArn=service, runOrder=2
    )
    gate = {**approval(), "runOrder": 1}
    first = here.create("sets", stage("Source", source(here.sources)), stage("Out", make, do), stage("End", gate, drop))
    here.token("sets", "End")
    assert here.tenant.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"] == "b"
    second = here.client.start_pipeline_execution(name="sets")["pipelineExecutionId"]
    things.until(lambda: here.stage("sets", "End").get("inboundExecution"))
    assert here.actions("sets", second)["Do"]["status"] == "Succeeded"  # nothing to change is no failure
    here.decide("sets", "End", "Approved")
    assert here.ended("sets", first) == "Succeeded"
    assert here.tenant.client("ssm").describe_parameters()["Parameters"] == []


def test_a_stack_that_cannot_be_replaced_fails_its_action(tenant: Tenant) -> None:
    here, service = place(tenant), things.service_role(tenant, "stacks", "cloudformation")
    cloudformation, name = tenant.client("cloudformation"), f"kept-{tenant.id}"
    template = json.dumps({"Resources": {"Kept": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}}})
    cloudformation.create_stack(StackName="stuck", TemplateBody=template)

    def status() -> str:
        return str(cloudformation.describe_stacks(StackName="stuck")["Stacks"][0]["StackStatus"])

    things.until(lambda: status() == "CREATE_COMPLETE")
    tenant.client("s3").put_object(Bucket=name, Key="something", Body=b"")
    cloudformation.delete_stack(StackName="stuck")
    things.until(lambda: status() == "DELETE_FAILED")
    here.put({"template.json": template})
    replace = action(
        "Deploy",
        "CloudFormation",
        "Replace",
        takes=["Code"],
        ActionMode="REPLACE_ON_FAILURE",
        StackName="stuck",
        TemplatePath="Code::template.json",
        RoleArn=service,
    )
    first = here.create("stuck", stage("Source", source(here.sources)), stage("Out", replace))
    assert here.ended("stuck", first) == "Failed"
    assert "Stack stuck ended in DELETE_FAILED" in here.why("stuck", first, "Replace")
