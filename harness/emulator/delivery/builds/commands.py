"""The phases of a buildspec, run in a shell: which comes after which, what a failure means, what `finally` is for.

Source of the order: "Build phase transitions" and `phases/*/on-failure` of CodeBuild's guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.documents.buildspecs import PHASES, Buildspec, Phase
from harness.emulator.delivery.builds.failures import PhaseError
from harness.emulator.delivery.builds.logs import Log
from harness.emulator.delivery.builds.model import FAILED
from harness.emulator.delivery.builds.shell import Shell

if TYPE_CHECKING:
    from harness.emulator.delivery.builds.run import Run

_RETRY = re.compile(r"RETRY(?:-(?P<times>[1-9]\d*))?(?:-(?P<pattern>.+))?")


def run_phases(running: Run, spec: Buildspec, shell: Shell, log: Log) -> bool:
    """Runs the phases; says whether the build goes on to upload what it made."""
    for name in PHASES:
        phase = spec.phases.get(name, Phase())
        log.note(f"Entering phase {name.upper()}")
        failed_before = running.failed
        with running.phase(name.upper()) as current:
            for runtime, version in phase.runtimes.items():
                log.note(f"Runtime {runtime} {version}: the emulated CodeBuild has this environment's own")
            _phase(phase, shell, log)
        log.note(f"Phase complete: {name.upper()} State: {current.status}")
        for each in current.contexts:
            log.note(f"Phase context status code: {each['statusCode']} Message: {each['message']}")
        log.flush()
        if running.ended:
            return False
        if current.status != FAILED:
            continue
        if phase.on_failure == "CONTINUE":
            running.failed = failed_before  # the phase failed, the build does not
        elif phase.on_failure == "ABORT" or name in ("install", "pre_build"):
            return False
        else:
            shell.run("export CODEBUILD_BUILD_SUCCEEDING=0")
    return True


def _phase(phase: Phase, shell: Shell, log: Log) -> None:
    retry = _RETRY.fullmatch(phase.on_failure)
    left = int(retry["times"] or 1) if retry else 0
    while True:
        try:
            try:
                _commands(phase.commands, shell, log)
            finally:
                _commands(phase.finally_, shell, log)
        except PhaseError as error:
            wanted = retry is not None and (not retry["pattern"] or re.search(retry["pattern"], error.message))
            if not wanted or left == 0:
                raise
            left -= 1
            log.note(f"Retrying the phase, {left} more after this")
            continue
        return


def _commands(commands: Iterable[str], shell: Shell, log: Log) -> None:
    for command in commands:
        log.note(f"Running command {command}")
        code = shell.run(command)
        if code != 0:
            message = f"Error while executing command: {command}. Reason: exit status {code}"
            raise PhaseError("COMMAND_EXECUTION_ERROR", message)
