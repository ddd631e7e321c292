"""A whole landscape in the test's own process, and products launched in it as stacks, released or not.

A launch here is CloudFormation's, by the account's administrator: what Service Catalog adds is proved elsewhere. What
products then run acts with the products' own roles, and IAM decides.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.catalog.load import Repository
from harness.catalog.model import parameter_text
from harness.catalog.render import render_product
from harness.emulator.accounts import forget_accounts
from harness.emulator.clients import administrator
from harness.emulator.landscape import accounts_of, lay_out
from harness.emulator.server import Emulator, running_server

SECONDS = 60.0  # that a run may take on a machine with other work


@dataclass(frozen=True)
class Run:
    """A pipeline execution that has ended. `steps`: name → step, as the API lists it."""

    arn: str
    status: str
    reason: str
    steps: Mapping[str, Mapping[str, Any]]

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Landscape:
    """Hub, registry and one team's accounts, with their foundations."""

    repository: Repository
    emulator: Emulator

    @property
    def region(self) -> str:
        return self.repository.catalog.home_region

    @property
    def registry(self) -> str:
        """Number of the registry's account."""
        return self.repository.catalog.landscape.registry.account

    def account(self, environment: str) -> str:
        """Number of the first team's account for dev, preprod or prod."""
        return next(
            number
            for name, number in self.repository.catalog.landscape.teams[0].accounts.items()
            if name == environment
        )

    def client(self, service: str, account: str) -> Any:
        """A client as the account's administrator."""
        return administrator(service, account, self.region, self.emulator.url)

    def launch(self, product: str, account: str, **parameters: Any) -> dict[str, str]:
        """The outputs of a stack of the product's source, made as a launch makes it."""
        return self._deploy("create", product, account, parameters)

    def update(self, product: str, account: str, **parameters: Any) -> dict[str, str]:
        """The outputs of that stack with other parameters; what is not named has its default again."""
        return self._deploy("update", product, account, parameters)

    def _deploy(self, how: str, product: str, account: str, parameters: Mapping[str, Any]) -> dict[str, str]:
        rendered = render_product(self.repository, product)
        hub = self.repository.catalog.landscape.hub.account
        for asset in rendered.assets:
            bucket = f"platform-artifacts-{hub}-{self.region}"
            self.client("s3", hub).put_object(Bucket=bucket, Key=asset.key, Body=asset.content)
        staging, s3 = f"launches-{account}", self.client("s3", account)
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=staging, CreateBucketConfiguration={"LocationConstraint": self.region})
        s3.put_object(Bucket=staging, Key=product, Body=rendered.text.encode())
        name = stack_of(product, account, str(parameters.get("ModelGroup", "")))
        cloudformation = self.client("cloudformation", account)
        call = cloudformation.create_stack if how == "create" else cloudformation.update_stack
        call(
            StackName=name,
            TemplateURL=f"https://{staging}.s3.{self.region}.amazonaws.com/{product}",
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": parameter_text(value)} for key, value in parameters.items()
            ],
        )
        stack = _until(
            lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0],
            lambda found: not found["StackStatus"].endswith("_PROGRESS"),
        )
        assert stack["StackStatus"] == f"{how.upper()}_COMPLETE", _failed(cloudformation, name)
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def run(self, account: str, pipeline: str, **parameters: str) -> Run:
        """Starts a pipeline and waits for its end."""
        chosen = [{"Name": name, "Value": value} for name, value in parameters.items()]
        started = self.client("sagemaker", account).start_pipeline_execution(
            PipelineName=pipeline, PipelineParameters=chosen
        )
        return self.follow(account, started["PipelineExecutionArn"])

    def follow(self, account: str, arn: str) -> Run:
        """Waits for the end of a pipeline execution."""
        sagemaker = self.client("sagemaker", account)
        found = _until(
            lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
            lambda told: told["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
        )
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        by_name = {each["StepName"]: each for each in steps}
        return Run(arn, found["PipelineExecutionStatus"], found.get("FailureReason", ""), by_name)

    def settle(self) -> None:
        """Waits until nothing is under way: events are delivered, functions have answered."""
        request = urllib.request.Request(f"{self.emulator.url}/moto-api/platform/idle?seconds={SECONDS}")
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["idle"]

    def fire_schedules(self, account: str) -> int:
        """Lets every schedule of the account's stacks be due now; tells how many there are."""
        schedules = self.client("scheduler", account).list_schedules()["Schedules"]
        for each in schedules:
            path = f"schedules/{each['GroupName']}/{each['Name']}/fire?account={account}&region={self.region}"
            urllib.request.urlopen(
                urllib.request.Request(f"{self.emulator.url}/moto-api/platform/{path}", method="POST")
            ).close()
        return len(schedules)

    def inbox(self, account: str, topic: str) -> Inbox:
        """Whatever is published to the topic from now on."""
        sqs, name = self.client("sqs", account), f"inbox-{topic.rpartition('-')[2].lower()}"
        arn = f"arn:aws:sqs:{self.region}:{account}:{name}"
        lets_in = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [lets_in]})
        url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        self.client("sns", account).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return Inbox(sqs, url)


@dataclass(frozen=True)
class Inbox:
    """A queue that a topic is subscribed to."""

    sqs: Any
    url: str

    def read(self) -> list[dict[str, Any]]:
        """What has arrived since the last time: SNS envelopes in the order of their times."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
                found.append(json.loads(each["Body"]))
        return sorted(found, key=lambda each: str(each["Timestamp"]))


@contextlib.contextmanager
def laid_out(repository: Repository) -> Iterator[Landscape]:
    """The landscape of the repository, empty but for its foundations; forgotten afterwards."""
    accounts = accounts_of(repository.catalog)
    forget_accounts(accounts)  # something of an earlier landscape may have come to its end after that was forgotten
    try:
        with running_server() as emulator:
            lay_out(repository, emulator)
            yield Landscape(repository, emulator)
    finally:  # with the server, what works in the background has ended too
        forget_accounts(accounts)


def stack_of(product: str, account: str, group: str = "") -> str:
    """The name of a launch's stack, as Service Catalog makes them; one for each product and model."""
    letters = [re.sub("[^a-z]", "", each) for each in (product, group)]
    return f"SC-{account}-pp-{letters[0][:6]}{letters[1][:7]}"


def _until(ask: Callable[[], Any], ended: Callable[[Any], bool]) -> Any:
    limit = time.monotonic() + SECONDS
    while not ended(found := ask()):
        assert time.monotonic() < limit, f"not ended after {SECONDS:g} s: {found}"
        time.sleep(0.1)
    return found


def _failed(cloudformation: Any, stack: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}"
        for each in events
        if each["ResourceStatus"].endswith("_FAILED")
    ]
