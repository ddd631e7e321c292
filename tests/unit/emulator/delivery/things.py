"""What delivery tests make in an account: roles that a service may act with, buckets, build projects, and waiting."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from harness.iam import EVERYTHING
from tests.unit.emulator.conftest import Tenant

SECONDS = 30.0  # far more than anything takes


def role(tenant: Tenant, name: str, principal: Mapping[str, str], policy: Mapping[str, Any] = EVERYTHING) -> str:
    """A role that the principal may act with; gives its ARN."""
    arn = tenant.role(name, {"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"})
    tenant.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    return arn


def service_role(tenant: Tenant, name: str, service: str) -> str:
    """A role for a service, such as codebuild."""
    return role(tenant, name, {"Service": f"{service}.amazonaws.com"})


def bucket(tenant: Tenant, name: str, versioned: bool = False) -> str:
    """A bucket whose name carries the account's id."""
    s3, full = tenant.client("s3"), f"{name}-{tenant.id}"
    s3.create_bucket(Bucket=full, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if versioned:
        s3.put_bucket_versioning(Bucket=full, VersioningConfiguration={"Status": "Enabled"})
    return full


def archive(files: Mapping[str, str]) -> bytes:
    """A zip of texts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return content.getvalue()


def files_of(content: bytes) -> dict[str, str]:
    """The texts of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        return {name: read.read(name).decode() for name in sorted(read.namelist())}


def until(found: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """What is found as soon as it is something true."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def project(tenant: Tenant, name: str, buildspec: str, **settings: Any) -> str:
    """A build project without a source, unless settings say otherwise."""
    given: dict[str, Any] = {
        "source": {"type": "NO_SOURCE", "buildspec": buildspec},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:6.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
    }
    arn = service_role(tenant, f"build-{name}", "codebuild")
    tenant.client("codebuild").create_project(name=name, serviceRole=arn, **{**given, **settings})
    return name


def built(tenant: Tenant, name: str, **overrides: Any) -> dict[str, Any]:
    """A build of that project, when it is over."""
    codebuild = tenant.client("codebuild")
    identifier = codebuild.start_build(projectName=name, **overrides)["build"]["id"]
    return finished(tenant, identifier)


def finished(tenant: Tenant, identifier: str) -> dict[str, Any]:
    """A build, when it is over."""
    codebuild = tenant.client("codebuild")

    def over() -> Any:
        (build,) = codebuild.batch_get_builds(ids=[identifier])["builds"]
        return build if build["buildComplete"] else None

    found: dict[str, Any] = until(over)
    return found


def log(tenant: Tenant, build: Mapping[str, Any]) -> list[str]:
    """The lines of a build's log."""
    where = build["logs"]
    events = tenant.client("logs").get_log_events(
        logGroupName=where["groupName"], logStreamName=where["streamName"], startFromHead=True
    )["events"]
    return [each["message"].rstrip("\n") for each in events]


def phases(build: Mapping[str, Any]) -> dict[str, str]:
    """Phase → its status."""
    return {each["phaseType"]: each.get("phaseStatus", "") for each in build["phases"]}


def context(build: Mapping[str, Any], phase: str) -> str:
    """What a failed phase says of itself."""
    (found,) = [each for each in build["phases"] if each["phaseType"] == phase]
    return " ".join(f"{each['statusCode']}: {each['message']}" for each in found["contexts"])
