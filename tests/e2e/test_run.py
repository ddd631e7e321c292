"""`build.py run`: a product's pipeline on this machine, from nothing to the numbers that its steps left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.served import copy_repository, run_build

PRODUCT = """\
name: mean-pipeline
version: 1.0.0
title: Mean pipeline
summary: A pipeline that computes the mean of numbers, and refuses a low one.
run:
  pipeline: PipelineName
  data: { to: "s3://${BucketName}/data/${Run}/", parameter: DataUri, default: examples/numbers.csv }
"""

TEMPLATE = """\
#% import "iam.yaml.j2" as iam
AWSTemplateFormatVersion: "2010-09-09"
Description: << product.title >> (<< product.id >>)
Resources:
  Bucket:
    Type: AWS::S3::Bucket
  Role:
    << iam.service_role("sagemaker.amazonaws.com", "Runs it.", statements=duties(), path="/platform/pipelines/") >>
  Pipeline:
    Type: AWS::SageMaker::Pipeline
    Properties:
      PipelineName: mean
      RoleArn: !GetAtt Role.Arn
      PipelineDefinition:
        PipelineDefinitionBody: !Sub |
          << document("src/pipeline.yaml") >>
Outputs:
  PipelineName:
    Value: !Ref Pipeline
  BucketName:
    Value: !Ref Bucket
"""

DUTIES = """\
#% macro duties()
- { Effect: Allow, Action: ["s3:*", "sagemaker:*", "iam:PassRole", "logs:*", "ecr:*", "kms:*"], Resource: "*" }
#% endmacro
"""

PIPELINE = """\
Version: "2020-12-01"
Parameters:
  - { Name: DataUri, Type: String }
  - { Name: Least, Type: Float, DefaultValue: 1 }
Steps:
  - Name: Compute
    Type: Processing
    PropertyFiles: [{ PropertyFileName: Report, OutputName: report, FilePath: report.json }]
    Arguments:
      RoleArn: ${Role.Arn}
      AppSpecification:
        ImageUri: 111111111111.dkr.ecr.${AWS::Region}.amazonaws.com/platform/pipeline-steps:xgboost-3.0-5
        ContainerEntrypoint: [python3, -c]
        ContainerArguments:
          - |
            import json, pathlib
            top = pathlib.Path("/opt/ml/processing")
            x = [float(line) for path in top.glob("data/*") for line in path.open()]
            told = {"mean": {"value": sum(x) / len(x)}, "rows": len(x)}
            (top / "report/report.json").write_text(json.dumps(told))
      ProcessingInputs:
        - InputName: data
          S3Input:
            S3Uri: { Get: Parameters.DataUri }
            LocalPath: /opt/ml/processing/data
            S3DataType: S3Prefix
            S3InputMode: File
      ProcessingOutputConfig:
        Outputs:
          - OutputName: report
            S3Output:
              S3Uri:
                Std:Join: { "On": "/", Values: ["s3://${Bucket}/runs", { Get: Execution.PipelineExecutionId }] }
              LocalPath: /opt/ml/processing/report
              S3UploadMode: EndOfJob
      ProcessingResources: { ClusterConfig: { InstanceCount: 1, InstanceType: ml.m5.large, VolumeSizeInGB: 10 } }
  - Name: Enough
    Type: Condition
    Arguments:
      Conditions:
        - Type: GreaterThanOrEqualTo
          LeftValue:
            Std:JsonGet: { PropertyFile: { Get: Steps.Compute.PropertyFiles.Report }, Path: mean.value }
          RightValue: { Get: Parameters.Least }
      IfSteps: []
      ElseSteps:
        - Name: TooLow
          Type: Fail
          Arguments:
            ErrorMessage: { Std:Join: { "On": " ", Values: [the mean is below, { Get: Parameters.Least }] } }
"""

LAUNCH_POLICY = """\
- { Sid: Launches, Effect: Allow, Action: ["iam:*", "s3:*", "sagemaker:*"], Resource: "*" }
"""

PORTFOLIO = """\
portfolio: runs
title: Runs
description: One product.
products: [mean-pipeline]
principals: [lead]
shares: [{ organizational_unit: ou-plat-workload }]
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's foundations with one product that is released."""
    root = copy_repository(tmp_path_factory.mktemp("run"))
    for folder in ("products", "portfolios"):
        shutil.rmtree(root / folder)
    product = root / "products" / "mean-pipeline"
    files = {
        "products/mean-pipeline/product.yaml": PRODUCT,
        "products/mean-pipeline/template.yaml.j2": DUTIES + TEMPLATE,
        "products/mean-pipeline/launch-policy.yaml": LAUNCH_POLICY,
        "products/mean-pipeline/src/pipeline.yaml": PIPELINE,
        "products/mean-pipeline/CHANGELOG.md": "# Changes\n\n## 1.0.0\n\n- First version.\n",
        "products/mean-pipeline/examples/defaults.yaml": "description: As it comes.\n",
        "products/mean-pipeline/examples/numbers.csv": "1\n2\n3\n",
        "portfolios/runs.yaml": PORTFOLIO,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = run_build(root, "release", product.name)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_a_pipeline_runs_with_the_product_s_own_data(repository: Path) -> None:
    done = run_build(repository, "run", "mean-pipeline")
    assert done.returncode == 0, done.stdout + done.stderr
    table = [line.split("\t") for line in done.stdout.splitlines()]
    assert table[0] == ["Step", "Type", "Status", "Seconds", "Outputs"]
    assert [row[:3] for row in table[1:]] == [
        ["Compute", "Processing", "Succeeded"],
        ["Enough", "Condition", "Succeeded"],
    ]
    assert table[1][4] == "mean=2"
    assert table[2][4] == "Outcome=True"
    for line in ("Compute: Succeeded", "Enough: Succeeded"):
        assert f"\n{line}\n" in done.stderr


def test_a_run_that_fails_tells_the_step_and_its_reason(repository: Path, tmp_path: Path) -> None:
    data = tmp_path / "low.csv"
    data.write_text("1\n1\n")
    done = run_build(repository, "run", "mean-pipeline", "--data", str(data), "--parameter", "Least=1.5", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["kind"], told["status"], told["reason"]) == ("run", "Failed", "the mean is below 1.5")
    assert [(step["name"], step["status"]) for step in told["steps"]] == [
        ("Compute", "Succeeded"),
        ("Enough", "Succeeded"),
        ("TooLow", "Failed"),
    ]
    assert told["steps"][0]["outputs"] == {"mean": 1.0}
