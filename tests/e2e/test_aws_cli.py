"""The plain AWS CLI walks the Service Catalog tutorial against `build.py local`: as an administrator, and as a lead.

Portfolio and product, grant, share, accept, launch, update to a second version, terminate.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.served import Served
from tests.support.tools import tool

HUB, SPOKE = "111111111111", "222222222221"
ROLE = "tutorial-launch"

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: A topic.
Parameters:
  Team:
    Type: String
    AllowedValues: [red, blue]
    Description: The team that listens.
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Sub ${Team} VERSION
Outputs:
  TopicArn:
    Value: !Ref Topic
"""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "servicecatalog.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
# Service Catalog launches with these and no others: the template from its bucket, the stack, the topic.
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["cloudformation:*", "s3:GetObject", "sns:*"],
            "Resource": "*",
        }
    ],
}


@dataclass(frozen=True)
class Cli:
    """The AWS CLI with somebody's credentials."""

    environment: Mapping[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **self.environment, "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json"}
        return subprocess.run([tool("aws"), *arguments], env=environment, capture_output=True, text=True, check=False)

    def __call__(self, *arguments: str) -> Any:
        """The answer of a call that must succeed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(arguments)}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    def catalog(self, operation: str, *arguments: str) -> Any:
        return self("servicecatalog", operation, *arguments)

    def record(self, record_id: str) -> Any:
        """The record, once it has come to an end."""
        for _ in range(40):
            answer = self.catalog("describe-record", "--id", record_id)
            if answer["RecordDetail"]["Status"] not in ("CREATED", "IN_PROGRESS"):
                return answer
            time.sleep(0.1)
        raise AssertionError(f"record {record_id} did not come to an end")


def persona(served: Served, account: str, role: str) -> Cli:
    """The CLI as somebody who signed in with that role."""
    administrator = Cli(served.environment(account))
    arn = f"arn:aws:iam::{account}:role/{role}"
    credentials = administrator("sts", "assume-role", "--role-arn", arn, "--role-session-name", "jane")["Credentials"]
    return Cli(
        {
            **served.environment(account),
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }
    )


def artifact(name: str, url: str) -> str:
    return json.dumps({"Name": name, "Info": {"LoadTemplateFromURL": url}, "Type": "CLOUD_FORMATION_TEMPLATE"})


def test_the_tutorial_can_be_walked_as_administrator_and_as_lead(served: Served, tmp_path: Path) -> None:
    hub, spoke = Cli(served.environment(HUB)), Cli(served.environment(SPOKE))
    lead = persona(served, SPOKE, "platform-lead")

    hub("s3", "mb", "s3://tutorial-templates")
    for version in ("v1", "v2"):
        (tmp_path / f"{version}.yaml").write_text(TEMPLATE.replace("VERSION", version))
        hub("s3", "cp", str(tmp_path / f"{version}.yaml"), f"s3://tutorial-templates/{version}.yaml")
    urls = {
        version: f"https://tutorial-templates.s3.eu-west-1.amazonaws.com/{version}.yaml" for version in ("v1", "v2")
    }
    for account in (hub, spoke):  # a local role name needs the role in both
        account("iam", "create-role", "--role-name", ROLE, "--assume-role-policy-document", json.dumps(TRUST))
        named = ("--role-name", ROLE, "--policy-name", "launches")
        account("iam", "put-role-policy", *named, "--policy-document", json.dumps(RIGHTS))

    portfolio = hub.catalog("create-portfolio", "--display-name", "Tutorial", "--provider-name", "Us")
    portfolio_id = portfolio["PortfolioDetail"]["Id"]
    product = hub.catalog(
        *("create-product", "--name", "Topic", "--owner", "Us", "--product-type", "CLOUD_FORMATION_TEMPLATE"),
        *("--provisioning-artifact-parameters", artifact("v1", urls["v1"])),
    )
    product_id = product["ProductViewDetail"]["ProductViewSummary"]["ProductId"]
    first_version = product["ProvisioningArtifactDetail"]["Id"]
    hub.catalog("associate-product-with-portfolio", "--product-id", product_id, "--portfolio-id", portfolio_id)
    hub.catalog(
        *("create-constraint", "--portfolio-id", portfolio_id, "--product-id", product_id, "--type", "LAUNCH"),
        *("--parameters", json.dumps({"LocalRoleName": ROLE})),
    )
    hub.catalog("create-portfolio-share", "--portfolio-id", portfolio_id, "--account-id", SPOKE)

    assert lead.catalog("search-products")["ProductViewSummaries"] == []
    spoke.catalog("accept-portfolio-share", "--portfolio-id", portfolio_id)
    assert [each["Id"] for each in spoke.catalog("list-accepted-portfolio-shares")["PortfolioDetails"]] == [
        portfolio_id
    ]
    assert lead.catalog("search-products")["ProductViewSummaries"] == []  # imported, but granted to nobody
    spoke.catalog(
        *("associate-principal-with-portfolio", "--portfolio-id", portfolio_id, "--principal-type", "IAM"),
        *("--principal-arn", f"arn:aws:iam::{SPOKE}:role/platform-lead"),
    )
    found = lead.catalog("search-products")["ProductViewSummaries"]
    assert [(each["Name"], each["ProductId"]) for each in found] == [("Topic", product_id)]

    paths = lead.catalog("list-launch-paths", "--product-id", product_id)["LaunchPathSummaries"]
    parameters = lead.catalog(
        *("describe-provisioning-parameters", "--product-id", product_id, "--path-id", paths[0]["Id"]),
        *("--provisioning-artifact-id", first_version),
    )["ProvisioningArtifactParameters"]
    assert parameters[0]["ParameterConstraints"]["AllowedValues"] == ["red", "blue"]

    launched = lead.catalog(
        *("provision-product", "--product-id", product_id, "--provisioning-artifact-id", first_version),
        *("--provisioned-product-name", "our-topic", "--provisioning-parameters", "Key=Team,Value=red"),
    )
    record = lead.record(launched["RecordDetail"]["RecordId"])
    assert record["RecordDetail"]["Status"] == "SUCCEEDED", record
    topic = next(each["OutputValue"] for each in record["RecordOutputs"] if each["OutputKey"] == "TopicArn")
    assert topic.split(":")[4] == SPOKE
    assert spoke("sns", "get-topic-attributes", "--topic-arn", topic)["Attributes"]["DisplayName"] == "red v1"

    second = hub.catalog(
        *("create-provisioning-artifact", "--product-id", product_id, "--parameters", artifact("v2", urls["v2"]))
    )
    updated = lead.catalog(
        *("update-provisioned-product", "--provisioned-product-name", "our-topic", "--product-id", product_id),
        *("--provisioning-artifact-id", second["ProvisioningArtifactDetail"]["Id"]),
        *("--provisioning-parameters", "Key=Team,UsePreviousValue=true"),
    )
    assert lead.record(updated["RecordDetail"]["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"
    assert spoke("sns", "get-topic-attributes", "--topic-arn", topic)["Attributes"]["DisplayName"] == "red v2"

    ended = lead.catalog("terminate-provisioned-product", "--provisioned-product-name", "our-topic")
    assert lead.record(ended["RecordDetail"]["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"
    assert lead.catalog("search-provisioned-products")["TotalResultsCount"] == 0
    assert topic not in [each["TopicArn"] for each in spoke("sns", "list-topics")["Topics"]]


def test_the_cli_is_refused_as_at_aws_without_the_right_credentials(served: Served) -> None:
    stranger = Cli({**served.environment(HUB), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"})
    done = stranger.run("sts", "get-caller-identity")
    assert done.returncode != 0
    assert "InvalidClientTokenId" in done.stderr
