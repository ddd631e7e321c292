"""Buildspecs: what they say, and what is wrong with one, named by its place."""

from __future__ import annotations

import pytest

from harness.documents.buildspecs import InvalidBuildspecError, Problem, parse

_WHOLE = """
version: 0.2
env:
  shell: bash
  variables: { FLAG: yes, COUNT: 010 }
  parameter-store: { TOKEN: /own/token }
  secrets-manager: { KEY: "own:key" }
  exported-variables: [RELEASE]
phases:
  install: { runtime-versions: { python: 3.13 } }
  build:
    on-failure: RETRY-3
    commands: [make, make test]
    finally: [make clean]
reports:
  unit: { files: ["**/*.xml"], base-directory: reports }
artifacts:
  files: ["**/*"]
  discard-paths: yes
  secondary-artifacts:
    Template: { files: template.yaml, base-directory: out }
cache: { paths: [/root/.cache/**/*] }
"""


def test_a_whole_buildspec_is_read_as_it_is_written() -> None:
    spec = parse(_WHOLE)
    assert spec.environment.variables == {"FLAG": "yes", "COUNT": "010"}
    assert spec.environment.parameter_store == {"TOKEN": "/own/token"}
    assert spec.environment.exported == ("RELEASE",)
    assert list(spec.phases) == ["install", "build"]
    assert spec.phases["install"].runtimes == {"python": "3.13"}
    assert spec.phases["build"].commands == ("make", "make test")
    assert (spec.phases["build"].finally_, spec.phases["build"].on_failure) == (("make clean",), "RETRY-3")
    assert spec.artifacts is not None
    assert spec.artifacts.discard_paths
    assert spec.artifacts.secondary["Template"].files == ("template.yaml",)
    assert spec.reports["unit"].file_format == "JUNITXML"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("phases: {build: {commands: [a]}}", "version", "is missing; state 0.2"),
        ("version: 2\nphases: {build: {commands: [a]}}", "version", "2 is not a version"),
        ("version: 0.2", "phases", "is missing"),
        (
            "version: 0.2\nphases: {build: {commands: [a]}}\nartefacts: {}",
            "artefacts",
            "unknown; known here",
        ),
        ("version: 0.2\nphases: {compile: {commands: [a]}}", "phases.compile", "unknown"),
        ("version: 0.2\nphases: {build: {}}", "phases.build.commands", "is missing"),
        ("version: 0.2\nphases: {build: {command: [a]}}", "phases.build.command", "unknown"),
        (
            "version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b",
            "phases.build.commands[0]",
            "put a command that holds ': ' in quotes",
        ),
        ("version: 0.2\nphases: {build: {commands: [a], on-failure: STOP}}", "phases.build.on-failure", "STOP is none"),
        (
            "version: 0.2\nphases: {build: {commands: [a], runtime-versions: {python: 3.13}}}",
            "phases.build.runtime-versions",
            "unknown",
        ),
        ("version: 0.2\nphases: {build: {commands: [a]}}\nartifacts: {name: x}", "artifacts.files", "is missing"),
        (
            "version: 0.2\nphases: {build: {commands: [a]}}\nreports: {r: {files: a, file-format: PDF}}",
            "reports.r.file-format",
            "PDF is none of",
        ),
        (
            "version: 0.2\nphases: {build: {commands: [a]}}\nenv: {variables: {A-B: c}}",
            "env.variables.A-B",
            "is not a name",
        ),
        ("version: 0.2\nphases: {build: {commands: [a]}}\nbatch: {fast-fail: true}", "batch", "batch builds"),
        ("version: 0.2\nphases: [", "line 2", "expected"),
        ("just a text", "", "a mapping was expected"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(text: str, where: str, what: str) -> None:
    with pytest.raises(InvalidBuildspecError) as told:
        parse(text)
    found: list[Problem] = told.value.problems
    assert [each.where for each in found][:1] == [where]
    assert what in found[0].what


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidBuildspecError) as told:
        parse("phases: {build: {commands: [{a: b}]}, test: {}}")
    assert [each.where for each in told.value.problems] == ["version", "phases.test", "phases.build.commands[0]"]
