"""Places that somebody trusts what lies there: code that is run, metrics that decide, templates, images, packages.

Whoever may write to such a place acts through those who trust it. Reading only; whether somebody may is asked in
`routes`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.checks.duties.stage import Stage, Thing

IMAGES = ("ecr:PutImage", "ecr:ReplicateImage", "ecr:SetRepositoryPolicy")
PACKAGES = (
    "codeartifact:CopyPackageVersions",
    "codeartifact:PublishPackageVersion",
    "codeartifact:PutRepositoryPermissionsPolicy",
)
OBJECTS, PARAMETERS = ("s3:PutObject",), ("ssm:PutParameter",)
_REPOSITORIES = ("CodeCommit", "CodeStarSourceConnection", "GitHub")


@dataclass(frozen=True)
class Place:
    """Where something lies that is trusted. `roles`: of those who act by it; `arn`: what is written."""

    what: str
    unit: str
    account: str  # whose it is
    arn: str
    actions: tuple[str, ...]
    roles: tuple[str, ...]


def places(stage: Stage) -> Iterator[Place]:
    """Every place on the stage whose content acts with a role."""
    yield from _code_of_functions(stage)
    yield from _inputs_of_delivery(stage)
    yield from _shared(stage)


def evidence(stage: Stage) -> Iterator[tuple[Thing, str]]:
    """Functions that decide by a file, with the ARN pattern of the files: automatic approval and its metrics."""
    for function in stage.of("AWS::Lambda::Function"):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        if {"BUCKET", "METRIC", "THRESHOLD"} <= set(variables):
            yield function, f"arn:aws:s3:::{variables['BUCKET']}/*/evaluation/metrics.json"


def trusted_code(function: Thing) -> str:
    """The beginning of the addresses of code whose metrics an approving function takes; empty: any code's."""
    return str(function.properties.get("Environment", {}).get("Variables", {}).get("TRUSTED_CODE", ""))


def code_is_a_parameter(pipeline: Thing) -> bool:
    """Whether whoever starts it says where its code lies."""
    try:
        parameters = json.loads(_definition(pipeline)).get("Parameters", [])
    except ValueError:
        return True
    return any(str(each.get("DefaultValue", "")).endswith(".zip") for each in parameters)


def brings_code(pipeline: Thing) -> bool:
    """Whether a delivery pipeline begins with what somebody merged into a repository."""
    return any(action["ActionTypeId"]["Provider"] in _REPOSITORIES for action in _actions(pipeline))


def delivered(stage: Stage) -> Iterator[tuple[str, str]]:
    """Buckets to which what was merged into a repository is brought, and the unit of each."""
    for each in stage.of("AWS::CodePipeline::Pipeline"):
        if brings_code(each):
            for bucket in _values(_actions(each), ("BucketName",)):
                yield bucket, each.unit


def _actions(pipeline: Thing) -> list[Any]:
    return [action for stage in pipeline.properties.get("Stages", ()) for action in stage.get("Actions", ())]


def _definition(pipeline: Thing) -> str:
    body: Any = pipeline.properties.get("PipelineDefinition", {})
    body = body.get("PipelineDefinitionBody", body) if isinstance(body, dict) else body
    return body if isinstance(body, str) else json.dumps(body)


def _code_of_functions(stage: Stage) -> Iterator[Place]:
    for each in stage.of("AWS::Lambda::Function"):
        code = each.properties.get("Code", {})
        if "S3Bucket" in code:
            arn = f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}"
            yield Place(f"code of {each}", each.unit, stage.hub, arn, OBJECTS, (str(each.properties["Role"]),))


def _inputs_of_delivery(stage: Stage) -> Iterator[Place]:
    """What a delivery pipeline takes from buckets is deployed by all the roles that it has."""
    for each in stage.of("AWS::CodePipeline::Pipeline"):
        roles = set(re.findall(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+", json.dumps(each.properties, default=str)))
        buckets = {str(store) for store in _values(each.properties, ("Location", "S3Bucket"))}
        for bucket in sorted(buckets):
            arn = f"arn:aws:s3:::{bucket}/*"
            yield Place(f"input of {each}", each.unit, each.account, arn, OBJECTS, tuple(sorted(roles)))


def _values(value: Any, keys: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in keys and isinstance(each, str):
                yield each
            else:
                yield from _values(each, keys)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _values(each, keys)


def _shared(stage: Stage) -> Iterator[Place]:
    """Templates, images, packages and the contract: trusted by everybody."""
    launching = tuple(each.arn for each in stage.of("AWS::IAM::Role") if each.name.startswith("platform-launch-"))
    working = tuple(
        each.arn
        for each in stage.of("AWS::IAM::Role")
        if each.properties.get("Path", "/").startswith(("/platform/developer/", "/platform/pipelines/"))
    )
    region = next((each.region for each in stage.things), "")
    bucket = f"arn:aws:s3:::platform-artifacts-{stage.hub}-{region}"
    yield Place("templates", "foundation/hub", stage.hub, f"{bucket}/templates/*", OBJECTS, launching)
    yield Place("code of steps", "foundation/hub", stage.hub, f"{bucket}/assets/*", OBJECTS, working)
    for repository in stage.of("AWS::ECR::Repository"):
        yield Place(f"images of {repository}", repository.unit, repository.account, repository.arn, IMAGES, working)
    yield Place(
        "approved packages",
        "foundation/hub",
        stage.hub,
        f"arn:aws:codeartifact:{region}:{stage.hub}:package/platform/python-approved/*",
        PACKAGES,
        working,
    )
    for account in dict.fromkeys((stage.registry, *stage.spokes)):
        roles = tuple(each for each in launching if f"::{account}:" in each)
        arn = f"arn:aws:ssm:{region}:{account}:parameter/platform/*"
        yield Place(f"contract of {account}", "foundation/spoke", account, arn, PARAMETERS, roles)
