"""Batch transform jobs: CreateTransformJob and its like, and what such a job does."""

from __future__ import annotations

import gzip
from typing import Any

from harness.emulator.awserror import RefusedError
from harness.emulator.sagemaker import errors, jobs_capacity, jobs_images, jobs_run, models, serving
from harness.emulator.sagemaker.call import Call
from harness.emulator.sagemaker.jobs_data import Store
from harness.emulator.sagemaker.jobs_model import TRANSFORM, Job, JobError, add, arn_of, operations, role_session
from harness.pipelines.container.batch import BatchError, Plan, transform

_PING = (
    "ClientError: Model container failed to respond to ping; Please ensure /ping endpoint is implemented and responds "
    "with an HTTP 200 status code"
)


def _create(call: Call) -> Job:
    _demand_modelled(call)
    model = models.find(call.account_id, call.region, str(call["ModelName"]))
    session = role_session(call.account_id, model.role, arn_of(call, TRANSFORM))
    job = add(TRANSFORM, call, session)
    jobs_run.begin(job, _run)
    return job


def _demand_modelled(call: Call) -> None:
    given = call["TransformInput"]
    if "S3DataSource" not in given["DataSource"]:
        raise errors.not_modelled("a transform input that is none of S3")
    if given.get("SplitType", "None") not in ("None", "Line"):
        raise errors.not_modelled(f"SplitType {given['SplitType']} of a transform job")
    if call["TransformResources"]["InstanceCount"] != 1:
        raise errors.not_modelled("a transform job on several instances")
    if call.get("DataCaptureConfig"):
        raise errors.not_modelled("DataCaptureConfig of a transform job")
    processing = call.get("DataProcessing", {})
    if processing.get("JoinSource") == "Input" or processing.get("OutputFilter", "$") != "$":
        accept = call["TransformOutput"].get("Accept")
        if not given.get("ContentType") or not accept:
            raise errors.validation("DataProcessing needs both ContentType and Accept to be given.")


def _run(job: Job) -> None:
    jobs_capacity.demand(job)
    place, request = job.place, job.request
    store = Store(job.session, place.region)
    data = request["TransformInput"]
    source = data["DataSource"]["S3DataSource"]
    entries = store.entries(source["S3Uri"], source["S3DataType"])
    running = _serve(job)
    try:
        for where, name in entries:
            if job.stopped.is_set():
                break
            content = store.read(where.uri)
            if data.get("CompressionType") == "Gzip":
                content = _decompressed(content, where.uri)
            made = _transformed(job, running, content, f"{where.bucket}/{where.key}")
            output = request["TransformOutput"]
            store.write(f"{output['S3OutputPath'].rstrip('/')}/{name}.out", made, output.get("KmsKeyId"))
    finally:
        log = running.log()
        running.stop()
        jobs_run.log(job, log)
    job.change("Stopped" if job.stopped.is_set() else "Completed")


def _serve(job: Job) -> serving.Serving:
    place = job.place
    try:
        model = models.find(place.account_id, place.region, job.request["ModelName"])
        jobs_images.demand(model.container.image, job.session.caller)
        return models.serve(place.account_id, place.region, model.name, job.request.get("Environment"))
    except jobs_images.ImageError as error:
        raise JobError(str(error)) from None
    except RefusedError as error:  # the model was deleted meanwhile
        raise JobError(f"ClientError: {error.message}") from None
    except serving.ServingError as error:
        if str(error).startswith("Failed to download"):
            raise JobError(f"ClientError: {error}") from None
        jobs_run.log(job, str(error))
        raise JobError(f"{_PING} ({str(error).strip().splitlines()[-1]})") from None


def _transformed(job: Job, running: serving.Serving, content: bytes, where: str) -> bytes:
    request: Any = job.request
    kind, accept = request["TransformInput"].get("ContentType"), request["TransformOutput"].get("Accept")

    def invoke(body: bytes) -> bytes:
        return running.invoke(body, kind, accept)[0]

    try:
        return transform(content, Plan.of(request), invoke)
    except serving.ModelError as error:
        told = f"Bad HTTP status received from algorithm: {error.status}" if error.status else str(error.message)
        jobs_run.log(job, f"{where}: {told}\n{where}: {error.message}", container="data-log")
        fault = "ClientError" if 400 <= error.status < 500 else "AlgorithmError"
        raise JobError(f"{fault}: See job logs for more information") from None
    except BatchError as error:
        jobs_run.log(job, f"{where}: {error}", container="data-log")
        raise JobError(f"ClientError: {where}: {error}") from None


def _decompressed(content: bytes, uri: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise JobError(f"ClientError: {uri} cannot be decompressed: {error}") from None


OPERATIONS = operations(TRANSFORM, _create, ascending=False)
