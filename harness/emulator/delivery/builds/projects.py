"""CodeBuild's operations on projects. What builds are made of is checked here, at every change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from harness.emulator import clock
from harness.emulator.delivery.builds.model import Project
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK, Store

_DEFAULTS: Mapping[str, Any] = {
    "cache": {"type": "NO_CACHE"},
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "secondarySources": [],
    "secondaryArtifacts": [],
}
_NOT_MODELLED = ("autoRetryLimit", "badgeEnabled", "buildBatchConfig", "concurrentBuildLimit", "fileSystemLocations")
REPOSITORIES = ("GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED", "BITBUCKET")


def invalid(message: str) -> ServiceError:
    """What CodeBuild answers to input that it does not take."""
    return ServiceError("InvalidInputException", message)


def find(store: Store, name: str) -> Project:
    """A project by its name or ARN. Raises ServiceError."""
    found = store.projects.get(name.rsplit(":project/", 1)[-1])
    if found is None:
        arn = store.arn("codebuild", f"project/{name}")
        raise ServiceError("ResourceNotFoundException", f"Project cannot be found: {arn}")
    return found


def check(settings: Mapping[str, Any], account_id: str) -> None:
    """Raises ServiceError where CodeBuild would not take these settings of a project or build."""
    for message in _faults(settings, account_id):
        raise invalid(message)


def _faults(settings: Mapping[str, Any], account_id: str) -> Iterator[str]:
    role = str(settings["serviceRole"])
    if not role.startswith("arn:") or role.split(":")[4] != account_id:
        yield "Invalid service role: Service role account ID does not match caller's account"
    yield from _source_faults(settings["source"], primary=True)
    identifiers = [each.get("sourceIdentifier") for each in settings.get("secondarySources") or ()]
    for each in settings.get("secondarySources") or ():
        yield from _source_faults(each, primary=False)
    if None in identifiers or len(set(identifiers)) < len(identifiers):
        yield "Each secondary source needs a sourceIdentifier of its own"
    yield from _artifact_faults(settings["artifacts"], str(settings["source"]["type"]))
    for each in settings.get("secondaryArtifacts") or ():
        if not each.get("artifactIdentifier"):
            yield "Each secondary artifact needs an artifactIdentifier"
        yield from _artifact_faults(each, str(settings["source"]["type"]))
    names = [each["name"] for each in settings["environment"].get("environmentVariables") or ()]
    if len(set(names)) < len(names):
        yield "Duplicate environment variable names are not allowed"
    for name in _NOT_MODELLED:
        if settings.get(name):
            yield f"The emulated landscape does not model {name}"
    logs = (settings.get("logsConfig") or {}).get("s3Logs") or {}
    if logs.get("status") == "ENABLED":
        yield "The emulated landscape does not model s3Logs"


def _source_faults(source: Mapping[str, Any], primary: bool) -> Iterator[str]:
    kind, location = source["type"], source.get("location")
    if kind in ("CODEPIPELINE", "NO_SOURCE"):
        if location and kind == "NO_SOURCE":
            yield f"Project source location is not needed for source type {kind}"
    elif not location:
        yield "Project source location is required"
    if primary and kind == "NO_SOURCE" and not source.get("buildspec"):
        yield "Invalid project source: buildspec is required for source type NO_SOURCE"
    if kind == "CODECOMMIT":
        yield "The emulated landscape does not model sources of type CODECOMMIT"


def _artifact_faults(artifacts: Mapping[str, Any], source: str) -> Iterator[str]:
    kind, location = artifacts["type"], artifacts.get("location")
    if (kind == "CODEPIPELINE") != (source == "CODEPIPELINE"):
        yield "Invalid artifacts: artifact type must be CODEPIPELINE if, and only if, the source type is CODEPIPELINE"
    if kind == "S3" and not location:
        yield "Invalid artifacts: location is required for artifact type S3"
    if kind == "NO_ARTIFACTS" and location:
        yield "Invalid artifacts: artifact type NO_ARTIFACTS should have null location"


def _create(call: Call) -> Answer:
    given = {key: value for key, value in call.parameters.items() if key not in ("name", "badgeEnabled")}
    key = f"arn:aws:kms:{call.region}:{call.account_id}:alias/aws/s3"
    settings = {**_DEFAULTS, "encryptionKey": key, **given}
    check({**settings, "badgeEnabled": call.get("badgeEnabled")}, call.account_id)
    name = str(call["name"])
    arn = call.store.arn("codebuild", f"project/{name}")
    now = clock.now()
    with LOCK:
        if name in call.store.projects:
            raise ServiceError("ResourceAlreadyExistsException", f"Project already exists: {arn}")
        project = call.store.projects[name] = Project(name, arn, settings, now, now)
    return {"project": project.described()}


def _update(call: Call) -> Answer:
    with LOCK:
        current = find(call.store, call["name"])
        given = {key: value for key, value in call.parameters.items() if key not in ("name", "badgeEnabled")}
        settings = {**current.settings, **given}
        check({**settings, "badgeEnabled": call.get("badgeEnabled")}, call.account_id)
        project = dataclasses.replace(current, settings=settings, modified=clock.now())
        call.store.projects[project.name] = project
    return {"project": project.described()}


def _delete(call: Call) -> Answer:
    with LOCK:
        name = str(call["name"]).rsplit(":project/", 1)[-1]
        call.store.projects.pop(name, None)
        for build in [each for each in call.store.builds.values() if each.project == name and each.complete]:
            del call.store.builds[build.id]
    return {}


def _batch_get(call: Call) -> Answer:
    known = {name: call.store.projects.get(name.rsplit(":project/", 1)[-1]) for name in call["names"]}
    found = [each.described() for each in known.values() if each is not None]
    return {"projects": found, "projectsNotFound": [name for name, each in known.items() if each is None]}


def _list(call: Call) -> Answer:
    names = sorted(call.store.projects)
    return {"projects": names[::-1] if call.get("sortOrder") == "DESCENDING" else names}


OPERATIONS: Mapping[str, Operation] = {
    "BatchGetProjects": _batch_get,
    "CreateProject": _create,
    "DeleteProject": _delete,
    "ListProjects": _list,
    "UpdateProject": _update,
}
