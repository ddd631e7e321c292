"""Builds run for real: their commands, what they find, what they leave, and how they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.delivery import things


def test_a_build_runs_its_commands_in_one_shell_and_logs_them(tenant: Tenant) -> None:
    spec = """
version: 0.2
env:
  variables: { GREETING: hello }
  exported-variables: [ANSWER, GREETING]
phases:
  install:
    runtime-versions: { python: "3.13" }
  pre_build:
    commands: [mkdir sub, cd sub]
  build:
    commands:
      - export ANSWER=$((6 * 7))
      - python -c "print('from python')"
      - pwd
  post_build:
    commands: 'echo "$GREETING $ANSWER $CODEBUILD_BUILD_SUCCEEDING $CODEBUILD_INITIATOR"'
"""
    build = things.built(tenant, things.project(tenant, "plain", spec))
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    assert things.phases(build) == {
        **dict.fromkeys(("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL"), "SUCCEEDED"),
        **dict.fromkeys(("PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"), "SUCCEEDED"),
        "COMPLETED": "",
    }
    exported = {each["name"]: each["value"] for each in build["exportedEnvironmentVariables"]}
    assert exported == {"ANSWER": "42", "GREETING": "hello"}
    lines = things.log(tenant, build)
    assert "from python" in lines
    assert any(line.endswith("/src/sub") for line in lines)
    assert "hello 42 1 root" in lines
    assert build["logs"]["groupName"] == "/aws/codebuild/plain"


def test_a_build_reads_its_source_from_s3_and_writes_what_it_made(tenant: Tenant) -> None:
    name = things.bucket(tenant, "code")
    spec = """
version: 0.2
phases:
  build:
    commands: [cp in.txt out/made.txt, echo noise > out/skipped.log]
artifacts:
  base-directory: out
  files: ["**/*"]
  exclude-paths: ["*.log"]
  name: made-$(cat in.txt).zip
"""
    source = things.archive({"buildspec.yml": spec, "in.txt": "7", "out/sub/kept.txt": "kept"})
    s3 = tenant.client("s3")
    s3.put_object(Bucket=name, Key="source.zip", Body=source)
    things.project(
        tenant,
        "s3",
        "",
        source={"type": "S3", "location": f"{name}/source.zip"},
        artifacts={"type": "S3", "location": name, "path": "made", "packaging": "ZIP", "overrideArtifactName": True},
    )
    build = things.built(tenant, "s3")
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{name}/made/made-7.zip"
    written = s3.get_object(Bucket=name, Key="made/made-7.zip")["Body"].read()
    assert things.files_of(written) == {"made.txt": "7", "sub/kept.txt": "kept"}


def test_what_fails_is_told_as_codebuild_tells_it(tenant: Tenant) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands: [exit 3, echo never]
    finally: [echo at last]
  post_build:
    commands: ['echo "succeeding: $CODEBUILD_BUILD_SUCCEEDING"']
"""
    build = things.built(tenant, things.project(tenant, "failing", spec))
    assert build["buildStatus"] == "FAILED"
    found = things.phases(build)
    assert (found["BUILD"], found["POST_BUILD"]) == ("FAILED", "SUCCEEDED")
    told = "COMMAND_EXECUTION_ERROR: Error while executing command: exit 3. Reason: exit status 3"
    assert things.context(build, "BUILD") == told
    lines = things.log(tenant, build)
    assert {"at last", "succeeding: 0"} <= set(lines)
    assert "never" not in lines


@pytest.mark.parametrize(
    ("phase", "on_failure", "status", "comes_after"),
    [
        ("install", "", "FAILED", False),
        ("pre_build", "", "FAILED", False),
        ("pre_build", "CONTINUE", "SUCCEEDED", True),
        ("build", "ABORT", "FAILED", False),
        ("build", "RETRY-2", "SUCCEEDED", True),
    ],
)
def test_on_failure_says_what_comes_after_a_failure(
    tenant: Tenant, phase: str, on_failure: str, status: str, comes_after: bool
) -> None:
    fails = "echo x >> tries; [ $(wc -l < tries) -ge 3 ]" if on_failure.startswith("RETRY") else "false"
    phases: dict[str, Any] = {phase: {"commands": [fails]}, "post_build": {"commands": ["echo came"]}}
    if on_failure:
        phases[phase]["on-failure"] = on_failure
    spec = "version: 0.2\n" + json.dumps({"phases": phases})[1:-1].replace('"phases"', "phases", 1)
    build = things.built(tenant, things.project(tenant, "onfailure", spec))
    assert build["buildStatus"] == status
    assert ("came" in things.log(tenant, build)) is comes_after


def test_a_buildspec_that_is_none_fails_the_download_phase(tenant: Tenant) -> None:
    things.project(tenant, "bad", "version: 0.2\nphases:\n  compile:\n    commands: [ls]\n")
    build = things.built(tenant, "bad")
    assert things.phases(build)["DOWNLOAD_SOURCE"] == "FAILED"
    assert things.context(build, "DOWNLOAD_SOURCE").startswith("YAML_FILE_ERROR: phases.compile: unknown")


def test_secrets_come_from_their_stores_and_are_masked_in_the_log(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/own/token", Value="s3cr3t-one", Type="SecureString")
    tenant.client("secretsmanager").create_secret(Name="own", SecretString=json.dumps({"key": "s3cr3t-two"}))
    spec = """
version: 0.2
env:
  parameter-store: { ONE: /own/token }
  secrets-manager: { TWO: "own:key" }
phases:
  build:
    commands: ['echo "got $ONE and $TWO"', 'test "$ONE$TWO$PLAIN" = s3cr3t-ones3cr3t-twoyes']
"""
    plain = [{"name": "PLAIN", "value": "yes"}]
    build = things.built(tenant, things.project(tenant, "secret", spec), environmentVariablesOverride=plain)
    assert build["buildStatus"] == "SUCCEEDED", things.log(tenant, build)
    assert "got *** and ***" in things.log(tenant, build)


def test_a_build_acts_with_the_session_of_its_role(tenant: Tenant) -> None:
    code = "import boto3; print('i am', boto3.client('sts').get_caller_identity()['Arn'])"
    spec = f'version: 0.2\nphases:\n  build:\n    commands:\n      - python -c "{code}"\n'
    build = things.built(tenant, things.project(tenant, "acting", spec))
    own = build["id"].rsplit(":")[-1]
    arn = f"arn:aws:sts::{tenant.id}:assumed-role/build-acting/AWSCodeBuild-{own}"
    assert f"i am {arn}" in things.log(tenant, build)


def test_pip_has_what_is_here_and_says_so_of_what_is_not(tenant: Tenant) -> None:
    spec = """
version: 0.2
phases:
  build:
    commands: [pip install -q pytest "pyyaml>=6", pytest --version, pip install nosuchpackage]
"""
    build = things.built(tenant, things.project(tenant, "pip", spec))
    assert things.context(build, "BUILD").endswith("pip install nosuchpackage. Reason: exit status 1")
    message = "nosuchpackage is not in this environment, and the emulated CodeBuild reaches no package index"
    assert f"ERROR: {message}" in things.log(tenant, build)


def test_privileged_mode_is_refused_by_the_build(tenant: Tenant) -> None:
    name = things.project(tenant, "docker", "version: 0.2\nphases:\n  build:\n    commands: [docker build .]\n")
    build = things.built(tenant, name, privilegedModeOverride=True)
    assert build["buildStatus"] == "FAILED"
    assert "privileged mode is not part of the emulated CodeBuild" in things.context(build, "PROVISIONING")
    assert any("privileged mode" in line for line in things.log(tenant, build))
    unprivileged = things.built(tenant, name)
    assert any(line.startswith("docker: privileged mode") for line in things.log(tenant, unprivileged))


def test_a_stopped_build_ends_its_processes(tenant: Tenant) -> None:
    name = things.project(tenant, "long", "version: 0.2\nphases:\n  build:\n    commands: [sleep 60]\n")
    codebuild = tenant.client("codebuild")
    identifier = codebuild.start_build(projectName=name)["build"]["id"]

    def building() -> bool:
        return bool(codebuild.batch_get_builds(ids=[identifier])["builds"][0]["currentPhase"] == "BUILD")

    things.until(building)
    codebuild.stop_build(id=identifier)
    build = things.finished(tenant, identifier)
    assert build["buildStatus"] == "STOPPED"
    assert things.phases(build)["BUILD"] == "STOPPED"


def test_test_reports_are_counted(tenant: Tenant) -> None:
    xml = '<testsuite><testcase name="a" time="0.5"/><testcase name="b"><failure/></testcase></testsuite>'
    spec = f"""
version: 0.2
phases:
  build:
    commands: ['mkdir reports; echo ''{xml}'' > reports/r.xml']
reports:
  unit:
    files: [r.xml]
    base-directory: reports
"""
    build = things.built(tenant, things.project(tenant, "reporting", spec))
    (report,) = tenant.client("codebuild").batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert report["status"] == "FAILED"
    assert report["testSummary"]["statusCounts"] == {"SUCCEEDED": 1, "FAILED": 1}


def test_a_role_that_does_not_trust_codebuild_is_of_no_use(tenant: Tenant) -> None:
    name = things.project(tenant, "untrusted", "version: 0.2\nphases:\n  build:\n    commands: [ls]\n")
    other = things.service_role(tenant, "lambdas", "lambda")
    build = things.built(tenant, name, serviceRoleOverride=other)
    assert things.context(build, "PROVISIONING").startswith("ACCESS_DENIED: CodeBuild is not authorized")


@pytest.mark.parametrize(
    ("allowed", "phase", "told"),
    [
        (["s3:GetObject"], "PROVISIONING", "does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams"),
        (["logs:*"], "DOWNLOAD_SOURCE", "ACCESS_DENIED: getting the object source.zip"),
    ],
)
def test_a_build_can_do_what_its_role_can(tenant: Tenant, allowed: list[str], phase: str, told: str) -> None:
    name = things.bucket(tenant, "code")
    tenant.client("s3").put_object(
        Bucket=name, Key="source.zip", Body=things.archive({"buildspec.yml": "version: 0.2"})
    )
    things.project(tenant, "narrow", "", source={"type": "S3", "location": f"{name}/source.zip"})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
    role = things.role(tenant, "narrow", {"Service": "codebuild.amazonaws.com"}, policy)
    build = things.built(tenant, "narrow", serviceRoleOverride=role)
    assert told in things.context(build, phase)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"serviceRole": "arn:aws:iam::999999999999:role/x"}, "Service role account ID does not match"),
        ({"source": {"type": "NO_SOURCE"}}, "buildspec is required"),
        ({"source": {"type": "S3"}}, "source location is required"),
        ({"artifacts": {"type": "CODEPIPELINE"}}, "artifact type must be CODEPIPELINE if, and only if"),
    ],
)
def test_a_project_that_aws_would_refuse_is_refused(tenant: Tenant, settings: dict[str, Any], told: str) -> None:
    given = {
        "name": "refused",
        "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\n"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": f"arn:aws:iam::{tenant.id}:role/any",
    }
    with pytest.raises(ClientError, match=told):
        tenant.client("codebuild").create_project(**{**given, **settings})


@pytest.mark.parametrize(
    "more",
    [
        {"badgeEnabled": True},
        {"concurrentBuildLimit": 1},
        {"autoRetryLimit": 2},
        {"logsConfig": {"s3Logs": {"status": "ENABLED", "location": "logs/builds"}}},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_would_change_nothing_here_is_refused_by_its_name(tenant: Tenant, more: dict[str, Any]) -> None:
    name = "s3Logs" if "logsConfig" in more else next(iter(more))
    with pytest.raises(ClientError, match=f"does not model {name}"):
        things.project(tenant, "own", "version: 0.2\nphases: {}\n", **more)
