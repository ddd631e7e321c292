"""Build and test actions: a CodeBuild project, with the action's artifacts as its sources and outputs."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from harness.emulator.delivery.pipelines.context import ActionError, Context, Poll
from harness.emulator.delivery.pipelines.model import Artifact, Outcome


def start(context: Context) -> Poll:
    """Starts the build; the action ends with it."""
    names = list(context.run.inputs)
    primary = context.get("PrimarySource") or names[0]
    if primary not in names:
        raise ActionError(f"PrimarySource {primary} is no input artifact", "ConfigurationError")
    outputs = {name: context.location(name) for name in context.outputs}
    key = (context.store.get("encryptionKey") or {}).get("id")
    codebuild = context.client("codebuild")
    secondary = [name for name in names if name != primary]
    given: dict[str, Any] = {
        "projectName": context.get("ProjectName"),
        "sourceTypeOverride": "CODEPIPELINE",
        "sourceVersion": _arn(context.run.inputs[primary]),
        "secondarySourcesOverride": [{"type": "CODEPIPELINE", "sourceIdentifier": name} for name in secondary],
        "secondarySourcesVersionOverride": [
            {"sourceIdentifier": name, "sourceVersion": _arn(context.run.inputs[name])} for name in secondary
        ],
        "environmentVariablesOverride": _environment(context),
        **({"encryptionKeyOverride": str(key)} if key else {}),
        **_artifacts(outputs),
    }
    build = codebuild.start_build(**given)["build"]
    return Poll(partial(_look, codebuild, build["id"], outputs))


def _arn(artifact: Artifact) -> str:
    return f"arn:aws:s3:::{artifact.bucket}/{artifact.key}"


def _artifacts(outputs: dict[str, Artifact]) -> dict[str, Any]:
    """One output is the build's primary artifact; several are its secondary ones, by their names."""
    described = {
        name: {"type": "CODEPIPELINE", "location": f"{each.bucket}/{each.key}"} for name, each in outputs.items()
    }
    if len(described) == 1:
        return {"artifactsOverride": next(iter(described.values())), "secondaryArtifactsOverride": []}
    secondary = [{**each, "artifactIdentifier": name} for name, each in described.items()]
    return {"artifactsOverride": {"type": "CODEPIPELINE"}, "secondaryArtifactsOverride": secondary}


def _environment(context: Context) -> list[dict[str, str]]:
    text = context.get("EnvironmentVariables") or "[]"
    try:
        given = json.loads(text)
        return [{"type": "PLAINTEXT", **{key: str(value) for key, value in each.items()}} for each in given]
    except (ValueError, TypeError, AttributeError):
        told = "EnvironmentVariables must be a JSON list of objects with name, value and type"
        raise ActionError(told, "ConfigurationError") from None


def _look(codebuild: Any, identifier: str, outputs: dict[str, Artifact]) -> Outcome | None:
    (build,) = codebuild.batch_get_builds(ids=[identifier])["builds"]
    if not build["buildComplete"]:
        return None
    link = build["logs"]["deepLink"]
    if build["buildStatus"] != "SUCCEEDED":
        told = [
            f"{each['statusCode']}: {each['message']}"
            for phase in build["phases"]
            for each in phase.get("contexts", ())
            if each.get("statusCode")
        ]
        reason = told[0] if told else build["buildStatus"]
        error = f"Build terminated with state: {build['buildStatus']}. {reason}"
        return Outcome(error=error, code="JobFailed", external_id=identifier, external_url=link)
    made = {each["location"] for each in (build["artifacts"], *build["secondaryArtifacts"])}
    return Outcome(
        variables={each["name"]: each["value"] for each in build.get("exportedEnvironmentVariables", ())},
        # An artifact that the buildspec does not make is missed by the action that takes it.
        artifacts={name: each for name, each in outputs.items() if _arn(each) in made},
        external_id=identifier,
        external_url=link,
    )
