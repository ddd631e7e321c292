"""What the API would refuse of a SageMaker pipeline's steps, beyond what `harness.pipelines` knows of definitions.

Each step's Arguments are the request of an operation, and what later steps read of it is that operation's answer to
Describe: both have shapes. A reference in them is a value that is known later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.documents.shapes import members_at, request_problems
from harness.errors import Finding, KnownError, Place
from harness.pipelines import parse, validate
from harness.pipelines.model import Definition, Step
from harness.pipelines.references import Reference, ReferenceSyntaxError, function_of, gets
from harness.pipelines.references import parse as parse_reference

SERVICE = "sagemaker"
# Type of a step → the operation that its arguments are for, and the one whose answer later steps read.
# Source: SageMaker developer guide, "Pipelines steps" and "Properties".
_CREATES = {
    "Processing": ("CreateProcessingJob", "DescribeProcessingJob"),
    "Training": ("CreateTrainingJob", "DescribeTrainingJob"),
    "Transform": ("CreateTransformJob", "DescribeTransformJob"),
    "Model": ("CreateModel", "DescribeModel"),
    "RegisterModel": ("CreateModelPackage", "DescribeModelPackage"),
    "Tuning": ("CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob"),
    "AutoML": ("CreateAutoMLJobV2", "DescribeAutoMLJobV2"),
    "EndpointConfig": ("CreateEndpointConfig", "DescribeEndpointConfig"),
    "Endpoint": ("CreateEndpoint", "DescribeEndpoint"),
}
# What SageMaker itself sets in the request of a step. Source: the request syntax of these operations, and the
# definitions that the SageMaker SDK writes, which leave them out.
_SET_BY_SAGEMAKER = {
    "Processing": {"ProcessingJobName": "step"},
    "Training": {"TrainingJobName": "step"},
    "Transform": {"TransformJobName": "step"},
    "Model": {"ModelName": "step"},
    "Tuning": {"HyperParameterTuningJobName": "step"},
    "AutoML": {"AutoMLJobName": "step"},
    "EndpointConfig": {"EndpointConfigName": "step"},
    "Endpoint": {"EndpointName": "step"},
    "RegisterModel": {},
}
MOST_STEPS, MOST_PARAMETERS = 50, 200  # quotas of SageMaker Pipelines


def problems(text: str) -> Iterator[Finding]:
    """Everything that is known to be wrong with a definition's text, each with its path in it."""
    try:
        definition = parse.read(text)
    except KnownError as error:
        yield from error.findings
        return
    yield from validate.problems(definition)
    for step in definition.steps.values():
        yield from _arguments(step)
        yield from _properties(definition, step)
    yield from _unused_parameters(definition)
    if len(definition.steps) > MOST_STEPS:
        yield Finding(Place("Steps"), f"{len(definition.steps)} steps; a pipeline has at most {MOST_STEPS}", "split it")
    if len(definition.parameters) > MOST_PARAMETERS:
        problem = f"{len(definition.parameters)} parameters; a pipeline has at most {MOST_PARAMETERS}"
        yield Finding(Place("Parameters"), problem, "make constants of some")


def _arguments(step: Step) -> Iterator[Finding]:
    operations = _CREATES.get(step.type)
    if operations is None:
        return
    path = f"{step.path}.Arguments"
    request = {**_SET_BY_SAGEMAKER[step.type], **step.arguments}
    yield from request_problems(SERVICE, operations[0], request, path, lambda each: function_of(each) is not None)


def _properties(definition: Definition, step: Step) -> Iterator[Finding]:
    """References to what the answer of a step's Describe does not have."""
    for path, text in _references(step):
        try:
            reference = parse_reference(str(text))
        except ReferenceSyntaxError:
            continue  # told by `validate`
        target = definition.steps.get(reference.name)
        if reference.root != "Steps" or target is None or reference.property_file or target.type not in _CREATES:
            continue
        if members_at(SERVICE, _CREATES[target.type][1], reference.path) is None:
            yield _no_property(path, target, reference)
        else:
            yield from _no_entry(path, target, reference)


def _references(step: Step) -> Iterator[tuple[str, Any]]:
    yield from gets(step.arguments, f"{step.path}.Arguments")
    yield from gets(step.function_arn, f"{step.path}.FunctionArn")


def _no_entry(path: str, target: Step, reference: Reference) -> Iterator[Finding]:
    """A list of the step's own request that is entered by a name, which none of its entries has."""
    here: Any = target.arguments
    for depth, part in enumerate(reference.path):
        if isinstance(here, list) and isinstance(part, str):
            given = [each["OutputName"] for each in here if isinstance(each, Mapping) and "OutputName" in each]
            names = [each for each in given if isinstance(each, str)]
            if names and names == given and part not in names:
                way = ".".join(str(each) for each in reference.path[:depth])
                problem = f"the step {target.name} has no entry '{part}' in {way}"
                yield Finding(Place(path), problem, f"there are: {', '.join(names)}")
            return
        here = here.get(part) if isinstance(here, Mapping) else None


def _no_property(path: str, target: Step, reference: Reference) -> Finding:
    operation = _CREATES[target.type][1]
    way: tuple[str | int, ...] = ()
    for part in reference.path:
        if members_at(SERVICE, operation, (*way, part)) is None:
            break
        way = (*way, part)
    there = sorted(members_at(SERVICE, operation, way) or ())
    wanted = ".".join(str(each) for each in reference.path)
    known = ", ".join(there) if there else "nothing below it"
    return Finding(Place(path), f"the {target.type} step {target.name} has no property {wanted}", f"there is: {known}")


def _unused_parameters(definition: Definition) -> Iterator[Finding]:
    used = set()
    for step in definition.steps.values():
        for _, text in _references(step):
            try:
                reference = parse_reference(str(text))
            except ReferenceSyntaxError:
                continue
            if reference.root == "Parameters":
                used.add(reference.name)
    for number, name in enumerate(definition.parameters):
        if name not in used:
            place = Place(f"Parameters[{number}]")
            yield Finding(place, f"no step uses the parameter {name}", "use it, or take it out")
