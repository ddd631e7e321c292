"""CodeBuild's operations on builds: starting one with what is overridden for it, looking at it, stopping it."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

from harness.emulator import background
from harness.emulator.delivery.builds import projects, run
from harness.emulator.delivery.builds.model import Build, Phase, Project
from harness.emulator.delivery.builds.projects import invalid
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK, Store, stores

# StartBuild's parameter → where it goes in the project's settings.
_OVERRIDES: Mapping[str, tuple[str, ...]] = {
    "secondarySourcesOverride": ("secondarySources",),
    "artifactsOverride": ("artifacts",),
    "secondaryArtifactsOverride": ("secondaryArtifacts",),
    "sourceTypeOverride": ("source", "type"),
    "sourceLocationOverride": ("source", "location"),
    "sourceAuthOverride": ("source", "auth"),
    "buildspecOverride": ("source", "buildspec"),
    "environmentTypeOverride": ("environment", "type"),
    "imageOverride": ("environment", "image"),
    "computeTypeOverride": ("environment", "computeType"),
    "privilegedModeOverride": ("environment", "privilegedMode"),
    "imagePullCredentialsTypeOverride": ("environment", "imagePullCredentialsType"),
    "serviceRoleOverride": ("serviceRole",),
    "timeoutInMinutesOverride": ("timeoutInMinutes",),
    "queuedTimeoutInMinutesOverride": ("queuedTimeoutInMinutes",),
    "encryptionKeyOverride": ("encryptionKey",),
    "logsConfigOverride": ("logsConfig",),
    "cacheOverride": ("cache",),
    # These change nothing here: a source is fetched whole, over no network.
    "gitCloneDepthOverride": (),
    "gitSubmodulesConfigOverride": (),
    "insecureSslOverride": (),
    "reportBuildStatusOverride": (),
    "autoRetryLimitOverride": ("autoRetryLimit",),
}
_OWN = (
    "projectName",
    "sourceVersion",
    "secondarySourcesVersionOverride",
    "environmentVariablesOverride",
    "idempotencyToken",
)

_slots = background.Slots(4)  # builds at a time; more wait, in the phase QUEUED


def overridden(project: Project, given: Mapping[str, Any]) -> dict[str, Any]:
    """A project's settings with StartBuild's overrides. Raises ServiceError naming one that is not modelled."""
    settings: dict[str, Any] = dict(project.settings)
    for part in ("source", "environment"):
        settings[part] = dict(settings[part])
    for name, value in given.items():
        if name in _OWN:
            continue
        if name not in _OVERRIDES:
            raise invalid(f"The emulated landscape does not model {name}")
        match _OVERRIDES[name]:
            case (key,):
                settings[key] = value
            case (part, key):
                settings[part][key] = value
    own = {each["name"]: each for each in settings["environment"].get("environmentVariables") or ()}
    own |= {each["name"]: each for each in given.get("environmentVariablesOverride") or ()}
    settings["environment"]["environmentVariables"] = list(own.values())
    return settings


def _start(call: Call) -> Answer:
    with LOCK:
        token = call.get("idempotencyToken")
        if token and (earlier := _started_with(call.store, token)) is not None:
            return {"build": earlier.described()}
        project = projects.find(call.store, call["projectName"])
        settings = overridden(project, call.parameters)
        projects.check(settings, call.account_id)
        version = str(call.get("sourceVersion") or settings.get("sourceVersion") or "")
        if settings["source"]["type"] == "CODEPIPELINE" and not version:
            raise invalid("Source type CODEPIPELINE can only be built by a pipeline; use sourceTypeOverride")
        number = call.store.build_numbers.get(project.name, 0) + 1
        call.store.build_numbers[project.name] = number
        identifier = f"{project.name}:{uuid.uuid4()}"
        secondary = settings.get("secondarySourceVersions") or ()
        chosen = (*secondary, *(call.get("secondarySourcesVersionOverride") or ()))
        build = Build(
            id=identifier,
            arn=call.store.arn("codebuild", f"build/{identifier}"),
            number=number,
            account_id=call.account_id,
            region=call.region,
            project=project.name,
            settings=settings,
            initiator=_initiator(call.arn),
            source_version=version,
            secondary_versions={each["sourceIdentifier"]: each["sourceVersion"] for each in chosen},
        )
        submitted = Phase("SUBMITTED", status="SUCCEEDED")
        submitted.ended = submitted.started
        build.phases += [submitted, Phase("QUEUED")]
        call.store.builds[build.id] = build
        if token:
            call.store.tokens["StartBuild", token] = build.id
        answer = build.described()
    _slots.submit(f"codebuild/{build.id}", lambda: run.run(build))
    return {"build": answer}


def _started_with(store: Store, token: str) -> Build | None:
    return store.builds.get(store.tokens.get(("StartBuild", token), ""))


def _initiator(arn: str) -> str:
    """Who started a build, as CodeBuild says it: a pipeline, a user, or a role and its session."""
    name = arn.split(":", 5)[-1]
    session = name.rsplit("/", 1)[-1]
    for store in stores():
        # Pipelines act in sessions that are named after their execution.
        if session in store.executions:
            return f"codepipeline/{store.executions[session].pipeline}"
    return name.removeprefix("assumed-role/").removeprefix("user/")


def _known(call: Call, identifier: str) -> Build:
    build = call.store.builds.get(identifier.rsplit(":build/", 1)[-1])
    if build is None:
        arn = call.store.arn("codebuild", f"build/{identifier}")
        raise ServiceError("ResourceNotFoundException", f"Build {arn} does not exist")
    return build


def _stop(call: Call) -> Answer:
    build = _known(call, call["id"])
    build.stop.set()
    return {"build": build.described()}


def _retry(call: Call) -> Answer:
    earlier = _known(call, str(call.get("id") or ""))
    given = {"projectName": earlier.project, "sourceVersion": earlier.source_version or None}
    more = {key: value for key, value in given.items() if value}
    return _start(dataclasses.replace(call, parameters=more))


def _batch_get(call: Call) -> Answer:
    with LOCK:
        known = {each: call.store.builds.get(each.rsplit(":build/", 1)[-1]) for each in call["ids"]}
        found = [build.described() for build in known.values() if build is not None]
    return {"builds": found, "buildsNotFound": [each for each, build in known.items() if build is None]}


def _list(call: Call) -> Answer:
    return {"ids": _ids(call, list(call.store.builds))}


def _list_for_project(call: Call) -> Answer:
    project = projects.find(call.store, call["projectName"])
    return {"ids": _ids(call, [each.id for each in call.store.builds.values() if each.project == project.name])}


def _ids(call: Call, ids: list[str]) -> list[str]:
    return ids if call.get("sortOrder") == "ASCENDING" else ids[::-1]


def _batch_delete(call: Call) -> Answer:
    deleted, kept = [], []
    with LOCK:
        for identifier in call["ids"]:
            build = call.store.builds.get(identifier.rsplit(":build/", 1)[-1])
            if build is not None and build.complete:
                del call.store.builds[build.id]
                deleted.append(build.arn)
            else:
                status = "BUILD_IN_PROGRESS" if build is not None else "BUILD_NOT_FOUND"
                kept.append({"id": identifier, "statusCode": status})
    return {"buildsDeleted": deleted, "buildsNotDeleted": kept}


OPERATIONS: Mapping[str, Operation] = {
    "BatchDeleteBuilds": _batch_delete,
    "BatchGetBuilds": _batch_get,
    "ListBuilds": _list,
    "ListBuildsForProject": _list_for_project,
    "RetryBuild": _retry,
    "StartBuild": _start,
    "StopBuild": _stop,
}
