"""Processing and training jobs run as processes of this machine, in the container's contract, as their role."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator import acting
from harness.emulator.events import bus
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.workbench import TRUST, Workbench, channel, input_of, open_workbench, output_of

COPY = """
import pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:3])
for each in sorted(source.rglob("*")):
    if each.is_file():
        made = target / each.relative_to(source)
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(each.read_text().upper())
"""


@pytest.fixture
def bench(tenant: Tenant) -> Workbench:
    return open_workbench(tenant)


def refused(operation: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as raised:
        operation(**request)
    told = raised.value.response["Error"]
    return f"{told['Code']}: {told['Message']}"


def test_a_processing_job_moves_data_from_its_inputs_to_its_outputs(bench: Workbench) -> None:
    bench.put("data/a.txt", "a")
    bench.put("data/deep/b.txt", "b")
    bench.put("database.txt", "not meant")
    done = bench.process(
        "upper",
        COPY,
        "/opt/ml/processing/input/data",
        "/opt/ml/processing/output/result",
        inputs=[input_of("data", bench.uri("data/"))],
        outputs=[output_of("result", bench.uri("out"))],
    )
    assert done["ProcessingJobStatus"] == "Completed"
    assert done["ProcessingEndTime"] >= done["ProcessingStartTime"] >= done["CreationTime"]
    assert {key: bench.read(key) for key in bench.keys("out/")} == {"out/a.txt": "A", "out/deep/b.txt": "B"}


def test_a_processing_container_finds_its_configuration(bench: Workbench) -> None:
    script = """
import json, os, pathlib, sys
root = pathlib.Path(sys.argv[0]).parents[3]
config = {p.name: json.loads(p.read_text()) for p in (root / "config").iterdir()}
out = pathlib.Path(config["processingjobconfig.json"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["LocalPath"])
(out / "seen.json").write_text(json.dumps({
    "job": config["processingjobconfig.json"]["ProcessingJobArn"],
    "hosts": config["resourceconfig.json"]["hosts"],
    "place": os.environ["PLACE"] == str(root / "processing"),
    "home": os.environ.get("CATALOG_ROOT"),
}))
"""
    environment = {"PLACE": "/opt/ml/processing"}
    outputs = [output_of("seen", bench.uri("seen"))]
    done = bench.process("configured", script, outputs=outputs, Environment=environment)
    seen = json.loads(bench.read("seen/seen.json"))
    assert seen == {"job": done["ProcessingJobArn"], "hosts": ["algo-1"], "place": True, "home": None}


def test_a_failed_processing_job_tells_its_message_and_uploads_only_what_is_continuous(bench: Workbench) -> None:
    script = """
import pathlib, sys
root = pathlib.Path(sys.argv[0]).parents[3]
for name in ("late", "early"):
    (root / "processing/output" / name / "x.txt").write_text("half")
(root / "output/message").write_text("column age: text in row 3")
sys.exit(3)
"""
    outputs = [output_of("late", bench.uri("late")), output_of("early", bench.uri("early"), "Continuous")]
    done = bench.process("broken", script, outputs=outputs)
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert done["ExitMessage"] == "column age: text in row 3"
    assert bench.keys("late") == []
    assert bench.keys("early") == ["early/x.txt"]


def test_what_a_container_writes_is_in_cloudwatch_logs(bench: Workbench) -> None:
    bench.process("talks", "print('hello\\nthere')")
    logs = bench.tenant.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    assert stream.startswith("talks/algo-1-")
    assert [each["message"] for each in events] == ["hello", "there"]


def test_a_container_acts_with_the_job_s_role_unless_it_is_isolated(bench: Workbench) -> None:
    script = """
import json, os, pathlib, sys
import botocore.session
session = botocore.session.get_session()
found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
if session.get_credentials():
    found = session.create_client("sts").get_caller_identity()["Arn"]
out = pathlib.Path(sys.argv[0]).parents[2] / "output/who/who.json"
out.write_text(json.dumps(found))
"""
    bench.process("open", script, outputs=[output_of("who", bench.uri("open"))])
    arn = json.loads(bench.read("open/who.json"))
    assert arn == f"arn:aws:sts::{bench.tenant.id}:assumed-role/jobs/SageMaker"
    network = {"EnableNetworkIsolation": True}
    bench.process("closed", script, outputs=[output_of("who", bench.uri("closed"))], NetworkConfig=network)
    assert json.loads(bench.read("closed/who.json")) == acting.isolated()


def test_an_isolated_training_container_asks_this_machine_for_no_credentials(bench: Workbench) -> None:
    script = """
import json, os, pathlib, sys
found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(json.dumps(found))
sys.exit(1)
"""
    done = bench.train("closed", script, EnableNetworkIsolation=True)
    told = done["FailureReason"].removeprefix("AlgorithmError: ").removesuffix(", exit code: 1")
    assert json.loads(told) == acting.isolated()


def test_missing_input_is_told_in_sagemaker_s_words(bench: Workbench) -> None:
    done = bench.process("hungry", "", inputs=[input_of("data", bench.uri("nothing/"))])
    assert done["FailureReason"] == (
        f'ClientError: No S3 objects found under S3 URL "s3://{bench.bucket}/nothing/" given in input data source. '
        "Please ensure that the bucket exists in the selected region (eu-west-1), that objects exist under that S3 "
        f'prefix, and that the role "{bench.role}" has "s3:ListBucket" permissions on bucket "{bench.bucket}".'
    )


def test_data_of_another_account_is_refused_as_the_job_s_role(
    bench: Workbench, new_tenant: Callable[[], Tenant]
) -> None:
    other = open_workbench(new_tenant())
    uri = other.put("data/a.txt", "secret")
    done = bench.process("curious", "", inputs=[input_of("data", uri)])
    assert done["FailureReason"].startswith("ClientError: Data download failed:AccessDenied (403)")


def test_an_image_that_is_not_there_or_not_for_the_account_fails_the_job(
    bench: Workbench, new_tenant: Callable[[], Tenant]
) -> None:
    def reason(name: str, image: str) -> str:
        request = bench.processing(name, "")
        request["AppSpecification"]["ImageUri"] = image
        bench.sagemaker.create_processing_job(**request)
        return str(bench.ended("ProcessingJob", name)["FailureReason"])

    sentence = "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are"
    absent = reason("absent", bench.image.replace(":1", ":2"))
    assert absent.startswith(sentence)
    assert "the repository has no image 2" in absent
    hub = open_workbench(new_tenant())
    assert "the repository's policy does not allow" in reason("foreign", hub.image)
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{bench.tenant.id}:root"}, "Action": actions}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    hub.tenant.client("ecr").set_repository_policy(repositoryName="steps", policyText=policy)
    request = bench.processing("shared", "")
    request["AppSpecification"]["ImageUri"] = hub.image
    bench.sagemaker.create_processing_job(**request)
    assert bench.ended("ProcessingJob", "shared")["ProcessingJobStatus"] == "Completed"


def test_a_role_that_does_not_trust_sagemaker_is_refused(bench: Workbench) -> None:
    request = bench.processing("untrusted", "")
    request["RoleArn"] = bench.tenant.role("other", {**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}})
    told = refused(bench.sagemaker.create_processing_job, **request)
    assert told == (
        f"ValidationException: Could not assume role {request['RoleArn']}. Please ensure that the role exists and "
        "allows principal 'sagemaker.amazonaws.com' to assume the role."
    )


def test_a_job_is_stopped_with_everything_it_started(bench: Workbench) -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    bench.sagemaker.create_processing_job(**bench.processing("endless", script))
    while "ProcessingStartTime" not in bench.sagemaker.describe_processing_job(ProcessingJobName="endless"):
        time.sleep(0.02)
    bench.sagemaker.stop_processing_job(ProcessingJobName="endless")
    assert bench.ended("ProcessingJob", "endless", 5)["ProcessingJobStatus"] == "Stopped"
    told = refused(bench.sagemaker.stop_processing_job, ProcessingJobName="endless")
    assert "in status Stopped" in told


def test_a_job_that_runs_too_long_is_ended(bench: Workbench) -> None:
    done = bench.process("slow", "import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert done["ProcessingJobStatus"] == "Stopped"
    assert done["ExitMessage"] == "The job exceeded its maximum runtime of 1 seconds."


def test_names_of_jobs_are_unique_and_jobs_are_listed(bench: Workbench) -> None:
    bench.process("one", "")
    told = refused(bench.sagemaker.create_processing_job, **bench.processing("one", ""))
    assert told.startswith("ResourceInUse: Job name must be unique")
    bench.process("two", "raise SystemExit(1)")
    failed = bench.sagemaker.list_processing_jobs(StatusEquals="Failed")["ProcessingJobSummaries"]
    assert [each["ProcessingJobName"] for each in failed] == ["two"]
    named = bench.sagemaker.list_processing_jobs(NameContains="on")["ProcessingJobSummaries"]
    assert [each["ProcessingJobName"] for each in named] == ["one"]


def test_what_is_not_modelled_or_wrong_is_refused(bench: Workbench) -> None:
    create = bench.sagemaker.create_processing_job
    several = bench.processing("several", "")
    several["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    assert "does not model a processing job on several instances" in refused(create, **several)
    plain = bench.processing("plain", "")
    del plain["AppSpecification"]["ContainerEntrypoint"]
    assert "does not model the entry point of an image" in refused(create, **plain)
    misnamed = bench.processing("mis_named", "")
    assert refused(create, **misnamed).startswith("ValidationException: 1 validation error detected: Value 'mis_named'")
    elsewhere = bench.processing("elsewhere", "")
    elsewhere["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/etc"
    assert "LocalPath /etc is invalid" in refused(create, **elsewhere)
    elsewhere["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/processing/../../../etc"
    assert "is invalid: it must begin with /opt/ml/processing" in refused(create, **elsewhere)


TRAIN = """
import json, os, pathlib
model, config = pathlib.Path(os.environ["SM_MODEL_DIR"]), pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"])
rows = (pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "data.csv").read_text().split()
depth = json.loads((config / "hyperparameters.json").read_text())["max_depth"]
(model / "model.json").write_text(json.dumps({"rows": len(rows), "depth": depth}))
(model / "code").mkdir()
(model / "code/inference.py").write_text("pass")
print("auc=0.5")
print("auc=0.75")
channels = sorted(json.loads((config / "inputdataconfig.json").read_text()))
out = pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"])
(out / "seen.json").write_text(json.dumps([channels, os.environ["SM_HP_MAX_DEPTH"], os.environ["TRAINING_JOB_ARN"]]))
"""


def test_a_training_job_makes_a_model_of_its_channels(bench: Workbench) -> None:
    data = bench.put("train/data.csv", "1\n2\n3\n")
    metrics = [{"Name": "auc", "Regex": r"auc=([0-9.]+)"}]
    members: dict[str, Any] = {"channels": [channel("train", data)], "HyperParameters": {"max_depth": "3"}}
    done = bench.train("learns", TRAIN, specification={"MetricDefinitions": metrics}, **members)
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Completed", "Completed")
    assert [each["Status"] for each in done["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert [(each["MetricName"], each["Value"]) for each in done["FinalMetricDataList"]] == [("auc", 0.75)]
    assert done["ModelArtifacts"]["S3ModelArtifacts"] == bench.uri("models/learns/output/model.tar.gz")
    archive = bench.s3.get_object(Bucket=bench.bucket, Key="models/learns/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        assert opened.getnames() == ["code", "code/inference.py", "model.json"]
        model = opened.extractfile("model.json")
        assert model is not None
        assert json.loads(model.read()) == {"rows": 3, "depth": "3"}
    output = bench.s3.get_object(Bucket=bench.bucket, Key="models/learns/output/output.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(output)) as opened:
        seen = opened.extractfile("seen.json")
        assert seen is not None
        assert json.loads(seen.read()) == [["code", "train"], "3", done["TrainingJobArn"]]
    again = bench.train("learns-again", TRAIN, **members)
    key = again["ModelArtifacts"]["S3ModelArtifacts"].split("/", 3)[3]
    assert bench.s3.get_object(Bucket=bench.bucket, Key=key)["Body"].read() == archive


def test_a_training_container_s_failure_file_is_the_reason(bench: Workbench) -> None:
    script = """
import os, pathlib, sys
(pathlib.Path(os.environ["SM_OUTPUT_DIR"]) / "failure").write_text("one class only")
sys.exit(1)
"""
    done = bench.train("fails", script)
    assert done["FailureReason"] == "AlgorithmError: one class only, exit code: 1"
    assert done["SecondaryStatus"] == "Failed"
    assert bench.keys("models/fails") == []


def test_a_training_job_without_data_is_not_accepted(bench: Workbench) -> None:
    told = refused(
        bench.sagemaker.create_training_job, **bench.training("no-data", "", channels=[channel("train", "s3://gone/x")])
    )
    assert told.startswith('ValidationException: No S3 objects found under S3 URL "s3://gone/x" given in input data')


def test_changes_of_jobs_are_events(bench: Workbench) -> None:
    sqs, events = bench.tenant.client("sqs"), bench.tenant.client("events")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobStatus": ["Completed"]}}
    events.put_rule(Name="completed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="completed", Targets=[{"Id": "queue", "Arn": arn}])
    done = bench.train("tells", "", Tags=[{"Key": "team", "Value": "risk"}])
    message = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"])
    assert message["detail-type"] == "SageMaker Training Job State Change"
    assert message["resources"] == [done["TrainingJobArn"]]
    assert message["detail"]["Tags"] == {"team": "risk"}
    assert message["detail"]["TrainingEndTime"] == int(done["TrainingEndTime"].timestamp() * 1000)
    assert bus.publish(bench.tenant.id, "eu-west-1", "aws.sagemaker", "nothing", {})
