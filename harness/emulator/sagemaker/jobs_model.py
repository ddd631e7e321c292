"""A job of the emulated SageMaker: its request, its state, and how both are told. It runs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator import acting, clock, shapes
from harness.emulator.events import bus
from harness.emulator.identity import Session
from harness.emulator.sagemaker import errors, naming, paging, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.notices import milliseconds, plain
from harness.emulator.sagemaker.store import LOCK, Backend

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"
_REASON = 1024  # characters of a failure reason that the API shows


class JobError(Exception):
    """A job has failed; the message is its FailureReason, in SageMaker's words."""


@dataclass(frozen=True)
class Kind:
    """One of the three kinds of jobs. `prefix`: how members are called (ProcessingJob), `noun`: how ARNs are."""

    prefix: str
    noun: str
    started: str  # the member that tells when it started
    ended: str
    log_group: str

    @property
    def spoken(self) -> str:
        """As SageMaker's messages call it: processing job."""
        return self.noun.replace("-", " ")


PROCESSING = Kind(
    "ProcessingJob", "processing-job", "ProcessingStartTime", "ProcessingEndTime", "/aws/sagemaker/ProcessingJobs"
)
TRAINING = Kind("TrainingJob", "training-job", "TrainingStartTime", "TrainingEndTime", "/aws/sagemaker/TrainingJobs")
TRANSFORM = Kind(
    "TransformJob", "transform-job", "TransformStartTime", "TransformEndTime", "/aws/sagemaker/TransformJobs"
)


@dataclass
class Job:
    """A job. `request`: as it was asked for; `told`: further members of its description. Guarded by LOCK."""

    kind: Kind
    place: Place
    request: Mapping[str, Any]
    session: Session  # of the job's role
    told: dict[str, Any] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """Its name."""
        return self.place.name

    @property
    def status(self) -> str:
        """InProgress, Stopping, Stopped, Failed or Completed."""
        return str(self.told[f"{self.kind.prefix}Status"])

    def change(self, status: str, **members: Any) -> None:
        """Notes a change, and emits the event of it."""
        with LOCK:
            now = clock.now()
            self.told |= {f"{self.kind.prefix}Status": status, "LastModifiedTime": now, **members}
            if status in ("Completed", "Failed", "Stopped"):
                self.told.setdefault(self.kind.started, now)
                self.told[self.kind.ended] = now
            if "FailureReason" in self.told:
                self.told["FailureReason"] = str(self.told["FailureReason"])[:_REASON]
            detail = plain(self.description(), milliseconds) | {"Tags": tags.mapping(self.place.arn)}
        bus.publish(
            self.place.account_id,
            self.place.region,
            "aws.sagemaker",
            f"SageMaker {self.kind.spoken.title()} State Change",
            detail,
            (self.place.arn,),
        )

    def description(self) -> dict[str, Any]:
        """What its Describe operation answers."""
        shape = shapes.operation("sagemaker", f"Describe{self.kind.prefix}").output_shape
        whole = {**self.request, f"{self.kind.prefix}Arn": self.place.arn, **self.told}
        return {name: value for name, value in whole.items() if shape and name in shape.members}

    def client(self, service: str) -> Any:
        """A client that acts with the job's role."""
        return acting.client(service, self.place.region, self.session)


class Jobs(Backend):
    """The jobs of an account and region, by noun and name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.of: dict[str, dict[str, Job]] = {kind.noun: {} for kind in (PROCESSING, TRAINING, TRANSFORM)}


_backends = BackendDict(Jobs, "sagemaker")


def role_session(call_account: str, role_arn: str, source_arn: str) -> Session:
    """A session of the role that a request names. Raises ValidationException where SageMaker cannot assume it."""
    try:
        return acting.credentials(role_arn, SERVICE_PRINCIPAL, call_account, "SageMaker", source_arn)
    except acting.NotTrustedError:
        raise errors.validation(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{SERVICE_PRINCIPAL}' to assume the role."
        ) from None


def add(kind: Kind, call: Call, session: Session, **told: Any) -> Job:
    """A new job, in progress. Raises ResourceInUse where there was one of that name."""
    place = Place(call.account_id, call.region, kind.noun, str(call[f"{kind.prefix}Name"]))
    request = {name: value for name, value in call.parameters.items() if name != "Tags"}
    job = Job(kind, place, request, session, {"CreationTime": clock.now(), **told})
    with LOCK:
        jobs = _of(call, kind)
        if job.name in jobs:
            raise errors.in_use(
                "Job name must be unique within an AWS account and region, and a job with this name already exists "
                f"({place.arn})"
            )
        jobs[job.name] = job
        tags.open_for(place.arn, call.get("Tags"))
    job.change("InProgress")
    return job


def operations(kind: Kind, create: Callable[[Call], Job], ascending: bool) -> dict[str, Callable[[Call], Answer]]:
    """The operations of a kind of jobs. `ascending`: how its list is sorted unasked."""
    order = "Ascending" if ascending else "Descending"
    return {
        f"Create{kind.prefix}": lambda call: {f"{kind.prefix}Arn": create(call).place.arn},
        f"Describe{kind.prefix}": lambda call: _found(call, kind).description(),
        f"Stop{kind.prefix}": lambda call: _stop(call, kind),
        f"List{kind.prefix}s": lambda call: _list(call, kind, order),
    }


def _of(call: Call, kind: Kind) -> dict[str, Job]:
    found: dict[str, Job] = _backends[call.account_id][call.region].of[kind.noun]
    return found


def _found(call: Call, kind: Kind) -> Job:
    name = str(call[f"{kind.prefix}Name"])
    job = _of(call, kind).get(name)
    if job is None:
        raise errors.validation("Requested resource not found.")
    return job


def _stop(call: Call, kind: Kind) -> Answer:
    job = _found(call, kind)
    with LOCK:
        if job.status != "InProgress":
            raise errors.validation(f"The request was rejected because the {kind.spoken} is in status {job.status}.")
        job.change("Stopping")
    job.stopped.set()
    return {}


def _list(call: Call, kind: Kind, order: str) -> Answer:
    name, status = f"{kind.prefix}Name", f"{kind.prefix}Status"
    members = (name, f"{kind.prefix}Arn", "CreationTime", kind.ended, "LastModifiedTime", status, "FailureReason")
    wanted = call.get("StatusEquals")
    with LOCK:
        found = [_summary(job, members) for job in _of(call, kind).values() if wanted in (None, job.status)]
    shown, token = paging.listed(found, call.parameters, name, order, keys={"Status": lambda each: each[status]})
    shape: Any = shapes.operation("sagemaker", f"List{kind.prefix}s").output_shape
    known = shape.members[f"{kind.prefix}Summaries"].member.members
    return {
        f"{kind.prefix}Summaries": [{key: each[key] for key in each if key in known} for each in shown],
        "NextToken": token,
    }


def _summary(job: Job, members: tuple[str, ...]) -> dict[str, Any]:
    whole = {**job.request, f"{job.kind.prefix}Arn": job.place.arn, **job.told}
    return {member: whole[member] for member in members if member in whole}


def arn_of(call: Call, kind: Kind) -> str:
    """The ARN of the job that a request would make."""
    return naming.arn(call.account_id, call.region, kind.noun, str(call[f"{kind.prefix}Name"]))
