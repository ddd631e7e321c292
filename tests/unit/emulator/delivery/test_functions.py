"""Functions in pipelines: the job that they get, their answers, being called again, and never answering."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import Place, action, approval, place, source, stage

_ANSWERS = """
import boto3, io, json, zipfile

def handler(event, context):
    job = event["CodePipeline.job"]
    data, client = job["data"], boto3.client("codepipeline")
    wanted = json.loads(data["actionConfiguration"]["configuration"]["UserParameters"])
    if wanted.get("fail"):
        details = {"type": "JobFailed", "message": wanted["fail"]}
        return client.put_job_failure_result(jobId=job["id"], failureDetails=details)
    if "continuationToken" not in data:
        return client.put_job_success_result(jobId=job["id"], continuationToken="half")
    keys = data["artifactCredentials"]
    session = boto3.Session(keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"])
    s3, read = session.client("s3"), data["inputArtifacts"][0]["location"]["s3Location"]
    body = s3.get_object(Bucket=read["bucketName"], Key=read["objectKey"])["Body"].read()
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    write = data["outputArtifacts"][0]["location"]["s3Location"]
    s3.put_object(Bucket=write["bucketName"], Key=write["objectKey"], Body=json.dumps(names).encode())
    client.put_job_success_result(jobId=job["id"], outputVariables={"Token": data["continuationToken"]})
"""


def function(tenant: Tenant, code: str) -> None:
    role = things.service_role(tenant, "function", "lambda")
    tenant.client("lambda").create_function(
        FunctionName="check",
        Role=role,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": things.archive({"index.py": code})},
    )


def invoking(here: Place, **wanted: Any) -> str:
    """Makes a pipeline whose function gets these parameters; gives its first execution."""
    invoke = action(
        "Invoke",
        "Lambda",
        "Check",
        takes=["Code"],
        gives=["Checked"],
        namespace="Check",
        FunctionName="check",
        UserParameters=json.dumps(wanted),
    )
    copy = action(
        "Deploy",
        "S3",
        "Copy",
        takes=["Checked"],
        BucketName=here.sources,
        ObjectKey="#{Check.Token}.json",
        Extract="false",
        runOrder=2,
    )
    return here.create("invoking", stage("Source", source(here.sources)), stage("Check", invoke, copy))


def test_a_function_is_called_again_reads_and_writes_artifacts_and_gives_variables(tenant: Tenant) -> None:
    here = place(tenant)
    function(tenant, _ANSWERS)
    assert here.ended("invoking", invoking(here)) == "Succeeded"
    written = tenant.client("s3").get_object(Bucket=here.sources, Key="half.json")["Body"].read()
    assert json.loads(written) == ["template.json"]


def test_a_function_fails_its_action_in_its_own_words(tenant: Tenant) -> None:
    here = place(tenant)
    function(tenant, _ANSWERS)
    first = invoking(here, fail="the endpoint answers nonsense")
    assert here.ended("invoking", first) == "Failed"
    assert here.why("invoking", first, "Check") == "JobFailed: the endpoint answers nonsense"


def test_a_function_that_is_not_there_fails_its_action(tenant: Tenant) -> None:
    here = place(tenant)
    first = invoking(here)
    assert here.ended("invoking", first) == "Failed"
    assert "ResourceNotFoundException" in here.why("invoking", first, "Check")


def expire(tenant: Tenant, **given: str) -> Any:
    body = json.dumps({"account": tenant.id, "region": REGION, **given}).encode()
    with urllib.request.urlopen(f"{tenant.url}/moto-api/platform/pipelines/expire", body, timeout=10) as answer:
        return json.loads(answer.read())


def test_what_nobody_answers_for_expires(tenant: Tenant) -> None:
    here = place(tenant)
    function(tenant, "def handler(event, context):\n    return None\n")
    first = invoking(here)
    things.until(lambda: here.actions("invoking", first).get("Check", {}).get("status") == "InProgress")

    def expired() -> bool:
        try:
            return bool(expire(tenant, pipeline="invoking", action="Check")["execution"] == first)
        except urllib.error.HTTPError:  # it does not wait yet
            return False

    things.until(expired)
    assert here.ended("invoking", first) == "Failed"
    assert here.why("invoking", first, "Check").startswith("JobTimedOut: ")
    second = here.create("waiting", stage("Source", source(here.sources)), stage("Gate", approval()))
    here.token("waiting", "Gate")
    expire(tenant, pipeline="waiting", action="Decide")
    assert here.ended("waiting", second) == "Failed"
    assert here.why("waiting", second, "Decide").startswith("ApprovalExpired: ")


def test_nothing_is_left_of_a_pipeline_that_is_deleted_while_it_runs(tenant: Tenant) -> None:
    here = place(tenant)
    function(tenant, "def handler(event, context):\n    return None\n")
    first = invoking(here)
    things.until(lambda: here.actions("invoking", first).get("Check", {}).get("status") == "InProgress")
    here.client.delete_pipeline(name="invoking")
    assert here.client.list_pipelines()["pipelines"] == []
    again = invoking(here)
    assert again != first
    found = here.client.list_pipeline_executions(pipelineName="invoking")["pipelineExecutionSummaries"]
    assert [each["pipelineExecutionId"] for each in found] == [again]


def test_an_answer_for_a_job_that_nobody_gave_is_refused(tenant: Tenant) -> None:
    client = tenant.client("codepipeline")
    with pytest.raises(ClientError, match="JobNotFoundException"):
        client.put_job_success_result(jobId="00000000-0000-0000-0000-000000000000")
