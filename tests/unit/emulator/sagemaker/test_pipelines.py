"""Pipelines really run: their steps call the API with the pipeline's role, and the API tells what became of them."""

from __future__ import annotations

import io
import json
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.workbench import Workbench, channel, input_of, open_workbench, output_of

COUNT = """
import json, pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:3])
rows = [float(line) for path in sorted(source.iterdir()) for line in path.read_text().split()]
(target / "score.json").write_text(json.dumps({"score": {"value": sum(rows) / len(rows)}}))
"""
TRAIN = """
import os, pathlib
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "model.json").write_text("{}")
"""


@pytest.fixture
def bench(tenant: Tenant) -> Workbench:
    return open_workbench(tenant)


def get(text: str) -> dict[str, str]:
    return {"Get": text}


def join(*parts: Any) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": list(parts)}}


def without(request: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key not in names}


def score_step(bench: Workbench, **members: Any) -> dict[str, Any]:
    """A step that writes the mean of the numbers in the data as score.value."""
    arguments = without(
        bench.processing(
            "count",
            COUNT,
            "/opt/ml/processing/input/data",
            "/opt/ml/processing/output/report",
            inputs=[input_of("data", "")],
            outputs=[output_of("report", "")],
        ),
        "ProcessingJobName",
    )
    arguments["ProcessingInputs"][1]["S3Input"]["S3Uri"] = get("Parameters.Data")
    run = join("s3:/", bench.bucket, "runs", get("Execution.PipelineExecutionId"))
    arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = run
    files = [{"PropertyFileName": "Score", "OutputName": "report", "FilePath": "score.json"}]
    return {"Name": "Score", "Type": "Processing", "Arguments": arguments, "PropertyFiles": files, **members}


def train_step(bench: Workbench) -> dict[str, Any]:
    arguments = without(
        bench.training("train", TRAIN, channels=[channel("train", bench.uri("data/"))]), "TrainingJobName"
    )
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def decide(if_steps: list[Any], else_steps: list[Any]) -> dict[str, Any]:
    value = {"Std:JsonGet": {"PropertyFile": get("Steps.Score.PropertyFiles.Score"), "Path": "score.value"}}
    condition = {"Type": "GreaterThanOrEqualTo", "LeftValue": value, "RightValue": get("Parameters.Threshold")}
    return {
        "Name": "Decide",
        "Type": "Condition",
        "Arguments": {"Conditions": [condition], "IfSteps": if_steps, "ElseSteps": else_steps},
    }


def definition(*steps: Any) -> str:
    parameters = [
        {"Name": "Data", "Type": "String"},
        {"Name": "Threshold", "Type": "Float", "DefaultValue": 0.5},
    ]
    return json.dumps({"Version": "2020-12-01", "Parameters": parameters, "Steps": list(steps)})


def create(bench: Workbench, *steps: Any, name: str = "main") -> str:
    made = bench.sagemaker.create_pipeline(
        PipelineName=name, PipelineDefinition=definition(*steps), RoleArn=bench.role, ClientRequestToken=token()
    )
    return str(made["PipelineArn"])


def token() -> str:
    return uuid.uuid4().hex


def start(bench: Workbench, name: str = "main", **parameters: str) -> str:
    given = {"Data": bench.uri("data/"), **parameters}
    listed = [{"Name": key, "Value": value} for key, value in given.items()]
    return str(
        bench.sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=listed)["PipelineExecutionArn"]
    )


def ended(bench: Workbench, arn: str, seconds: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, Any] = bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if found["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"it has not ended: {steps_of(bench, arn)}")


def steps_of(bench: Workbench, arn: str) -> dict[str, dict[str, Any]]:
    found = bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
    return {each["StepName"]: each for each in found["PipelineExecutionSteps"]}


def refused(operation: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as raised:
        operation(**request)
    told = raised.value.response["Error"]
    return f"{told['Code']}: {told['Message']}"


def fail(message: Any) -> dict[str, Any]:
    return {"Name": "TooWeak", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def test_a_pipeline_runs_the_branch_that_its_data_call_for(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n1\n")
    create(bench, score_step(bench), decide([train_step(bench)], [fail("the score is too low")]))
    arn = start(bench)
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = steps_of(bench, arn)
    assert [(each["StepName"], each["StepStatus"]) for each in steps.values()] == [
        ("Score", "Succeeded"),
        ("Decide", "Succeeded"),
        ("Train", "Succeeded"),
    ]
    assert steps["Decide"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
    execution = arn.rsplit("/", 1)[1]
    assert f"training-job/pipelines-{execution}-Train-" in job
    assert steps["Train"]["AttemptCount"] == 1
    assert steps["Train"]["EndTime"] > steps["Train"]["StartTime"]
    assert json.loads(bench.read(f"runs/{execution}/score.json")) == {"score": {"value": 1}}


def test_the_other_branch_fails_with_the_pipeline_s_own_message(bench: Workbench) -> None:
    bench.put("data/a.csv", "0\n")
    message = {"Std:Join": {"On": " ", "Values": ["below", get("Parameters.Threshold")]}}
    create(bench, score_step(bench), decide([train_step(bench)], [fail(message)]))
    arn = start(bench, Threshold="0.75")
    done = ended(bench, arn)
    assert (done["PipelineExecutionStatus"], done["FailureReason"]) == ("Failed", "below 0.75")
    assert steps_of(bench, arn)["TooWeak"]["FailureReason"] == "below 0.75"
    assert "Train" not in steps_of(bench, arn)


def test_a_failed_job_fails_its_step_and_a_retry_goes_on_from_there(bench: Workbench) -> None:
    create(bench, train_step(bench) | {"DependsOn": ["Score"]}, score_step(bench))
    bench.put("data/a.csv", "text\n")
    arn = start(bench)
    done = ended(bench, arn)
    assert done["FailureReason"] == "Step failure: One or multiple steps failed."
    failed = steps_of(bench, arn)
    assert list(failed) == ["Score"]
    assert failed["Score"]["FailureReason"] == "ClientError: AlgorithmError: See job logs for more information"
    bench.put("data/a.csv", "1\n")
    bench.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Succeeded"
    first = steps_of(bench, arn)["Score"]["Metadata"]
    assert "only what has failed" in refused(bench.sagemaker.retry_pipeline_execution, PipelineExecutionArn=arn)
    assert steps_of(bench, arn)["Score"]["Metadata"] == first


def test_a_request_that_the_api_refuses_fails_the_step_in_sagemaker_s_words(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n")
    step = train_step(bench)
    step["Arguments"]["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3Uri"] = bench.uri("nowhere/")
    create(bench, step)
    arn = start(bench)
    ended(bench, arn)
    reason = steps_of(bench, arn)["Train"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: No S3 objects")


def test_a_former_result_is_used_again(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n")
    cached = score_step(bench, CacheConfig={"Enabled": True, "ExpireAfter": "1d"})
    create(bench, cached, decide([train_step(bench)], [fail("no")]))
    first, second = start(bench), ""
    ended(bench, first)
    second = start(bench)
    assert ended(bench, second)["PipelineExecutionStatus"] == "Succeeded"
    step = steps_of(bench, second)["Score"]
    assert step["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert step["Metadata"] == steps_of(bench, first)["Score"]["Metadata"]
    third = start(bench, Data=bench.put("other/a.csv", "1\n"))
    ended(bench, third)
    assert "CacheHitResult" not in steps_of(bench, third)["Score"]


def test_a_step_without_a_machine_is_tried_again(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n")
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 120, "MaxAttempts": 2}
    create(bench, score_step(bench, RetryPolicies=[policy]))
    body = json.dumps({"account": bench.tenant.id, "region": "eu-west-1", "jobs": 1}).encode()
    with urllib.request.urlopen(f"{bench.tenant.url}/moto-api/platform/capacity", body, timeout=5) as answer:
        assert json.load(answer) == {"jobs": 1}
    arn = start(bench)
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert steps_of(bench, arn)["Score"]["AttemptCount"] == 2
    jobs = bench.sagemaker.list_processing_jobs(StatusEquals="Failed")["ProcessingJobSummaries"]
    assert jobs[0]["FailureReason"].startswith("CapacityError: Unable to provision requested ML compute capacity.")


def test_a_stopped_execution_stops_its_jobs(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n")
    slow = score_step(bench)
    bench.put("code/count.py", "import time; time.sleep(60)")
    create(bench, slow, train_step(bench) | {"DependsOn": ["Score"]})
    arn = start(bench)
    while steps_of(bench, arn).get("Score", {}).get("StepStatus") != "Executing":
        time.sleep(0.02)
    bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Stopped"
    assert {name: each["StepStatus"] for name, each in steps_of(bench, arn).items()} == {"Score": "Stopped"}
    job = bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"][0]
    assert job["ProcessingJobStatus"] == "Stopped"
    told = refused(bench.sagemaker.stop_pipeline_execution, PipelineExecutionArn=arn)
    assert told.startswith("ConflictException")


def test_a_lambda_step_hands_its_outputs_on(bench: Workbench) -> None:
    code = "def handler(event, context):\n    return {'uri': event['uri'] + '/', 'unused': 1}\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("index.py", code)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    function = bench.tenant.client("lambda").create_function(
        FunctionName="locate",
        Runtime="python3.13",
        Role=bench.tenant.role("functions", trust),
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    bench.put("data/a.csv", "1\n")
    locate = {
        "Name": "Locate",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": {"uri": bench.uri("data")},
        "OutputParameters": [{"OutputName": "uri", "OutputType": "String"}],
    }
    score = score_step(bench)
    score["Arguments"]["ProcessingInputs"][1]["S3Input"]["S3Uri"] = get("Steps.Locate.OutputParameters['uri']")
    create(bench, locate, score)
    arn = start(bench, Data="unused")
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Succeeded", steps_of(bench, arn)
    outputs = [{"Name": "uri", "Value": bench.uri("data/")}]
    assert steps_of(bench, arn)["Locate"]["Metadata"] == {"Lambda": {"Arn": function, "OutputParameters": outputs}}


def test_a_model_is_made_and_registered(bench: Workbench) -> None:
    bench.put("data/a.csv", "1\n")
    artifacts = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    model = {"PrimaryContainer": {"Image": bench.image, "ModelDataUrl": artifacts}, "ExecutionRoleArn": bench.role}
    inference = {
        "Containers": [{"Image": bench.image, "ModelDataUrl": artifacts}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    bench.sagemaker.create_model_package_group(ModelPackageGroupName="risk")
    register = {
        "ModelPackageGroupName": "risk",
        "InferenceSpecification": inference,
        "ModelApprovalStatus": "PendingManualApproval",
    }
    create(
        bench,
        train_step(bench),
        {"Name": "Make", "Type": "Model", "Arguments": model},
        {"Name": "Register", "Type": "RegisterModel", "Arguments": register},
    )
    arn = start(bench)
    assert ended(bench, arn)["PipelineExecutionStatus"] == "Succeeded", steps_of(bench, arn)
    steps = steps_of(bench, arn)
    name = steps["Make"]["Metadata"]["Model"]["Arn"].rsplit("/", 1)[1]
    made = bench.sagemaker.describe_model(ModelName=name)
    assert made["PrimaryContainer"]["ModelDataUrl"].endswith("/output/model.tar.gz")
    package = bench.sagemaker.describe_model_package(
        ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_wrong_definitions_and_parameters_are_refused(bench: Workbench) -> None:
    request = {"PipelineName": "wrong", "RoleArn": bench.role, "ClientRequestToken": token()}
    text = definition({"Name": "s", "Type": "Processing", "Arguments": {"x": get("Steps.t.X")}})
    told = refused(bench.sagemaker.create_pipeline, PipelineDefinition=text, **request)
    assert told == (
        "ValidationException: Unable to parse pipeline definition. Steps[0].Arguments.x: there is no step t "
        "(there are: s)"
    )
    assert "Either Pipeline Definition" in refused(bench.sagemaker.create_pipeline, **request)
    create(bench, fail("x"))
    told = refused(start, bench=bench, Threshold="high", Colour="red")
    assert "Parameters.Colour: the pipeline has no such parameter" in told
    assert "Parameters.Threshold: 'high' is no Float" in told
    assert refused(bench.sagemaker.start_pipeline_execution, PipelineName="other").startswith("ResourceNotFound")
    again = {**request, "PipelineName": "main", "PipelineDefinition": definition(fail("x"))}
    assert "already exists" in refused(bench.sagemaker.create_pipeline, **again)


def test_executions_are_started_once_per_token_and_listed(bench: Workbench) -> None:
    arn = create(bench, fail("x"))
    request = {
        "PipelineName": arn,
        "PipelineParameters": [{"Name": "Data", "Value": "d"}],
        "ClientRequestToken": token(),
        "PipelineExecutionDisplayName": "nightly",
    }
    first = bench.sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"]
    assert bench.sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"] == first
    second = start(bench)
    for each in (first, second):
        ended(bench, each)
    listed = bench.sagemaker.list_pipeline_executions(PipelineName="main")["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in listed] == [second, first]
    assert listed[1]["PipelineExecutionDisplayName"] == "nightly"
    bound = listed[0]["StartTime"] + timedelta(seconds=2)  # requests carry whole seconds
    for member, found in (("CreatedBefore", 2), ("CreatedAfter", 0)):
        some = bench.sagemaker.list_pipeline_executions(PipelineName="main", **{member: bound})
        assert len(some["PipelineExecutionSummaries"]) == found
    parameters = bench.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=first)
    assert parameters["PipelineParameters"] == [{"Name": "Data", "Value": "d"}, {"Name": "Threshold", "Value": "0.5"}]
    bench.sagemaker.update_pipeline_execution(PipelineExecutionArn=first, PipelineExecutionDescription="kept")
    described = bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=first)
    assert described["PipelineExecutionDescription"] == "kept"
    of_execution = bench.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=first)
    bench.sagemaker.update_pipeline(PipelineName="main", PipelineDefinition=definition(fail("y")))
    assert json.loads(of_execution["PipelineDefinition"])["Steps"][0]["Arguments"]["ErrorMessage"] == "x"
    bench.sagemaker.delete_pipeline(PipelineName="main", ClientRequestToken=token())
    assert bench.sagemaker.list_pipelines()["PipelineSummaries"] == []


def test_a_definition_may_lie_in_s3(bench: Workbench) -> None:
    bench.put("definitions/main.json", definition(fail("x")))
    place = {"Bucket": bench.bucket, "ObjectKey": "definitions/main.json"}
    bench.sagemaker.create_pipeline(
        PipelineName="main", PipelineDefinitionS3Location=place, RoleArn=bench.role, ClientRequestToken=token()
    )
    described = bench.sagemaker.describe_pipeline(PipelineName="main")
    assert json.loads(described["PipelineDefinition"])["Steps"][0]["Name"] == "TooWeak"


def test_changes_of_executions_and_steps_are_events(bench: Workbench) -> None:
    sqs, events = bench.tenant.client("sqs"), bench.tenant.client("events")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": queue_arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    pipeline = create(bench, fail("too bad"))
    pattern = {"source": ["aws.sagemaker"], "detail": {"pipelineArn": [pipeline]}}
    events.put_rule(Name="all", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": queue_arn}])
    arn = start(bench)
    ended(bench, arn)
    told: list[dict[str, Any]] = []
    while len(told) < 4:
        found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10).get("Messages", [])
        assert found, told
        for each in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
            told.append(json.loads(each["Body"]))
    details = {
        each["detail"].get("currentStepStatus", each["detail"].get("currentPipelineExecutionStatus")): each
        for each in told
    }
    step = next(each["detail"] for each in told if each["detail"].get("currentStepStatus") == "Failed")
    assert step["failureReason"] == "too bad"
    assert step["metadata"] == {"fail": {"errorMessage": "too bad"}}
    assert {"Starting", "Executing", "Failed"} == set(details)
    over = next(each for each in told if each["detail"].get("currentPipelineExecutionStatus") == "Failed")
    assert over["detail-type"] == "SageMaker Model Building Pipeline Execution Status Change"
    assert over["detail"]["previousPipelineExecutionStatus"] == "Executing"
    assert over["resources"] == [pipeline, arn]
