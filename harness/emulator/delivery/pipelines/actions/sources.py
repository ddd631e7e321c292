"""Source actions: an object of a versioned bucket, or a commit of a connected repository, becomes an artifact."""

from __future__ import annotations

import dataclasses

from harness.emulator.delivery import connections, repositories
from harness.emulator.delivery.pipelines.context import ActionError, Context
from harness.emulator.delivery.pipelines.model import Outcome
from harness.emulator.delivery.repositories import RepositoryError
from harness.emulator.enforcement import authorize
from harness.emulator.enforcement.table import Need
from harness.iam import denial


def from_s3(context: Context) -> Outcome:
    """Fetches the newest version of the object, or the one that the execution was started with."""
    wanted = context.execution.revisions.get(context.run.name, {})
    bucket, key = context.get("S3Bucket"), wanted.get("S3_OBJECT_KEY") or context.get("S3ObjectKey")
    s3 = context.client("s3")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise ActionError(f"The Amazon S3 bucket {bucket} must be versioned", "ConfigurationError")
    version = wanted.get("S3_OBJECT_VERSION_ID")
    found = s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
    revision, summary = str(found["VersionId"]), "Amazon S3 version id: " + str(found["VersionId"])
    (name,) = context.outputs
    where = dataclasses.replace(context.location(name), revision=revision, summary=summary)
    artifact = context.put(where, found["Body"].read())
    variables = {"BucketName": bucket, "ETag": found["ETag"].strip('"'), "ObjectKey": key, "VersionId": revision}
    return Outcome(variables=variables, artifacts={name: artifact}, external_id=revision, summary=summary)


def from_connection(context: Context) -> Outcome:
    """Packs the newest commit of the branch, or the one that a push or the caller named."""
    wanted = context.execution.revisions.get(context.run.name, {})
    branch = wanted.get("BRANCH") or context.get("BranchName")
    arn, identifier = context.get("ConnectionArn"), context.get("FullRepositoryId")
    _require_connection(context, arn, identifier)
    try:
        repository = repositories.find(arn, identifier)
        commit = repositories.resolve(repository, wanted.get("COMMIT_ID") or branch)
        content = repositories.archive(repository, commit.id)
    except RepositoryError as error:
        raise ActionError(str(error), "ConfigurationError") from None
    (name,) = context.outputs
    where = dataclasses.replace(context.location(name), revision=commit.id, summary=commit.message or commit.id)
    variables = {
        "AuthorDate": f"{commit.date:%Y-%m-%dT%H:%M:%SZ}",
        "AuthorDisplayName": commit.author,
        "BranchName": branch,
        "CommitId": commit.id,
        "CommitMessage": commit.message,
        "ConnectionArn": arn,
        "FullRepositoryName": identifier,
    }
    return Outcome(
        variables=variables,
        artifacts={name: context.put(where, content)},
        external_id=commit.id,
        summary=commit.message,
    )


def _require_connection(context: Context, arn: str, repository: str) -> None:
    """The role needs UseConnection, which is no call of an API. Under either name of the service, as at AWS."""
    who, account = context.session.caller, arn.split(":")[4] if arn.count(":") >= 5 else ""
    for service in connections.SERVICES:
        own = {f"{service}:FullRepositoryId": repository, f"{service}:ProviderAction": "GetBranch"}
        need = Need(f"{service}:UseConnection", arn, account, own)
        decision, request = authorize.decide(need, who, context.pipeline.region)
        if decision.allowed:
            return
    raise ActionError(f"Unable to use Connection: {arn}. {denial(request, decision)}", "PermissionError")
