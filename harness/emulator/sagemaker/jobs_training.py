"""Training jobs: CreateTrainingJob and its like, and what such a job does."""

from __future__ import annotations

import re
from typing import Any

from harness.emulator import acting, clock
from harness.emulator.identity import Session
from harness.emulator.sagemaker import errors, jobs_capacity, jobs_images, jobs_run
from harness.emulator.sagemaker.call import Call
from harness.emulator.sagemaker.jobs_data import Store
from harness.emulator.sagemaker.jobs_model import TRAINING, Job, JobError, add, arn_of, operations, role_session
from harness.emulator.sagemaker.store import LOCK
from harness.pipelines.container import archive, contract, process
from harness.pipelines.container.sandbox import Sandbox

_SECONDS = 86400
_REFUSED = ("DebugRuleConfigurations", "ProfilerRuleConfigurations", "ServerlessJobConfig")
_STAGES = {  # secondary status → what DescribeTrainingJob says of it
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def _create(call: Call) -> Job:
    _demand_modelled(call)
    session = role_session(call.account_id, str(call["RoleArn"]), arn_of(call, TRAINING))
    _demand_data(call, session)
    artifacts = f"{call['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{call['TrainingJobName']}/output/model.tar.gz"
    with LOCK:
        job = add(
            TRAINING,
            call,
            session,
            SecondaryStatus="Starting",
            SecondaryStatusTransitions=[],
            ModelArtifacts={"S3ModelArtifacts": artifacts},
        )
    jobs_run.begin(job, _perform)
    return job


def _demand_modelled(call: Call) -> None:
    specification = call["AlgorithmSpecification"]
    if call["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise errors.not_modelled("a training job on several instances")
    if not specification.get("TrainingImage"):
        raise errors.not_modelled("a training job by AlgorithmName")
    if not specification.get("ContainerEntrypoint"):
        raise errors.not_modelled("the entry point of an image: a training job needs a ContainerEntrypoint")
    for name in _REFUSED:
        if call.get(name):
            raise errors.not_modelled(f"{name} of a training job")
    for each in call.get("InputDataConfig", ()):
        if "S3DataSource" not in each["DataSource"] or contract.input_mode(call.parameters, each) == "Pipe":
            raise errors.not_modelled("a channel that is none of S3 in File or FastFile mode")
        if each.get("CompressionType", "None") != "None":
            raise errors.not_modelled("a compressed channel")


def _demand_data(call: Call, session: Session) -> None:
    """SageMaker looks for a channel's data before it accepts the job."""
    store = Store(session, call.region)
    for each in call.get("InputDataConfig", ()):
        try:
            store.demand(each["DataSource"]["S3DataSource"]["S3Uri"])
        except JobError as error:
            raise errors.validation(str(error)) from None


def _perform(job: Job) -> None:
    try:
        _run(job)
    except JobError as error:
        job.change("Failed", FailureReason=str(error), **_stage(job, "Failed"))


def _run(job: Job) -> None:
    jobs_capacity.demand(job)
    request = job.request
    _note(job, "Starting")
    try:
        jobs_images.demand(request["AlgorithmSpecification"]["TrainingImage"], job.session.caller)
    except jobs_images.ImageError as error:
        raise JobError(str(error)) from None
    with Sandbox() as sandbox:
        store = Store(job.session, job.place.region)
        contract.lay_out_training(sandbox, request)
        _note(job, "Downloading")
        for each in request.get("InputDataConfig", ()):
            source = each["DataSource"]["S3DataSource"]
            folder = sandbox.folder(f"{contract.CHANNELS}/{each['ChannelName']}")
            store.download(source["S3Uri"], folder, source["S3DataType"])
        _note(job, "Training")
        limit = request["StoppingCondition"].get("MaxRuntimeInSeconds", _SECONDS)
        environment = {
            **contract.training_variables(request, job.place.arn),
            **request.get("Environment", {}),
            **_identity(job),
        }
        outcome = process.run(sandbox, contract.training_command(request), environment, job.stopped, limit)
        jobs_run.log(job, outcome.log)
        job.told["FinalMetricDataList"] = _metrics(request, outcome.log)
        _note(job, "Uploading")
        _end(job, sandbox, store, outcome)


def _identity(job: Job) -> dict[str, str]:
    if job.request.get("EnableNetworkIsolation"):
        return acting.isolated()
    return acting.environment(job.place.region, job.session)


def _end(job: Job, sandbox: Sandbox, store: Store, outcome: process.Outcome) -> None:
    output = job.request["OutputDataConfig"]
    folder = job.told["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0]
    key = output.get("KmsKeyId")
    data = sandbox.path(contract.OUTPUT_DATA)
    if not archive.is_empty(data):
        store.write(f"{folder}/output.tar.gz", archive.pack(data), key)
    if outcome.why == "exited" and not outcome.succeeded:
        reason = contract.message(sandbox, contract.FAILURE)
        raise JobError(f"AlgorithmError: {reason}, exit code: {outcome.code}")
    # A job that was stopped, or ran too long, keeps what it has made so far.
    if outcome.succeeded or not archive.is_empty(sandbox.path(contract.MODEL)):
        store.write(f"{folder}/model.tar.gz", archive.pack(sandbox.path(contract.MODEL)), key)
    seconds = max(1, round((clock.now() - job.told[TRAINING.started]).total_seconds()))
    times = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
    if outcome.succeeded:
        job.change("Completed", **times, **_stage(job, "Completed"))
    elif outcome.why == "timeout":
        job.change("Stopped", **times, **_stage(job, "MaxRuntimeExceeded"))
    else:
        job.change("Stopped", **times, **_stage(job, "Stopped"))


def _note(job: Job, stage: str) -> None:
    with LOCK:
        job.told |= _stage(job, stage)


def _stage(job: Job, stage: str) -> dict[str, Any]:
    now = clock.now()
    former = [{"EndTime": now, **each} for each in job.told["SecondaryStatusTransitions"]]
    transition = {"Status": stage, "StartTime": now, "StatusMessage": _STAGES[stage]}
    if stage not in ("Starting", "Downloading", "Training", "Uploading"):
        transition["EndTime"] = now
    return {"SecondaryStatus": stage, "SecondaryStatusTransitions": [*former, transition]}


def _metrics(request: Any, log: str) -> list[dict[str, Any]]:
    """The last value of each metric that the definitions find in the log."""
    found = []
    for each in request["AlgorithmSpecification"].get("MetricDefinitions", ()):
        try:
            values = [float(match.group(1)) for match in re.finditer(each["Regex"], log)]
        except (re.error, ValueError, IndexError):
            continue
        if values:
            found.append({"MetricName": each["Name"], "Value": values[-1], "Timestamp": clock.now()})
    return found


OPERATIONS = operations(TRAINING, _create, ascending=True)
