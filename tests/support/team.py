"""A served landscape with people in it, and what they launch, for the stories of a whole team."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from harness.catalog.load import Repository
from harness.emulator.clients import administrator, isolated_session
from harness.publish.launcher import Launcher, launcher
from harness.publish.session import Session
from tests.support.inventory import inventory
from tests.support.served import Served

REGION = "eu-west-1"
T = TypeVar("T")
PATIENCE = 60  # seconds that anything may take
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass(frozen=True)
class Landscape:
    """The served landscape, as anybody in it. `before`: what its accounts had before the team's first launch."""

    served: Served
    repository: Repository
    before: Mapping[str, frozenset[str]]

    def client(self, account: str, service: str) -> Any:
        """As the account's administrator."""
        return administrator(service, account, REGION, self.served.url)

    def persona(self, account: str, name: str, service: str) -> Any:
        """As a person of the team."""
        given = self.client(account, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/platform-{name}",
            RoleSessionName="ada",
            Tags=[{"Key": "user", "Value": "ada"}],
        )["Credentials"]
        return isolated_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.served.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def launcher(self, product: str, account: str) -> Launcher:
        """The lead of an account (in the registry, its keeper), before a product of the catalogue there."""
        session = Session("local", self.repository.catalog, self.served.url)
        return launcher(self.repository, session, self.repository.product(product), account, REGION)

    def launch(self, product: str, account: str, **parameters: str) -> None:
        """Launches as the lead does, through Service Catalog."""
        done = self.launcher(product, account).launch(product, None, parameters, {}, _quiet)
        assert not done.failures, done.failures

    def inventory(self, account: str) -> frozenset[str]:
        """What the account has now."""
        return inventory(self.served.url, account, REGION)

    def runs(self, account: str, pipeline: str) -> list[dict[str, Any]]:
        """Executions of a pipeline, newest first."""
        found = self.client(account, "sagemaker").list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"
        )
        summaries: list[dict[str, Any]] = found["PipelineExecutionSummaries"]
        return summaries

    def ended(self, account: str, execution: str) -> dict[str, Any]:
        """An execution once it has ended, with its steps by name."""
        sagemaker = self.client(account, "sagemaker")

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
            return found if found["PipelineExecutionStatus"] in ENDED else None

        described = eventually(look, f"the end of {execution}")
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
        return {**described, "Steps": {each["StepName"]: each for each in steps}}


def _quiet(line: str) -> None:
    """Nobody follows a launch of these tests."""


def eventually(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE} s for {what}")
