"""What CodePipeline would say of a pipeline's declaration. Pure: a declaration in, faults out.

Source: "Pipeline structure reference" and the errors of CreatePipeline. What is not modelled is a fault that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.emulator.delivery.pipelines import variables
from harness.emulator.delivery.pipelines.actiontypes import ACTION_TYPES, CLOUDFORMATION_MODES

Declaration = Mapping[str, Any]
STRUCTURE, STAGE, ACTION = (
    "InvalidStructureException",
    "InvalidStageDeclarationException",
    "InvalidActionDeclarationException",
)
_NO_TEMPLATE = ("DELETE_ONLY", "CHANGE_SET_EXECUTE")
_FAILURE_RESULTS = ("ROLLBACK", "FAIL", "RETRY")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the API's error code, and what."""

    code: str
    message: str


def faults(pipeline: Declaration, region: str) -> Iterator[Fault]:
    """Everything that is wrong with a declaration in that region."""
    yield from _stores(pipeline, region)
    yield from _stages(pipeline["stages"])
    actions = list(ordered(pipeline))
    for _, action in actions:
        yield from _action(action, region)
    yield from _artifacts(actions)
    yield from _namespaces(pipeline, actions)
    yield from _triggers(pipeline, [action for _, action in actions])


def ordered(pipeline: Declaration) -> Iterator[tuple[Declaration, Declaration]]:
    """Stage and action, in the order in which they run."""
    for stage in pipeline["stages"]:
        for action in sorted(stage["actions"], key=run_order):
            yield stage, action


def run_order(action: Declaration) -> int:
    """Which actions of a stage come first; those with the same number run side by side."""
    return int(action.get("runOrder") or 1)


def type_of(action: Declaration) -> tuple[str, str, str, str]:
    """Category, owner, provider and version."""
    kind = action["actionTypeId"]
    return kind["category"], kind["owner"], kind["provider"], kind["version"]


def store_of(pipeline: Declaration, region: str) -> Declaration:
    """The artifact store of a region."""
    stores: Mapping[str, Declaration] = pipeline.get("artifactStores") or {}
    found: Declaration = stores.get(region) or pipeline.get("artifactStore") or {}
    return found


def _stores(pipeline: Declaration, region: str) -> Iterator[Fault]:
    one, many = pipeline.get("artifactStore"), pipeline.get("artifactStores")
    if bool(one) == bool(many):
        yield Fault(STRUCTURE, "Pipeline must have either artifactStore or artifactStores, and not both")
    elif many and region not in many:
        yield Fault(STRUCTURE, f"artifactStores must have a store for the pipeline's own region {region}")
    v1 = pipeline.get("pipelineType", "V1") == "V1"
    for name in ("variables", "triggers"):
        if v1 and pipeline.get(name):
            yield Fault(STRUCTURE, f"Pipelines of type V1 cannot have {name}; use pipelineType V2")
    if v1 and pipeline.get("executionMode", "SUPERSEDED") != "SUPERSEDED":
        yield Fault(STRUCTURE, f"Pipelines of type V1 cannot run in the mode {pipeline['executionMode']}")
    names = [each["name"] for each in pipeline.get("variables") or ()]
    for name in _twice(names):
        yield Fault(STRUCTURE, f"Pipeline variable {name} is declared twice")


def _stages(stages: Sequence[Declaration]) -> Iterator[Fault]:
    if len(stages) < 2:
        told = f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline"
        yield Fault(STRUCTURE, told)
    for name in _twice([stage["name"] for stage in stages]):
        yield Fault(STRUCTURE, f"Stage name {name} is not unique in the pipeline")
    for number, stage in enumerate(stages):
        name, actions = stage["name"], stage["actions"]
        if not actions:
            yield Fault(STAGE, f"Stage {name} has no actions")
        for twice in _twice([action["name"] for action in actions]):
            yield Fault(STAGE, f"Action name {twice} is not unique in stage {name}")
        sources = [action for action in actions if action["actionTypeId"]["category"] == "Source"]
        if number == 0 and len(sources) < len(actions):
            yield Fault(STRUCTURE, f"Pipeline should start with a stage that only contains source actions: {name}")
        if number > 0 and sources:
            yield Fault(STRUCTURE, f"Source action {sources[0]['name']} can only be in the first stage, not in {name}")
        yield from _conditions(stage)


def _conditions(stage: Declaration) -> Iterator[Fault]:
    name, failure = stage["name"], stage.get("onFailure") or {}
    for key in ("beforeEntry", "onSuccess", "blockers"):
        if stage.get(key):
            yield Fault(STAGE, f"The emulated landscape does not model {key} (stage {name})")
    if failure.get("conditions"):
        yield Fault(STAGE, f"The emulated landscape does not model conditions of onFailure (stage {name})")
    elif failure and failure.get("result") not in _FAILURE_RESULTS:
        yield Fault(STAGE, f"onFailure of stage {name} needs a result of {', '.join(_FAILURE_RESULTS)}")


def _action(action: Declaration, region: str) -> Iterator[Fault]:
    name, kind = action["name"], type_of(action)
    found = ACTION_TYPES.get(kind)
    if found is None:
        category, owner, provider, version = kind
        told = f"category: '{category}', provider: '{provider}', owner: '{owner}', version: '{version}'"
        yield Fault(ACTION, f"ActionType ({told}) in action '{name}' is not available in the emulated landscape")
        return
    for key in ("commands", "outputVariables", "environmentVariables"):
        if action.get(key):
            yield Fault(ACTION, f"The emulated landscape does not model {key} (action {name})")
    if action.get("timeoutInMinutes") and kind[0] != "Approval":
        yield Fault(ACTION, f"timeoutInMinutes can be set for manual approvals only, not for {name}")
    if action.get("region", region) != region:
        yield Fault(ACTION, f"The emulated landscape does not model actions of other regions (action {name})")
    for key, (least, most) in (("inputArtifacts", found.inputs), ("outputArtifacts", found.outputs)):
        count = len(action.get(key) or ())
        if not least <= count <= most:
            told = f"Action {name} has {count} {key}; {kind[2]} takes from {least} to {most}"
            yield Fault(ACTION, told)
    given = action.get("configuration") or {}
    for key in sorted(found.required - set(given)):
        yield Fault(ACTION, f"Action configuration for action '{name}' is missing required configuration '{key}'")
    for key in sorted(set(given) - found.required - found.optional):
        yield Fault(ACTION, f"Action configuration for action '{name}' contains unknown configuration '{key}'")
    yield from _configuration(action, kind[2], given)
    if kind[0] == "Source" and any(variables.references(str(each)) for each in given.values()):
        yield Fault(ACTION, f"Variables cannot be used in the source action {name}")


def _configuration(action: Declaration, provider: str, given: Mapping[str, str]) -> Iterator[Fault]:
    name = action["name"]
    if provider == "CloudFormation":
        mode = given.get("ActionMode", "")
        if mode not in CLOUDFORMATION_MODES:
            yield Fault(ACTION, f"ActionMode {mode} of action {name} is none of {', '.join(CLOUDFORMATION_MODES)}")
            return
        if mode not in _NO_TEMPLATE and "TemplatePath" not in given:
            yield Fault(ACTION, f"Action {name} needs a TemplatePath for ActionMode {mode}")
        if mode.startswith("CHANGE_SET") and "ChangeSetName" not in given:
            yield Fault(ACTION, f"Action {name} needs a ChangeSetName for ActionMode {mode}")
        if mode != "CHANGE_SET_EXECUTE" and "RoleArn" not in given:
            yield Fault(ACTION, f"Action {name} needs a RoleArn for ActionMode {mode}")
        artifacts = {each["name"] for each in action.get("inputArtifacts") or ()}
        for key in ("TemplatePath", "TemplateConfiguration"):
            path = given.get(key)
            if path and ("::" not in path or path.split("::")[0] not in artifacts):
                yield Fault(ACTION, f"{key} {path} of action {name} names no input artifact: write Artifact::file")
        if action.get("outputArtifacts") and not given.get("OutputFileName"):
            yield Fault(ACTION, f"Action {name} has an output artifact, but no OutputFileName")
    if provider == "CodeBuild":
        if len(action.get("inputArtifacts") or ()) > 1 and "PrimarySource" not in given:
            yield Fault(ACTION, f"Action {name} has several input artifacts: PrimarySource must name one")
        for key in ("BatchEnabled", "CombineArtifacts"):
            if given.get(key, "false").lower() == "true":
                yield Fault(ACTION, f"The emulated landscape does not model {key} (action {name})")
    if action["actionTypeId"]["category"] == "Source":
        if provider == "S3" and given.get("PollForSourceChanges", "true").lower() != "false":
            told = "PollForSourceChanges: set it to false, and start the pipeline by an event"
            yield Fault(ACTION, f"The emulated landscape does not model {told} (action {name})")
        if given.get("OutputArtifactFormat", "CODE_ZIP") != "CODE_ZIP":
            yield Fault(ACTION, f"The emulated landscape does not model CODEBUILD_CLONE_REF (action {name})")


def _artifacts(actions: Sequence[tuple[Declaration, Declaration]]) -> Iterator[Fault]:
    """An artifact is made once, and before anybody takes it."""
    made: set[str] = set()
    for _, side_by_side in groupby(actions, key=lambda each: (each[0]["name"], run_order(each[1]))):
        group = [action for _, action in side_by_side]
        for action in group:
            for each in action.get("inputArtifacts") or ():
                if each["name"] not in made:
                    told = f"Input Artifact Bundle {each['name']} in action {action['name']} is not declared as Output"
                    yield Fault(STRUCTURE, f"{told} Artifact Bundle in any of the preceding actions")
        for action in group:
            for each in action.get("outputArtifacts") or ():
                if each["name"] in made:
                    yield Fault(STRUCTURE, f"Output Artifact Bundle name {each['name']} must be unique in the pipeline")
                made.add(each["name"])


def _namespaces(pipeline: Declaration, actions: Sequence[tuple[Declaration, Declaration]]) -> Iterator[Fault]:
    known = {each["name"] for each in pipeline.get("variables") or ()}
    given: set[str] = set()
    for _, side_by_side in groupby(actions, key=lambda each: (each[0]["name"], run_order(each[1]))):
        group = [action for _, action in side_by_side]
        for action in group:
            for text in (action.get("configuration") or {}).values():
                yield from _references(action["name"], str(text), given, known)
        for action in group:
            namespace = action.get("namespace")
            if namespace in variables.RESERVED or namespace in given:
                yield Fault(ACTION, f"Namespace {namespace} of action {action['name']} is taken")
            elif namespace:
                given.add(namespace)


def _references(name: str, text: str, given: set[str], known: set[str]) -> Iterator[Fault]:
    for namespace, variable in variables.references(text):
        if namespace == variables.PIPELINE:
            there = variable in known
        elif namespace == variables.EXECUTION:
            there = variable in variables.EXECUTION_NAMES
        else:
            there = namespace in given
        if not there:
            told = f"#{{{namespace}.{variable}}} in action {name} refers to nothing that is known before it"
            yield Fault(ACTION, f"Variable {told}")


def _triggers(pipeline: Declaration, actions: Sequence[Declaration]) -> Iterator[Fault]:
    connected = {each["name"] for each in actions if type_of(each)[2] == "CodeStarSourceConnection"}
    for trigger in pipeline.get("triggers") or ():
        git = trigger["gitConfiguration"]
        if git["sourceActionName"] not in connected:
            told = f"{git['sourceActionName']}, which is no source action of a connection"
            yield Fault(STRUCTURE, f"A trigger names the source action {told}")
        if git.get("pullRequest"):
            yield Fault(STRUCTURE, "The emulated landscape does not model triggers by pull requests")
        for push in git.get("push") or ():
            if push.get("tags"):
                yield Fault(STRUCTURE, "The emulated landscape does not model triggers by tags")


def _twice(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
