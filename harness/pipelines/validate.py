"""What a well-formed definition still gets wrong: references to nothing, cycles, conditions that do not exist.

SageMaker says some of it at CreatePipeline and the rest only when the execution fails; here all of it is said at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Finding, KnownError, Place
from harness.pipelines import graph
from harness.pipelines.conditions import problems as condition_problems
from harness.pipelines.model import Definition, Step
from harness.pipelines.parse import read as parse_text
from harness.pipelines.references import (
    EXECUTION_VARIABLES,
    JOIN,
    JSON_GET,
    Reference,
    ReferenceSyntaxError,
    function_of,
    gets,
    parse,
)


def checked(text: str) -> Definition:
    """The definition in a JSON text, free of every mistake that is known of. Raises KnownError with all findings."""
    definition = parse_text(text)
    if findings := list(problems(definition)):
        raise KnownError(*findings)
    return definition


def problems(definition: Definition) -> Iterator[Finding]:
    """What is wrong with a definition that has been read."""
    for step in definition.steps.values():
        yield from _of_step(definition, step)
    if circle := graph.cycle(definition):
        path = definition.steps[circle[0]].path
        yield Finding(Place(path), f"steps wait for each other: {' → '.join(circle)}", "take one of these apart")


def _of_step(definition: Definition, step: Step) -> Iterator[Finding]:
    for name in step.depends_on:
        if name not in definition.steps:
            yield _unknown(f"{step.path}.DependsOn", f"there is no step {name}", definition.steps)
    for path, text in gets(step.arguments, f"{step.path}.Arguments"):
        yield from _of_reference(definition, step, path, text)
    for path, text in gets(step.function_arn, f"{step.path}.FunctionArn"):
        yield from _of_reference(definition, step, path, text)
    yield from _of_functions(step.arguments, f"{step.path}.Arguments")
    yield from _of_functions(step.function_arn, f"{step.path}.FunctionArn")
    if step.type == "Condition":
        for number, each in enumerate(step.arguments["Conditions"]):
            yield from condition_problems(each, f"{step.path}.Arguments.Conditions[{number}]")
    outputs = _output_names(step)
    for number, file in enumerate(step.property_files):
        if step.type != "Processing":
            yield Finding(Place(f"{step.path}.PropertyFiles"), "only Processing steps have them", "move them to one")
        elif outputs is not None and file.output_name not in outputs:
            place = f"{step.path}.PropertyFiles[{number}].OutputName"
            yield _unknown(place, f"the step has no output {file.output_name}", outputs)


def _of_reference(definition: Definition, step: Step, path: str, text: Any) -> Iterator[Finding]:
    try:
        reference = parse(str(text))
    except ReferenceSyntaxError as error:
        yield Finding(Place(path), str(error), "write Parameters.X, Execution.X or Steps.X.Property")
        return
    if reference.root == "Parameters" and reference.name not in definition.parameters:
        yield _unknown(path, f"there is no parameter {reference.name}", definition.parameters)
    elif reference.root == "Execution" and reference.name not in EXECUTION_VARIABLES:
        yield _unknown(path, f"there is no execution variable {reference.name}", EXECUTION_VARIABLES)
    elif reference.root == "Steps":
        yield from _of_step_reference(definition, step, path, reference)


def _of_step_reference(definition: Definition, step: Step, path: str, reference: Reference) -> Iterator[Finding]:
    target = definition.steps.get(reference.name)
    if target is None:
        yield _unknown(path, f"there is no step {reference.name}", definition.steps)
        return
    file = reference.property_file
    if file is not None and file not in [each.name for each in target.property_files]:
        yield _unknown(path, f"step {target.name} has no property file {file}", [f.name for f in target.property_files])
    if target.type == "Lambda" and file is None:
        names = [each.name for each in target.outputs]
        if len(reference.path) != 2 or reference.path[0] != "OutputParameters" or reference.path[1] not in names:
            wanted = ".".join(str(each) for each in reference.path)
            yield _unknown(path, f"'{wanted}' is no output of the Lambda step {target.name}", names)
    if target.type == "Fail":
        yield Finding(Place(path), f"the Fail step {target.name} has no properties", "refer to another step")
    if step.parent and target.parent == step.parent and target.branch != step.branch:
        remedy = "keep what belongs together in one branch"
        yield Finding(Place(path), f"step {target.name} stands in the other branch and will not have run", remedy)


def _of_functions(value: Any, path: str) -> Iterator[Finding]:
    function = function_of(value)
    if function == JOIN:
        inner = value[JOIN]
        if not isinstance(inner, Mapping) or not isinstance(inner.get("Values"), list):
            yield Finding(Place(path), "Std:Join needs Values, a list", "write {On: text, Values: [ … ]}")
    elif function == JSON_GET:
        inner = value[JSON_GET]
        sources = {"PropertyFile", "S3Uri"} & set(inner) if isinstance(inner, Mapping) else set()
        if len(sources) != 1 or "Path" not in inner:
            remedy = "write {PropertyFile: {Get: Steps.X.PropertyFiles.Y}, Path: a.b}"
            yield Finding(Place(path), "Std:JsonGet needs a PropertyFile or an S3Uri, and a Path", remedy)
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _of_functions(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _of_functions(each, f"{path}[{number}]")


def _output_names(step: Step) -> list[str] | None:
    config = step.arguments.get("ProcessingOutputConfig")
    listed = config.get("Outputs") if isinstance(config, Mapping) else None
    if not isinstance(listed, list):
        return None
    return [str(each.get("OutputName")) for each in listed if isinstance(each, Mapping)]


def _unknown(path: str, problem: str, known: Any) -> Finding:
    return Finding(Place(path), problem, f"there are: {', '.join(known) or 'none'}")
