"""A merge of a team's own code in the emulated landscape (N13 N14 S5): tested and trained with; or stopped, and told.

The repository is what a team copies: the product's starter with the platform's steps. The build's commands really run.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.catalog.load import load_repository
from tests.support.landscapes import SECONDS, Inbox, Landscape, Run, laid_out
from tests.support.repository import PROJECT
from tests.support.tools import tool

pytestmark = pytest.mark.unmeasured

GROUP, REPOSITORY = "credit-limits", "credit-risk/credit-limits-steps"
PRODUCT = PROJECT / "products" / "training-pipeline"
DATA = PRODUCT / "examples" / "data"


@dataclass(frozen=True)
class Checkout:
    """A team's repository, and the bare one at its provider."""

    path: Path
    origin: Path

    def run(self, *command: str) -> str:
        """A command as somebody whose git knows nothing of this machine; gives its output."""
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        names = {f"GIT_{who}_{what}": "jane" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {**own, **names, "TEAM": str(self.path)}
        done = subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def git(self, *arguments: str) -> str:
        return self.run("git", "-C", str(self.path), *arguments)

    def merge(self, message: str, *options: str) -> str:
        """Everything that changed, on main at the provider; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message, *options)
        self.git("push", "--quiet", str(self.origin), "main")
        return self.git("rev-parse", "HEAD")

    def back_to(self, commit: str) -> None:
        """The folder as it was at a commit; main stays where it is."""
        self.git("read-tree", "-u", "--reset", commit)


@dataclass(frozen=True)
class Scene:
    """Registry, training pipeline and a connection to the team's repository."""

    landscape: Landscape
    dev: str
    checkout: Checkout
    outputs: dict[str, str]
    registry_bucket: str
    inbox: Inbox

    @property
    def pipeline(self) -> str:
        """The delivery pipeline's name."""
        return self.outputs["DeliveryUrl"].rpartition("/pipelines/")[2].partition("/")[0]

    def delivered(self, commit: str) -> dict[str, Any]:
        """The delivery of a commit, when it has ended and everybody has heard of it."""
        codepipeline = self.landscape.client("codepipeline", self.dev)
        limit = time.monotonic() + SECONDS
        while True:
            listed = codepipeline.list_pipeline_executions(pipelineName=self.pipeline)["pipelineExecutionSummaries"]
            of_commit = [each for each in listed if commit in {one["revisionId"] for one in each["sourceRevisions"]}]
            if of_commit and of_commit[0]["status"] != "InProgress":
                self.landscape.settle()
                return dict(of_commit[0])
            assert time.monotonic() < limit, f"not delivered: {listed}"
            time.sleep(0.1)

    def log(self) -> str:
        """What the newest build has written."""
        codebuild, logs = (self.landscape.client(name, self.dev) for name in ("codebuild", "logs"))
        (build,) = codebuild.batch_get_builds(ids=codebuild.list_builds()["ids"][:1])["builds"]
        assert "groupName" in build["logs"], [each["contexts"] for each in build["phases"] if each.get("contexts")]
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
        return "".join(each["message"] for each in logs.get_log_events(**where)["events"])

    def archives(self) -> list[str]:
        """The keys below code/ in the training bucket."""
        s3 = self.landscape.client("s3", self.dev)
        listed = s3.list_objects_v2(Bucket=self.outputs["BucketName"], Prefix="code/")
        return [each["Key"] for each in listed.get("Contents", ())]

    def runs(self) -> list[str]:
        """ARNs of all runs."""
        listed = self.landscape.client("sagemaker", self.dev).list_pipeline_executions(
            PipelineName=self.outputs["PipelineName"]
        )
        return [each["PipelineExecutionArn"] for each in listed["PipelineExecutionSummaries"]]

    def taken(self, account: str, bucket: str, key: str) -> io.BytesIO:
        """An object."""
        found = self.landscape.client("s3", account).get_object(Bucket=bucket, Key=key)
        return io.BytesIO(found["Body"].read())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    tool("aws")  # builds log in to the packages with it
    checkout = Checkout(tmp_path_factory.mktemp("team") / "steps", tmp_path_factory.mktemp("provider"))
    checkout.run("git", "init", "--quiet", "--bare", "--initial-branch", "main", str(checkout.origin))
    with laid_out(load_repository(PROJECT)) as landscape:
        dev = landscape.account("dev")
        connection = _connection(landscape, dev, checkout.origin)
        accounts = {f"{name.title()}AccountId": landscape.account(name) for name in ("dev", "preprod", "prod")}
        registry = landscape.launch("model-registry", landscape.registry, ModelGroup=GROUP, **accounts)
        own = {"ConnectionArn": connection, "RepositoryId": REPOSITORY}
        outputs = landscape.launch("training-pipeline", dev, ModelGroup=GROUP, Rounds=60, **own)
        s3 = landscape.client("s3", dev)
        for key, name in (("schema.json", "breast-cancer.schema.json"), ("data/a.csv", "breast-cancer.csv")):
            s3.put_object(Bucket=outputs["BucketName"], Key=key, Body=(DATA / name).read_bytes())
        landscape.settle()  # a new pipeline starts by itself, and finds an empty repository
        inbox = landscape.inbox(dev, outputs["NotificationsArn"])
        yield Scene(landscape, dev, checkout, outputs, registry["BucketName"], inbox)


def _connection(landscape: Landscape, account: str, folder: Path) -> str:
    """A connection that a person has completed, with the folder behind it."""
    client = landscape.client("codeconnections", account)
    arn = str(client.create_connection(ConnectionName="code", ProviderType="GitHub")["ConnectionArn"])
    body = json.dumps({"connection": arn, "repository": REPOSITORY, "path": str(folder)}).encode()
    url = f"{landscape.emulator.url}/moto-api/platform/connections/repositories"
    urllib.request.urlopen(url, body, timeout=10).close()
    return arn


@dataclass(frozen=True)
class First:
    """The team's first merge, and the run that it started."""

    commit: str
    delivery: dict[str, Any]
    log: str
    run: Run


def _begin() -> str:
    """The commands that make a team's repository."""
    (block,) = re.findall(r"```sh\n(mkdir .*?)```", (PRODUCT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def first(scene: Scene) -> First:
    """What README.md says, word for word; and one line of the team's own in a step."""
    scene.checkout.run("bash", "-e", "-c", _begin())
    with (scene.checkout.path / "steps" / "tabular" / "__init__.py").open("a", encoding="utf-8") as package:
        package.write('\nOWNER = "credit-risk"\n')
    commit = scene.checkout.merge("The platform's steps are ours now", "--amend")
    delivery = scene.delivered(commit)
    log = scene.log()
    assert delivery["status"] == "Succeeded", log
    (arn,) = scene.runs()
    run = scene.landscape.follow(scene.dev, arn)
    scene.landscape.settle()
    return First(commit, delivery, log, run)


def test_a_merge_of_the_starter_passes_every_command_of_the_build(first: First) -> None:
    assert "Successfully configured pip to use AWS CodeArtifact repository" in first.log
    assert "All checks passed!" in first.log
    assert "files already formatted" in first.log
    assert "Required test coverage of 80% reached" in first.log


def test_what_passed_is_archived_under_its_commit_as_it_was_merged(scene: Scene, first: First) -> None:
    assert scene.archives() == [f"code/{first.commit}.zip"]
    tree = scene.checkout.git("ls-tree", "-r", "--name-only", first.commit, "steps/").splitlines()
    with zipfile.ZipFile(scene.taken(scene.dev, scene.outputs["BucketName"], f"code/{first.commit}.zip")) as archive:
        assert sorted(archive.namelist()) == sorted(each.removeprefix("steps/") for each in tree)


def test_the_version_is_trained_with_the_teams_code_and_names_the_commit(scene: Scene, first: First) -> None:
    assert (first.run.status, first.run.reason) == ("Succeeded", "")
    sagemaker = scene.landscape.client("sagemaker", scene.landscape.registry)
    (listed,) = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    version = sagemaker.describe_model_package(ModelPackageName=listed["ModelPackageArn"])
    assert version["ModelApprovalStatus"] == "PendingManualApproval"
    metadata = version["CustomerMetadataProperties"]
    assert metadata["platform:code"] == f"s3://{scene.outputs['BucketName']}/code/{first.commit}.zip"
    assert metadata["platform:cause"] == f"merge: code/{first.commit}.zip"
    model = scene.taken(scene.landscape.registry, scene.registry_bucket, f"{first.run.id}/model.tar.gz")
    with tarfile.open(fileobj=model) as archive:
        names = {each.removeprefix("./"): each for each in archive.getnames()}
        package = archive.extractfile(names["code/tabular/__init__.py"])
        assert package is not None
        assert b'OWNER = "credit-risk"' in package.read()


def test_later_runs_take_that_code_too(scene: Scene, first: First) -> None:
    answer = scene.landscape.client("lambda", scene.dev).invoke(
        FunctionName=scene.outputs["StartFunctionName"], Payload=b'{"reason": "person"}'
    )
    started = json.loads(answer["Payload"].read())["execution"]
    sagemaker = scene.landscape.client("sagemaker", scene.dev)
    listed = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=started)["PipelineParameters"]
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=started)
    scene.landscape.follow(scene.dev, started)
    assert {each["Name"]: each["Value"] for each in listed}["CodeFile"] == f"{first.commit}.zip"


def _wrong_format(root: Path) -> None:
    (root / "steps" / "tabular" / "own.py").write_text("LIMIT=1\n")


def _failing_test(root: Path) -> None:
    _no_tests(root)
    (root / "tests" / "test_own.py").write_text("def test_limits_are_kept() -> None:\n    assert 1 + 1 == 3\n")


def _no_tests(root: Path) -> None:
    for path in (root / "tests").glob("test_*.py"):
        path.unlink()
    (root / "tests" / "test_own.py").write_text("def test_nothing_much() -> None:\n    assert 1 + 1 == 2\n")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_wrong_format, "1 file would be reformatted"),
        (_failing_test, "FAILED tests/test_own.py::test_limits_are_kept"),
        (_no_tests, "Required test coverage of 80% not reached"),
    ],
    ids=["wrong format", "failing test", "too little coverage"],
)
def test_what_does_not_pass_stops_before_anything_is_taken_over_and_people_are_told(
    scene: Scene, first: First, change: Callable[[Path], None], told: str
) -> None:
    runs = scene.runs()
    scene.checkout.back_to(first.commit)
    change(scene.checkout.path)
    delivery = scene.delivered(scene.checkout.merge(change.__name__))
    log = scene.log()
    assert delivery["status"] == "Failed"
    assert told in log
    assert scene.archives() == [f"code/{first.commit}.zip"]
    assert scene.runs() == runs
    messages = [each["Message"] for each in scene.inbox.read()]
    (message,) = [each for each in messages if delivery["pipelineExecutionId"] in each]
    assert f"The code of {GROUP} did not pass its tests" in message
    assert f"/pipelines/{scene.pipeline}/executions/" in message


def test_hooks_at_a_desk_are_commands_of_the_build() -> None:
    """N13: what pre-commit runs is what a merge runs."""
    build = yaml.safe_load((PRODUCT / "src" / "buildspec.yaml").read_text())["phases"]["build"]["commands"]
    hooks = yaml.safe_load((PRODUCT / "starter" / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert len(hooks) == 3
    for hook in hooks:
        assert any(command.startswith(hook["entry"]) for command in build), hook["entry"]
