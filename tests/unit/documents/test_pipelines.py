"""What is known to be wrong with a pipeline before SageMaker is asked."""

from __future__ import annotations

import json
from typing import Any

from harness.documents.pipelines import problems

ROLE = "arn:aws:iam::111111111111:role/a"
MACHINE = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
OUTPUT = {
    "OutputName": "train",
    "S3Output": {"S3Uri": "s3://a/b", "LocalPath": "/opt/ml/processing/a", "S3UploadMode": "EndOfJob"},
}
PREPARE: dict[str, Any] = {
    "Name": "Prepare",
    "Type": "Processing",
    "Arguments": {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": "a"},
        "ProcessingOutputConfig": {"Outputs": [OUTPUT]},
        "ProcessingResources": {"ClusterConfig": MACHINE},
    },
}


def found(*steps: dict[str, Any], parameters: tuple[dict[str, Any], ...] = ()) -> list[str]:
    document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return [f"{each.place.path}: {each.problem}" for each in problems(json.dumps(document))]


def reading(path: str) -> dict[str, Any]:
    condition = {"Type": "Equals", "LeftValue": {"Get": f"Steps.Prepare.{path}"}, "RightValue": "a"}
    arguments = {"Conditions": [condition], "IfSteps": [], "ElseSteps": []}
    return {"Name": "Check", "Type": "Condition", "Arguments": arguments}


def test_a_whole_pipeline_is_fine() -> None:
    assert found(PREPARE, reading("ProcessingJobStatus")) == []


def test_a_name_that_sagemaker_sets_is_not_asked_for() -> None:
    assert found({"Name": "Model", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE}}) == []


def test_a_property_that_the_answer_does_not_have_is_told_with_those_that_it_has() -> None:
    assert found(PREPARE, reading("ExitMessages")) == [
        "Steps[1].Arguments.Conditions[0].LeftValue: the Processing step Prepare has no property ExitMessages"
    ]


def test_an_output_that_the_step_does_not_write_is_told() -> None:
    assert found(PREPARE, reading("ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri")) == []
    (finding,) = found(PREPARE, reading("ProcessingOutputConfig.Outputs['trian'].S3Output.S3Uri"))
    assert finding.endswith(": the step Prepare has no entry 'trian' in ProcessingOutputConfig.Outputs")


def test_a_parameter_that_no_step_uses_is_told() -> None:
    machine = {"Name": "Machine", "Type": "String", "DefaultValue": "ml.m5.large"}
    assert found(PREPARE, parameters=(machine,)) == ["Parameters[0]: no step uses the parameter Machine"]


def test_steps_that_wait_for_each_other_are_told() -> None:
    other = {**PREPARE, "Name": "Other", "DependsOn": ["Prepare"]}
    assert [each.partition(": ")[2] for each in found({**PREPARE, "DependsOn": ["Other"]}, other)] == [
        "steps wait for each other: Prepare → Other → Prepare"
    ]


def test_more_steps_than_the_quota_are_told() -> None:
    assert found(*({**PREPARE, "Name": f"Step{number}"} for number in range(51))) == [
        "Steps: 51 steps; a pipeline has at most 50"
    ]
