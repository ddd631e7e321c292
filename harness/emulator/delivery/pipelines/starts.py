"""How executions come to be: somebody starts one, a pipeline is new, a branch was pushed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.emulator.delivery import repositories
from harness.emulator.delivery.connections import Push
from harness.emulator.delivery.pipelines import engine, globs, structure
from harness.emulator.delivery.pipelines.model import Execution, Pipeline, StageRun
from harness.emulator.delivery.repositories import RepositoryError
from harness.emulator.delivery.service import ServiceError
from harness.emulator.delivery.store import LOCK, stores

Revisions = Mapping[str, Mapping[str, str]]  # source action → type of revision → value


def start(
    pipeline: Pipeline,
    trigger: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    revisions: Revisions | None = None,
) -> Execution:
    """Starts an execution of the newest version. Raises ServiceError where a variable is unknown or has no value."""
    with LOCK:
        declaration = pipeline.declaration
        execution = Execution(
            pipeline=pipeline.name,
            version=pipeline.version,
            declaration=declaration,
            trigger=trigger,
            variables=_variables(declaration, variables or {}),
            revisions=revisions or {},
            stages=[StageRun(stage) for stage in declaration["stages"]],
        )
        engine.begin(pipeline, execution)
        return execution


def _variables(declaration: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    declared = {each["name"]: each.get("defaultValue") for each in declaration.get("variables") or ()}
    for name in sorted(set(given) - set(declared)):
        raise ServiceError("ValidationException", f"Pipeline variable {name} is not declared by the pipeline")
    values = {**declared, **given}
    for name, value in values.items():
        if value is None:
            raise ServiceError("ValidationException", f"Pipeline variable {name} has no default: it must be given")
    return {name: str(value) for name, value in values.items()}


def revisions_of(pipeline: Pipeline, given: Iterable[Mapping[str, str]]) -> Revisions:
    """StartPipelineExecution's sourceRevisions. Raises ServiceError where an action cannot take one."""
    sources = {each["name"]: each for each in pipeline.declaration["stages"][0]["actions"]}
    found: dict[str, dict[str, str]] = {}
    for each in given:
        action, kind = sources.get(each["actionName"]), each["revisionType"]
        if action is None:
            raise ServiceError("ValidationException", f"There is no source action {each['actionName']}")
        configuration = action.get("configuration") or {}
        provider = structure.type_of(action)[2]
        overridable = str(configuration.get("AllowOverrideForS3ObjectKey", "false")).lower() == "true"
        taken = {"S3": ("S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"), "CodeStarSourceConnection": ("COMMIT_ID",)}[provider]
        if kind not in taken or (kind == "S3_OBJECT_KEY" and not overridable):
            told = f"Source action {action['name']} does not take a revision of type {kind}"
            raise ServiceError("ValidationException", told)
        found.setdefault(action["name"], {})[kind] = each["revisionValue"]
    return found


def on_creation(pipeline: Pipeline, by: str) -> None:
    """CodePipeline starts a new pipeline by itself, unless a variable has no value."""
    _automatic(pipeline, {"triggerType": "CreatePipeline", "triggerDetail": by}, {})


def on_push(push: Push) -> None:
    """Starts every pipeline that listens to the branch."""
    for store in stores():
        for pipeline in list(store.pipelines.values()):
            action = _listening(pipeline, push)
            if action is not None:
                wanted = {"COMMIT_ID": push.after, "BRANCH": push.branch}
                trigger = {"triggerType": "WebhookV2", "triggerDetail": push.connection}
                _automatic(pipeline, trigger, {str(action["name"]): wanted})


def _automatic(pipeline: Pipeline, trigger: Mapping[str, str], revisions: Revisions) -> None:
    try:
        start(pipeline, trigger, {}, revisions)
    except ServiceError:  # of a variable without a default: such pipelines start by hand only
        return


def _listening(pipeline: Pipeline, push: Push) -> Mapping[str, Any] | None:
    """The source action that a push concerns."""
    triggers = {
        each["gitConfiguration"]["sourceActionName"]: each["gitConfiguration"]
        for each in pipeline.declaration.get("triggers") or ()
    }
    for action in pipeline.declaration["stages"][0]["actions"]:
        given: Mapping[str, str] = action.get("configuration") or {}
        if structure.type_of(action)[2] != "CodeStarSourceConnection":
            continue
        if (given["ConnectionArn"], given["FullRepositoryId"]) != (push.connection, push.repository.id):
            continue
        if action["name"] in triggers:
            filters = triggers[action["name"]].get("push")
            wanted = _passes(filters, push) if filters else given["BranchName"] == push.branch
        else:
            wanted = given.get("DetectChanges", "true").lower() == "true" and given["BranchName"] == push.branch
        if wanted:
            return action  # type: ignore[no-any-return]
    return None


def _passes(filters: Iterable[Mapping[str, Any]], push: Push) -> bool:
    return any(_matches(each.get("branches"), [push.branch]) and _paths(each, push) for each in filters)


def _paths(each: Mapping[str, Any], push: Push) -> bool:
    if not each.get("filePaths"):
        return True
    try:
        changed = repositories.changed(push.repository, push.before, push.after)
    except RepositoryError:
        return False
    return _matches(each["filePaths"], changed)


def _matches(criteria: Mapping[str, Any] | None, names: Iterable[str]) -> bool:
    """Whether one of the names is included and not excluded, which wins. No criteria let all pass."""
    if not criteria:
        return True
    includes, excludes = criteria.get("includes") or ["**"], criteria.get("excludes") or []
    return any(_one(name, includes) and not _one(name, excludes) for name in names)


def _one(name: str, patterns: Iterable[str]) -> bool:
    return any(globs.matches(each, name) for each in patterns)
