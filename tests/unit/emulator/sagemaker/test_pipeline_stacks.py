"""AWS::SageMaker::Pipeline goes through the API: definitions given or in S3, updates, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from tests.unit.emulator.cloudformation.things import changed, made, removed
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.workbench import Workbench, open_workbench


@pytest.fixture
def bench(tenant: Tenant) -> Workbench:
    return open_workbench(tenant)


def definition(message: str) -> dict[str, Any]:
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    return {"Version": "2020-12-01", "Steps": [step]}


def test_a_pipeline_of_a_stack_is_made_changed_and_removed(bench: Workbench) -> None:
    body = {"PipelineDefinitionBody": json.dumps(definition("one"))}
    pipeline = made(
        bench.tenant,
        "AWS::SageMaker::Pipeline",
        PipelineName="main",
        PipelineDescription="first",
        PipelineDefinition=body,
        RoleArn=bench.role,
        Tags=[{"Key": "own", "Value": "yes"}],
    )
    arn = bench.sagemaker.describe_pipeline(PipelineName="main")["PipelineArn"]
    assert {each["Key"]: each["Value"] for each in bench.sagemaker.list_tags(ResourceArn=arn)["Tags"]} == {
        "own": "yes",
        "team": "risk",
    }
    bench.put("definitions/main.json", json.dumps(definition("two")))
    place = {"PipelineDefinitionS3Location": {"Bucket": bench.bucket, "Key": "definitions/main.json"}}
    changed(pipeline, PipelineName="main", PipelineDefinition=place, RoleArn=bench.role)
    told = bench.sagemaker.describe_pipeline(PipelineName="main")
    assert json.loads(told["PipelineDefinition"]) == definition("two")
    assert "PipelineDescription" not in told
    assert bench.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
    removed(pipeline)
    removed(pipeline)
    assert bench.sagemaker.list_pipelines()["PipelineSummaries"] == []


def test_a_wrong_definition_fails_the_resource_with_its_path(bench: Workbench) -> None:
    body = {"PipelineDefinitionBody": json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "t", "Type": "Tuning"}]})}
    with pytest.raises(ResourceFailure, match="steps of type Tuning are not modelled"):
        made(bench.tenant, "AWS::SageMaker::Pipeline", PipelineName="x", PipelineDefinition=body, RoleArn=bench.role)
