"""Processing jobs: CreateProcessingJob and its like, and what such a job does."""

from __future__ import annotations

from typing import Any

from harness.emulator import acting
from harness.emulator.sagemaker import errors, jobs_capacity, jobs_images, jobs_run
from harness.emulator.sagemaker.call import Call
from harness.emulator.sagemaker.jobs_data import Store
from harness.emulator.sagemaker.jobs_model import PROCESSING, Job, JobError, add, arn_of, operations, role_session
from harness.pipelines.container import contract, process
from harness.pipelines.container.sandbox import Sandbox

_SECONDS = 86400  # a day: SageMaker's default
FAILED = "AlgorithmError: See job logs for more information"


def _create(call: Call) -> Job:
    _demand_modelled(call)
    session = role_session(call.account_id, str(call["RoleArn"]), arn_of(call, PROCESSING))
    job = add(PROCESSING, call, session)
    jobs_run.begin(job, _run)
    return job


def _demand_modelled(call: Call) -> None:
    cluster = call["ProcessingResources"]["ClusterConfig"]
    if cluster["InstanceCount"] != 1:
        raise errors.not_modelled("a processing job on several instances")
    if not call["AppSpecification"].get("ContainerEntrypoint"):
        raise errors.not_modelled("the entry point of an image: a processing job needs a ContainerEntrypoint")
    for each in call.get("ProcessingInputs", ()):
        given = each.get("S3Input")
        if given is None or not given.get("LocalPath"):
            raise errors.not_modelled("a processing input that is none of S3 with a LocalPath")
        if given.get("S3InputMode", "File") != "File" or given.get("S3CompressionType", "None") != "None":
            raise errors.not_modelled("a processing input in Pipe mode")
        _demand_path(given["LocalPath"])
    for each in call.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if "S3Output" not in each:
            raise errors.not_modelled("a processing output that is none of S3")
        _demand_path(each["S3Output"]["LocalPath"])


def _demand_path(path: str) -> None:
    # Processing containers may use /opt/ml/processing alone (developer guide).
    below = path == "/opt/ml/processing" or path.startswith("/opt/ml/processing/")
    if not below or ".." in path.split("/"):
        raise errors.validation(f"LocalPath {path} is invalid: it must begin with /opt/ml/processing")


def _run(job: Job) -> None:
    jobs_capacity.demand(job)
    request = job.request
    try:
        jobs_images.demand(request["AppSpecification"]["ImageUri"], job.session.caller)
    except jobs_images.ImageError as error:
        raise JobError(str(error)) from None
    with Sandbox() as sandbox:
        store = Store(job.session, job.place.region)
        contract.lay_out_processing(sandbox, request, job.place.arn)
        for each in request.get("ProcessingInputs", ()):
            given = each["S3Input"]
            store.download(given["S3Uri"], sandbox.path(given["LocalPath"]), given.get("S3DataType", "S3Prefix"))
        environment = {**request.get("Environment", {}), **_identity(job)}
        command = contract.processing_command(request)
        outcome = process.run(sandbox, command, environment, job.stopped, _limit(job))
        jobs_run.log(job, outcome.log)
        _end(job, sandbox, store, outcome)


def _end(job: Job, sandbox: Sandbox, store: Store, outcome: process.Outcome) -> None:
    message = contract.message(sandbox, contract.MESSAGE)
    if message:
        job.told["ExitMessage"] = message
    for each in job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        output = each["S3Output"]
        # What is uploaded while the job runs is there whatever becomes of it.
        if outcome.succeeded or output["S3UploadMode"] == "Continuous":
            key = job.request["ProcessingOutputConfig"].get("KmsKeyId")
            store.upload(sandbox.path(output["LocalPath"]), output["S3Uri"], key)
    if outcome.why == "stopped":
        job.change("Stopped")
    elif outcome.why == "timeout":
        job.change("Stopped", ExitMessage=message or f"The job exceeded its maximum runtime of {_limit(job)} seconds.")
    elif outcome.succeeded:
        job.change("Completed")
    else:
        raise JobError(FAILED)


def _limit(job: Job) -> int:
    return int((job.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", _SECONDS))


def _identity(job: Job) -> dict[str, str]:
    """What lets an AWS SDK in the container act with the job's role; nobody's credentials under network isolation."""
    network: Any = job.request.get("NetworkConfig") or {}
    if network.get("EnableNetworkIsolation"):
        return acting.isolated()
    return acting.environment(job.place.region, job.session)


OPERATIONS = operations(PROCESSING, _create, ascending=True)
