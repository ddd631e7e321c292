"""Connections: pending until they are completed; what is pushed behind them starts pipelines."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator.delivery.repositories import Repository, RepositoryError, branches
from tests.unit.emulator.conftest import Tenant, signed
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import Place, action, place, stage

_REPOSITORY = "team/models"


def git(folder: Path, *arguments: str) -> str:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    names = {f"GIT_{who}_{what}": "someone" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env={**own, **names}, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, name: str, text: str, branch: str = "main") -> str:
    git(folder, "checkout", "-q", "-B", branch)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", f"{name} says {text}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "train.py", "one")
    return folder


def control(tenant: Tenant, what: str, /, **given: str) -> Any:
    body = json.dumps(given).encode()
    with urllib.request.urlopen(f"{tenant.url}/moto-api/platform/connections/{what}", body, timeout=10) as answer:
        return json.loads(answer.read())


def connection(tenant: Tenant) -> str:
    client = tenant.client("codeconnections")
    return str(client.create_connection(ConnectionName="code", ProviderType="GitHub")["ConnectionArn"])


def declared(here: Place, name: str, arn: str, **more: Any) -> str:
    """A pipeline that copies main into a bucket; gives its first execution."""
    fetch = action(
        "Source",
        "CodeStarSourceConnection",
        "Fetch",
        gives=["Code"],
        namespace="Fetch",
        ConnectionArn=arn,
        FullRepositoryId=_REPOSITORY,
        BranchName="main",
    )
    out = action(
        "Deploy",
        "S3",
        "Copy",
        takes=["Code"],
        BucketName=here.sources,
        ObjectKey="#{Fetch.BranchName}/#{Fetch.CommitId}",
        Extract="false",
    )
    return here.create(name, stage("Source", fetch), stage("Out", out), **more)


def started_by_push(here: Place, name: str) -> list[str]:
    found = here.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [each["pipelineExecutionId"] for each in found if each["trigger"]["triggerType"] == "WebhookV2"]


def test_a_connection_reaches_nothing_before_somebody_completes_it(tenant: Tenant, repository: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    first = declared(here, "pending", arn)
    assert here.ended("pending", first) == "Failed"
    assert here.why("pending", first, "Fetch") == f"ConfigurationError: Connection {arn} is not available"
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    status = tenant.client("codeconnections").get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"]
    assert status == "AVAILABLE"
    again = here.client.start_pipeline_execution(name="pending")["pipelineExecutionId"]
    assert here.ended("pending", again) == "Succeeded"


def test_a_pipeline_needs_the_right_to_use_the_connection(tenant: Tenant, repository: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    actions = ["codeconnections:UseConnection", "codestar-connections:UseConnection"]
    denied = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    tenant.client("iam").put_role_policy(RoleName="pipeline", PolicyName="denied", PolicyDocument=policy)
    first = declared(here, "denied", arn)
    assert here.ended("denied", first) == "Failed"
    assert f"PermissionError: Unable to use Connection: {arn}" in here.why("denied", first, "Fetch")


def test_a_role_sees_the_connections_that_its_policy_names(tenant: Tenant) -> None:
    seen, hidden = connection(tenant), connection(tenant)
    allowed = {"Effect": "Allow", "Action": "codeconnections:GetConnection", "Resource": seen}
    trusted = {"AWS": f"arn:aws:iam::{tenant.id}:root"}
    role = things.role(tenant, "viewer", trusted, {"Version": "2012-10-17", "Statement": [allowed]})
    keys = tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    client = signed("codeconnections", tenant.url, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert client.get_connection(ConnectionArn=seen)["Connection"]["ConnectionArn"] == seen
    with pytest.raises(ClientError, match="not authorized to perform: codeconnections:GetConnection"):
        client.get_connection(ConnectionArn=hidden)


def test_a_push_starts_the_pipelines_that_listen_to_its_branch(tenant: Tenant, repository: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    first = declared(here, "listening", arn)
    assert here.ended("listening", first) == "Succeeded"
    commit(repository, "train.py", "elsewhere", "feature")
    git(repository, "checkout", "-q", "main")
    pushed = commit(repository, "train.py", "two")
    (execution,) = things.until(lambda: started_by_push(here, "listening"))
    assert here.ended("listening", execution) == "Succeeded"
    content = tenant.client("s3").get_object(Bucket=here.sources, Key=f"main/{pushed}")["Body"].read()
    assert things.files_of(content) == {"train.py": "two"}
    (revision,) = here.client.get_pipeline_execution(pipelineName="listening", pipelineExecutionId=execution)[
        "pipelineExecution"
    ]["artifactRevisions"]
    assert (revision["revisionId"], revision["revisionSummary"]) == (pushed, "train.py says two")


def test_triggers_choose_branches_and_paths(tenant: Tenant, repository: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    filters = [{"branches": {"includes": ["release/*"]}, "filePaths": {"includes": ["src/**"]}}]
    git_configuration = {"sourceActionName": "Fetch", "push": filters}
    triggers = [{"providerType": "CodeStarSourceConnection", "gitConfiguration": git_configuration}]
    first = declared(here, "filtered", arn, triggers=triggers)
    assert here.ended("filtered", first) == "Succeeded"
    commit(repository, "src/train.py", "three")  # on main: no trigger
    control(tenant, "look")
    commit(repository, "README.md", "four", "release/1")
    control(tenant, "look")
    pushed = commit(repository, "src/train.py", "five", "release/1")
    control(tenant, "look")
    executions = things.until(lambda: started_by_push(here, "filtered"))
    assert here.ended("filtered", executions[0]) == "Succeeded"
    assert tenant.client("s3").head_object(Bucket=here.sources, Key=f"release/1/{pushed}")


def test_a_folder_that_git_does_not_know_is_a_repository_too(tenant: Tenant, tmp_path: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.txt").write_text("a")
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(tmp_path / "plain"))
    assert here.ended("plain", declared(here, "plain", arn)) == "Succeeded"
    (tmp_path / "plain" / "a.txt").write_text("b")
    (execution,) = things.until(lambda: started_by_push(here, "plain"))
    assert here.ended("plain", execution) == "Succeeded"


def test_the_control_path_names_what_is_not_there(tenant: Tenant) -> None:
    arn = connection(tenant)
    with pytest.raises(urllib.error.HTTPError) as told:
        control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path="/no/such/folder")
    assert json.loads(told.value.read()) == {"error": "there is no folder /no/such/folder"}


def test_a_repository_that_cannot_be_read_for_a_moment_was_not_pushed_to(tenant: Tenant, repository: Path) -> None:
    here, arn = place(tenant), connection(tenant)
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    assert here.ended("steady", declared(here, "steady", arn)) == "Succeeded"
    head = repository / ".git" / "HEAD"
    told = head.read_text()
    head.unlink()  # git knows the folder no more
    control(tenant, "look")
    head.write_text(told)
    control(tenant, "look")
    assert started_by_push(here, "steady") == []


def test_a_repository_that_is_registered_later_is_looked_at_too(tenant: Tenant, repository: Path) -> None:
    here, first = place(tenant), connection(tenant)
    control(tenant, "repositories", connection=first, repository=_REPOSITORY, path=str(repository))
    tenant.client("codeconnections").delete_connection(ConnectionArn=first)
    time.sleep(1.2)  # nothing is left to look at
    arn = connection(tenant)
    control(tenant, "repositories", connection=arn, repository=_REPOSITORY, path=str(repository))
    assert here.ended("later", declared(here, "later", arn)) == "Succeeded"
    commit(repository, "train.py", "two")
    assert things.until(lambda: started_by_push(here, "later"))


def test_a_folder_whose_files_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").symlink_to("/proc/self/mem")  # a file, until somebody reads it
    with pytest.raises(RepositoryError, match="cannot be read"):
        branches(Repository("team/models", tmp_path))
