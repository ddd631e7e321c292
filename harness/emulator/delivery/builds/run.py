"""Runs a build from PROVISIONING to COMPLETED. What each phase does is here and in the modules that it calls."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from harness.documents.buildspecs import PHASES, Buildspec, InvalidBuildspecError, parse
from harness.emulator import acting, background, clock, defects
from harness.emulator.acting import NotTrustedError
from harness.emulator.delivery.builds import commands, notices, outputs, reports, sandbox, sources, variables
from harness.emulator.delivery.builds.failures import PhaseError
from harness.emulator.delivery.builds.logs import Log
from harness.emulator.delivery.builds.model import FAILED, FAULT, STOPPED, SUCCEEDED, TIMED_OUT, Build, Phase
from harness.emulator.delivery.builds.sandbox import Sandbox
from harness.emulator.delivery.builds.shell import DeadlineError, Shell, StoppedError
from harness.emulator.delivery.store import LOCK, stores

_RUNNABLE = ("LINUX_CONTAINER", "ARM_CONTAINER", "LINUX_LAMBDA_CONTAINER", "LINUX_EC2", "ARM_EC2")


class Run:
    """A build under way. It is over, whatever happens, when `run` returns."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.failed = ""  # the status that the first failure gave the build

    @contextmanager
    def phase(self, kind: str) -> Iterator[Phase]:
        """One phase, for the length of a `with` block; what goes wrong in it is noted and ends there."""
        build = self.build
        current = Phase(kind)
        with LOCK:
            build.phases.append(current)
        try:
            yield current
            current.status = current.status or SUCCEEDED
        except PhaseError as error:
            current.status = error.status
            current.contexts.append({"statusCode": error.code, "message": error.message})
            self.failed = self.failed or error.status
        except StoppedError:
            current.status = self.failed = STOPPED
        except DeadlineError:
            minutes = build.settings["timeoutInMinutes"]
            current.status = self.failed = TIMED_OUT
            message = f"Build has timed out after {minutes} minutes"
            current.contexts.append({"statusCode": "BUILD_TIMED_OUT", "message": message})
        except Exception as error:  # a defect of the emulator is a fault of the build
            defects.note(build.arn, error)
            current.status = self.failed = FAULT
            current.contexts.append({"statusCode": "INTERNAL_SERVICE_ERROR", "message": str(error)})
        with LOCK:
            current.ended = clock.now()
        notices.phase_changed(build, current)

    @property
    def ended(self) -> bool:
        """Whether nothing more may run: it was stopped, or its time is over."""
        return self.failed in (STOPPED, TIMED_OUT, FAULT)


def run(build: Build) -> None:
    """Runs a build to its end."""
    notices.state_changed(build)
    queued = build.phases[-1]
    queued.ended, queued.status = clock.now(), SUCCEEDED
    deadline = time.monotonic() + 60 * int(build.settings["timeoutInMinutes"])
    running = Run(build)
    with ExitStack() as stack:
        _steps(running, stack, deadline)
    with running.phase("FINALIZING"):
        pass
    with LOCK:
        build.phases.append(Phase("COMPLETED"))
        build.status = running.failed or SUCCEEDED
        build.ended = clock.now()
    notices.state_changed(build)


def stop_all() -> None:
    """Stops every build, because nobody serves the landscape any more."""
    for store in stores():
        for build in list(store.builds.values()):
            build.stop.set()


def _steps(running: Run, stack: ExitStack, deadline: float) -> None:
    build = running.build
    clients: dict[str, Any] = {}
    log: Log | None = None
    folder: Sandbox | None = None
    spec: Buildspec | None = None
    environment: dict[str, str] = {}
    with running.phase("PROVISIONING"):
        clients, environment = _provision(build)
        log = Log(build, clients["logs"])
        stack.callback(log.flush)
        log.open()
        log.note("Running on the emulated CodeBuild")
        folder = stack.enter_context(sandbox.made(bool((build.settings.get("vpcConfig") or {}).get("vpcId"))))
        _refuse_what_is_not_there(build.settings["environment"])
    if running.failed or log is None or folder is None:
        if log is not None:
            _tell_failure(log, build)
        return
    with running.phase("DOWNLOAD_SOURCE"):
        spec = _sources(build, folder, clients["s3"])
        given, secrets = variables.resolved(build, spec.environment, clients)
        log.mask(secrets)
        environment = {**folder.environment(), **environment, **variables.own(build, folder), **given}
    if running.failed or spec is None:
        _tell_failure(log, build)
        return

    def interrupted() -> bool:
        return build.stop.is_set() or not background.is_served()

    shell = Shell(folder.source, folder.scratch, environment, log.tell, interrupted, deadline)
    stack.callback(shell.close)
    complete = commands.run_phases(running, spec, shell, log)
    if not running.ended:
        export(running, spec, shell)
    if complete and not running.ended:
        with running.phase("UPLOAD_ARTIFACTS"):
            _upload(build, spec, folder, shell, log, clients["s3"])
        _tell_failure(log, build)


def export(running: Run, spec: Buildspec, shell: Shell) -> None:
    """Notes the values of exported variables. A build whose end comes meanwhile has ended so."""
    try:
        running.build.exported = {name: shell.value(f"${{{name}-}}") for name in spec.environment.exported}
    except StoppedError:
        running.failed = STOPPED
    except DeadlineError:
        running.failed = TIMED_OUT


def _provision(build: Build) -> tuple[dict[str, Any], dict[str, str]]:
    session_name = f"AWSCodeBuild-{build.id.rsplit(':', 1)[-1]}"
    role = str(build.settings["serviceRole"])
    try:
        session = acting.credentials(role, "codebuild.amazonaws.com", build.account_id, session_name, build.arn)
    except NotTrustedError as error:
        message = f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}: {error}"
        raise PhaseError("ACCESS_DENIED", message) from None
    names = ("logs", "s3", "ssm", "secretsmanager")
    clients = {name: acting.client(name, build.region, session) for name in names}
    return clients, acting.environment(build.region, session)


def _refuse_what_is_not_there(environment: Mapping[str, Any]) -> None:
    if environment.get("privilegedMode"):
        message = "privileged mode is not part of the emulated CodeBuild: it has no container engine"
        raise PhaseError("CLIENT_ERROR", message)
    if environment["type"] not in _RUNNABLE:
        message = f"the emulated CodeBuild runs Linux builds; {environment['type']} is not modelled"
        raise PhaseError("CLIENT_ERROR", message)


def _sources(build: Build, folder: Sandbox, s3: Any) -> Buildspec:
    source = build.settings["source"]
    build.resolved_version = sources.fetch(source, build.source_version, folder.source, s3)
    for each in build.settings.get("secondarySources") or ():
        identifier = str(each["sourceIdentifier"])
        version = build.secondary_versions.get(identifier, "")
        sources.fetch(each, version, folder.secondary(identifier), s3)
    try:
        return parse(sources.buildspec(build, folder.source, s3))
    except InvalidBuildspecError as error:
        raise PhaseError("YAML_FILE_ERROR", str(error)) from None


def _upload(build: Build, spec: Buildspec, folder: Sandbox, shell: Shell, log: Log, s3: Any) -> None:
    for name, report in spec.reports.items():
        log.note(reports.record(build, name, report, folder.source))
    if spec.artifacts is None:
        return
    wanted = [(build.settings["artifacts"], spec.artifacts)]
    if spec.artifacts.secondary:
        own = {str(each["artifactIdentifier"]): each for each in build.settings.get("secondaryArtifacts") or ()}
        unknown = sorted(set(spec.artifacts.secondary) - set(own))
        if unknown and build.settings["artifacts"]["type"] != "NO_ARTIFACTS":
            message = f"No artifact of the project has the identifier {', '.join(unknown)}"
            raise PhaseError("CLIENT_ERROR", message)
        # With secondary artifacts in the buildspec, the files at its top are nobody's.
        wanted = [(own[name], each) for name, each in spec.artifacts.secondary.items() if name in own]
    for settings, artifacts in wanted:
        name = shell.value(artifacts.name) if artifacts.name else ""
        outputs.upload(build, settings, artifacts, name, folder.source, s3)


def _tell_failure(log: Log, build: Build) -> None:
    """What failed in a phase without commands; the others tell of themselves."""
    for phase in build.phases:
        if phase.status == FAILED and phase.type.lower() not in PHASES:
            for each in phase.contexts:
                log.note(f"Phase context status code: {each['statusCode']} Message: {each['message']}")
