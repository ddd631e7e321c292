"""The events that CodeBuild tells EventBridge of a build, in the shapes that its guide documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from harness.emulator.delivery.builds.model import Build, Phase
from harness.emulator.events import bus


def state_changed(build: Build) -> None:
    """The build has the status that it has now."""
    detail = {
        "build-status": build.status,
        "project-name": build.project,
        "build-id": build.arn,
        "current-phase": build.phases[-1].type,
        "current-phase-context": _contexts(build.phases[-1]),
        "version": "1",
        "additional-information": _information(build),
    }
    _publish(build, "CodeBuild Build State Change", detail)


def phase_changed(build: Build, phase: Phase) -> None:
    """A phase is over."""
    detail = {
        "completed-phase": phase.type,
        "completed-phase-status": phase.status,
        "completed-phase-start": _date(phase.started),
        "completed-phase-end": _date(phase.ended or phase.started),
        "completed-phase-duration-seconds": phase.seconds,
        "completed-phase-context": _contexts(phase),
        "project-name": build.project,
        "build-id": build.arn,
        "version": "1",
        "additional-information": _information(build),
    }
    _publish(build, "CodeBuild Build Phase Change", detail)


def _publish(build: Build, kind: str, detail: dict[str, Any]) -> None:
    bus.publish(build.account_id, build.region, "aws.codebuild", kind, detail, [build.arn])


def _information(build: Build) -> dict[str, Any]:
    environment, source = build.settings["environment"], build.settings["source"]
    artifact = build.uploaded.get("", {})
    variables = environment.get("environmentVariables") or ()
    return {
        "artifact": {key: artifact[key] for key in ("md5sum", "sha256sum", "location") if key in artifact},
        "environment": {
            "image": environment["image"],
            "privileged-mode": bool(environment.get("privilegedMode")),
            "compute-type": environment["computeType"],
            "type": environment["type"],
            "environment-variables": [{"type": "PLAINTEXT", **each} for each in variables],
        },
        "timeout-in-minutes": build.settings["timeoutInMinutes"],
        "build-complete": build.complete,
        "build-number": build.number,
        "initiator": build.initiator,
        "build-start-time": _date(build.started),
        "source": {key: source[key] for key in ("location", "type", "buildspec") if key in source},
        "logs": {
            "group-name": build.log_group or None,
            "stream-name": build.log_stream or None,
            "deep-link": build.log_link,
        },
        "phases": [_phase(each) for each in build.phases],
    }


def _phase(phase: Phase) -> dict[str, Any]:
    found: dict[str, Any] = {"phase-type": phase.type, "start-time": _date(phase.started)}
    if phase.ended is None:
        return found
    return found | {
        "phase-context": [f"{each['statusCode']}: {each['message']}" for each in phase.contexts],
        "end-time": _date(phase.ended),
        "duration-in-seconds": phase.seconds,
        "phase-status": phase.status,
    }


def _contexts(phase: Phase) -> str:
    return "[" + ", ".join(f"{each['statusCode']}: {each['message']}" for each in phase.contexts or [_NONE]) + "]"


_NONE = {"statusCode": "", "message": ""}


def _date(moment: datetime) -> str:
    """Sep 1, 2017 4:12:29 PM."""
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
