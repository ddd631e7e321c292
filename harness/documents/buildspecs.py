"""A buildspec as data, and what is wrong with one. Pure: text in, a frozen value or its problems out; it runs nothing.

Source of the rules: "Build specification reference for CodeBuild", version 0.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
_TOP = frozenset({"version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache"})
_ENV = frozenset(
    {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper"}
)
_PHASE = frozenset({"run-as", "on-failure", "runtime-versions", "commands", "finally"})
_ARTIFACTS = frozenset(
    {
        "files",
        "name",
        "discard-paths",
        "base-directory",
        "exclude-paths",
        "enable-symlinks",
        "s3-prefix",
        "secondary-artifacts",
    }
)
_REPORT = frozenset({"files", "base-directory", "discard-paths", "file-format"})
_REPORT_FORMATS = frozenset(
    {
        "CUCUMBERJSON",
        "JUNITXML",
        "NUNITXML",
        "NUNIT3XML",
        "TESTNGXML",
        "VISUALSTUDIOTRX",
        "CLOVERXML",
        "COBERTURAXML",
        "JACOCOXML",
        "SIMPLECOV",
    }
)
_CACHE = frozenset({"paths", "key", "fallback-keys", "action"})
_PROXY = frozenset({"upload-artifacts", "logs"})
_SHELLS = frozenset({"bash", "/bin/sh", "powershell.exe", "cmd.exe"})
_ON_FAILURE = re.compile(r"ABORT|CONTINUE|RETRY(-[1-9]\d*(-.+)?)?|RETRY-.+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where in the document (`phases.build.commands[2]`, "" for all of it), and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class InvalidBuildspecError(Exception):
    """The text is no buildspec."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Environment:
    """What commands find in their environment. `parameter_store` and `secrets_manager`: variable → where it is kept."""

    shell: str = "bash"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()


@dataclass(frozen=True)
class Phase:
    """One phase. `on_failure`: ABORT, CONTINUE or RETRY…; empty where the document says nothing."""

    commands: tuple[str, ...] = ()
    finally_: tuple[str, ...] = ()
    on_failure: str = ""
    runtimes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Artifacts:
    """What a build gives. `secondary`: artifact identifier → its own files."""

    files: tuple[str, ...] = ()
    name: str = ""
    base_directory: str = ""
    discard_paths: bool = False
    exclude_paths: tuple[str, ...] = ()
    secondary: Mapping[str, Artifacts] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A report group's files."""

    files: tuple[str, ...]
    base_directory: str = ""
    file_format: str = "JUNITXML"


@dataclass(frozen=True)
class Buildspec:
    """A whole document. `phases` holds those that it names, in the order in which they run."""

    version: str
    environment: Environment
    phases: Mapping[str, Phase]
    artifacts: Artifacts | None
    reports: Mapping[str, Report]


def parse(text: str) -> Buildspec:
    """The buildspec that a text says. Raises InvalidBuildspecError with everything that is wrong."""
    try:
        data = yaml.load(text, Loader=yaml.BaseLoader)  # values as they are written: `yes` is no boolean here
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark is not None else ""
        raise InvalidBuildspecError([Problem(place, str(getattr(error, "problem", error)))]) from None
    found = list(problems(data))
    if found:
        raise InvalidBuildspecError(found)
    return _buildspec(data)


def problems(data: Any) -> Iterator[Problem]:
    """What is wrong with a document whose scalars are texts, as YAML's base loader gives them; "" is nothing at all."""
    if not isinstance(data, Mapping):
        yield Problem("", "a mapping was expected")
        return
    yield from _unknown(data, _TOP, "")
    version = data.get("version")
    if not version:
        yield Problem("version", "is missing; state 0.2")
    elif version not in ("0.1", "0.2"):
        yield Problem("version", f"{version} is not a version of buildspecs; 0.2 is")
    if "batch" in data:
        yield Problem("batch", "batch builds are not supported by a build that is no batch")
    yield from _environment_problems(data.get("env"))
    yield from _phases_problems(data.get("phases"))
    yield from _artifacts_problems(data.get("artifacts"), "artifacts")
    yield from _reports_problems(data.get("reports"))
    for name, allowed in (("cache", _CACHE), ("proxy", _PROXY)):
        if data.get(name):
            yield from _mapping_of(data[name], allowed, name)


def _environment_problems(env: Any) -> Iterator[Problem]:
    if not env:
        return
    yield from _mapping_of(env, _ENV, "env")
    if not isinstance(env, Mapping):
        return
    if env.get("shell") and env["shell"] not in _SHELLS:
        yield Problem("env.shell", f"{env['shell']} is none of {', '.join(sorted(_SHELLS))}")
    for part in ("variables", "parameter-store", "secrets-manager"):
        values = env.get(part)
        if not values:
            continue
        if not isinstance(values, Mapping):
            yield Problem(f"env.{part}", "a mapping was expected")
            continue
        for name, value in values.items():
            if not _VARIABLE.fullmatch(str(name)):
                yield Problem(f"env.{part}.{name}", "is not a name that a variable can have")
            if not isinstance(value, str):
                yield Problem(f"env.{part}.{name}", "a text was expected")
    yield from _texts(env.get("exported-variables"), "env.exported-variables")


def _phases_problems(phases: Any) -> Iterator[Problem]:
    if not phases:
        yield Problem("phases", "is missing")
        return
    if not isinstance(phases, Mapping):
        yield Problem("phases", "a mapping was expected")
        return
    yield from _unknown(phases, frozenset(PHASES), "phases")
    for name in PHASES:
        if name not in phases:
            continue
        phase, where = phases[name], f"phases.{name}"
        yield from _mapping_of(phase, _PHASE if name == "install" else _PHASE - {"runtime-versions"}, where)
        if not isinstance(phase, Mapping):
            continue
        if not phase.get("commands") and not (name == "install" and "runtime-versions" in phase):
            yield Problem(f"{where}.commands", "is missing")
        yield from _texts(phase.get("commands"), f"{where}.commands")
        yield from _texts(phase.get("finally"), f"{where}.finally")
        wanted = phase.get("on-failure")
        if wanted and not _ON_FAILURE.fullmatch(str(wanted)):
            yield Problem(f"{where}.on-failure", f"{wanted} is none of ABORT, CONTINUE, RETRY")
        if phase.get("runtime-versions") and not isinstance(phase["runtime-versions"], Mapping):
            yield Problem(f"{where}.runtime-versions", "a mapping was expected")


def _artifacts_problems(artifacts: Any, where: str) -> Iterator[Problem]:
    if not artifacts:
        return
    yield from _mapping_of(artifacts, _ARTIFACTS, where)
    if not isinstance(artifacts, Mapping):
        return
    secondary = artifacts.get("secondary-artifacts")
    if not artifacts.get("files") and not secondary:
        yield Problem(f"{where}.files", "is missing")
    yield from _texts(artifacts.get("files"), f"{where}.files")
    yield from _texts(artifacts.get("exclude-paths"), f"{where}.exclude-paths")
    if not secondary:
        return
    if not isinstance(secondary, Mapping):
        yield Problem(f"{where}.secondary-artifacts", "a mapping was expected")
        return
    for identifier, each in secondary.items():
        yield from _artifacts_problems(each, f"{where}.secondary-artifacts.{identifier}")


def _reports_problems(reports: Any) -> Iterator[Problem]:
    if not reports:
        return
    if not isinstance(reports, Mapping):
        yield Problem("reports", "a mapping was expected")
        return
    for group, report in reports.items():
        where = f"reports.{group}"
        yield from _mapping_of(report, _REPORT, where)
        if not isinstance(report, Mapping):
            continue
        if not report.get("files"):
            yield Problem(f"{where}.files", "is missing")
        yield from _texts(report.get("files"), f"{where}.files")
        kind = str(report.get("file-format", "JUNITXML"))
        if kind.upper() not in _REPORT_FORMATS:
            yield Problem(f"{where}.file-format", f"{kind} is none of {', '.join(sorted(_REPORT_FORMATS))}")


def _mapping_of(value: Any, allowed: frozenset[str], where: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(where, "a mapping was expected")
        return
    yield from _unknown(value, allowed, where)


def _unknown(value: Mapping[Any, Any], allowed: frozenset[str], where: str) -> Iterator[Problem]:
    for key in value:
        if key not in allowed:
            place = f"{where}.{key}" if where else str(key)
            yield Problem(place, f"unknown; known here: {', '.join(sorted(allowed))}")


def _texts(value: Any, where: str) -> Iterator[Problem]:
    if value is None or isinstance(value, str):  # one text stands for a list of it
        return
    if not isinstance(value, list):
        yield Problem(where, "a list was expected")
        return
    for number, each in enumerate(value):
        if not isinstance(each, str):
            # The commonest mistake: `- echo a: b` is a mapping in YAML.
            yield Problem(f"{where}[{number}]", "a text was expected; put a command that holds ': ' in quotes")


def _buildspec(data: Mapping[str, Any]) -> Buildspec:
    env = data.get("env") or {}
    environment = Environment(
        shell=str(env.get("shell") or "bash"),
        variables=_strings(env.get("variables")),
        parameter_store=_strings(env.get("parameter-store")),
        secrets_manager=_strings(env.get("secrets-manager")),
        exported=_list(env.get("exported-variables")),
    )
    phases = {name: _phase(data["phases"][name]) for name in PHASES if name in data["phases"]}
    reports = {
        str(group): Report(
            _list(each["files"]),
            str(each.get("base-directory") or ""),
            str(each.get("file-format", "JUNITXML")).upper(),
        )
        for group, each in (data.get("reports") or {}).items()
    }
    artifacts = _artifacts(data["artifacts"]) if data.get("artifacts") else None
    return Buildspec(str(data["version"]), environment, phases, artifacts, reports)


def _phase(data: Mapping[str, Any]) -> Phase:
    return Phase(
        commands=_list(data.get("commands")),
        finally_=_list(data.get("finally")),
        on_failure=str(data.get("on-failure") or ""),
        runtimes=_strings(data.get("runtime-versions")),
    )


def _artifacts(data: Mapping[str, Any]) -> Artifacts:
    return Artifacts(
        files=_list(data.get("files")),
        name=str(data.get("name") or ""),
        base_directory=str(data.get("base-directory") or ""),
        discard_paths=str(data.get("discard-paths", "no")).lower() in ("yes", "true"),
        exclude_paths=_list(data.get("exclude-paths")),
        secondary={str(name): _artifacts(each) for name, each in (data.get("secondary-artifacts") or {}).items()},
    )


def _list(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple(value) if isinstance(value, list) else (str(value),)


def _strings(value: Any) -> dict[str, str]:
    return {str(key): str(each) for key, each in (value or {}).items()}
