"""Batch transform jobs ask the model's own code, file by file, and write what it answers beside the inputs' names."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import Any

import pytest

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.workbench import Workbench, open_workbench

INFERENCE = """
import json, os

def model_fn(model_dir):
    return json.load(open(os.path.join(model_dir, "model.json")))

def input_fn(body, content_type):
    lines = body.decode().splitlines()
    return [json.loads(line) for line in lines]

def predict_fn(records, model):
    return [{"prediction": model["factor"] * record["x"]} for record in records]

def output_fn(predictions, accept):
    return "\\n".join(json.dumps(each) for each in predictions), accept
"""


@pytest.fixture
def bench(tenant: Tenant) -> Workbench:
    return open_workbench(tenant)


def make_model(bench: Workbench, inference: str = INFERENCE, name: str = "times-two", **container: Any) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, text in {"model.json": '{"factor": 2}', "code/inference.py": inference}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    archive = bench.put(f"models/{name}/model.tar.gz", buffer.getvalue())
    variables = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    given = {"Image": bench.image, "ModelDataUrl": archive, "Environment": variables, **container}
    bench.sagemaker.create_model(ModelName=name, PrimaryContainer=given, ExecutionRoleArn=bench.role)
    return name


def run(bench: Workbench, name: str, model: str, source: str = "input/", **members: Any) -> dict[str, Any]:
    """Runs a transform job over JSON lines; gives its description."""
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": bench.uri(source)}}
    bench.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={
            "DataSource": data,
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
            **members.pop("given", {}),
        },
        TransformOutput={
            "S3OutputPath": bench.uri(f"output/{name}"),
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **members,
    )
    return bench.ended("TransformJob", name)


def test_every_input_file_gets_an_output_file(bench: Workbench) -> None:
    bench.put("input/a.jsonl", '{"x": 1}\n{"x": 2}\n')
    bench.put("input/deep/b.jsonl", '{"x": 3}\n')
    done = run(bench, "batch", make_model(bench), BatchStrategy="MultiRecord")
    assert done["TransformJobStatus"] == "Completed", done
    assert {key: bench.read(key) for key in bench.keys("output/batch/")} == {
        "output/batch/a.jsonl.out": '{"prediction": 2}\n{"prediction": 4}\n',
        "output/batch/deep/b.jsonl.out": '{"prediction": 6}\n',
    }


def test_predictions_are_joined_with_their_records(bench: Workbench) -> None:
    bench.put("input/a.jsonl.gz", gzip.compress(b'{"id": "p", "features": {"x": 1}}\n'))
    processing = {"InputFilter": "$.features", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    run(bench, "joined", make_model(bench), given={"CompressionType": "Gzip"}, DataProcessing=processing)
    made = json.loads(bench.read("output/joined/a.jsonl.gz.out"))
    assert made == {"id": "p", "SageMakerOutput": {"prediction": 2}}


def test_a_record_that_the_model_cannot_answer_fails_the_job(bench: Workbench) -> None:
    bench.put("input/a.jsonl", '{"y": 1}\n')
    done = run(bench, "bad", make_model(bench))
    assert done["FailureReason"] == "AlgorithmError: See job logs for more information"
    logs = bench.tenant.client("logs")
    group = "/aws/sagemaker/TransformJobs"
    streams = [each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    data_log = next(each for each in streams if each.startswith("bad/data-log"))
    events = logs.get_log_events(logGroupName=group, logStreamName=data_log)["events"]
    assert events[0]["message"] == f"{bench.bucket}/input/a.jsonl: Bad HTTP status received from algorithm: 500"
    assert bench.keys("output/") == []


def test_a_model_that_does_not_load_fails_the_job(bench: Workbench) -> None:
    bench.put("input/a.jsonl", "{}\n")
    done = run(bench, "dead", make_model(bench, "raise RuntimeError('no such library')"))
    assert done["FailureReason"].startswith("ClientError: Model container failed to respond to ping")
    assert "no such library" in done["FailureReason"]


def test_a_job_without_input_fails(bench: Workbench) -> None:
    done = run(bench, "empty", make_model(bench), "nothing/")
    assert done["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")
    listed = bench.sagemaker.list_transform_jobs(StatusEquals="Failed")["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in listed] == ["empty"]
