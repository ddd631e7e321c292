"""Accounts of the served landscape with the few things that tests need in them: roles, templates, products."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.emulator import organization
from harness.iam import EVERYTHING

REGION = "eu-west-1"
_numbers = itertools.count(700000000001)
TOPIC = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Arn: {Value: !Ref Topic, Description: The topic}
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "servicecatalog.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@dataclass(frozen=True)
class Account:
    """An account, as its administrator or as one of its roles."""

    id: str
    url: str
    key: str = ""
    secret: str = "x"
    session: str | None = None
    arn: str = ""

    def client(self, service: str = "servicecatalog", validate: bool = True, region: str = REGION) -> Any:
        """A client that acts as this identity."""
        return _client(self, service, validate, region)

    def role(self, name: str, trust: dict[str, Any] = TRUST) -> str:
        """A role in the account; its ARN."""
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def allow(self, name: str) -> None:
        """Lets the role do everything."""
        self.client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))

    def person(self, name: str, session: str = "jane") -> Account:
        """Somebody with a role of that name, which is made if it is not there. IAM lets them do everything."""
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.id}:root"}, "Action": "sts:AssumeRole"}
        arn = f"arn:aws:iam::{self.id}:role/{name}"
        try:
            self.role(name, {"Version": "2012-10-17", "Statement": [root]})
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
        self.allow(name)
        credentials = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        return Account(
            self.id,
            self.url,
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
            arn,
        )

    def template(self, body: str = TOPIC, key: str | None = None) -> str:
        """The URL of a template in a bucket of the account."""
        bucket, name = _bucket(self), key or f"{uuid.uuid4().hex}.yaml"
        self.client("s3").put_object(Bucket=bucket, Key=name, Body=body.encode())
        return f"https://{bucket}.s3.{REGION}.amazonaws.com/{name}"

    def portfolio(self, name: str = "ml-platform") -> str:
        """A portfolio; its id."""
        made = self.client().create_portfolio(DisplayName=name, ProviderName="platform", IdempotencyToken=token())
        return str(made["PortfolioDetail"]["Id"])

    def product(self, name: str = "studio-domain", body: str = TOPIC) -> tuple[str, str]:
        """A product with a version 1.0.0; the ids of both."""
        made = self.client().create_product(
            Name=name,
            Owner="platform",
            ProductType="CLOUD_FORMATION_TEMPLATE",
            ProvisioningArtifactParameters=version("1.0.0", self.template(body)),
            IdempotencyToken=token(),
        )
        summary = made["ProductViewDetail"]["ProductViewSummary"]
        return str(summary["ProductId"]), str(made["ProvisioningArtifactDetail"]["Id"])

    def version(self, product_id: str, name: str, body: str = TOPIC) -> str:
        """One more version of a product; its id."""
        made = self.client().create_provisioning_artifact(
            ProductId=product_id, Parameters=version(name, self.template(body)), IdempotencyToken=token()
        )
        return str(made["ProvisioningArtifactDetail"]["Id"])

    def offer(self, product_id: str, portfolio_id: str, *principals: str) -> None:
        """Put a product into a portfolio and let principals use it."""
        client = self.client()
        client.associate_product_with_portfolio(ProductId=product_id, PortfolioId=portfolio_id)
        for arn in principals:
            client.associate_principal_with_portfolio(PortfolioId=portfolio_id, PrincipalARN=arn, PrincipalType="IAM")

    def constrain(self, portfolio_id: str, product_id: str, kind: str, parameters: dict[str, Any]) -> str:
        """A constraint; its id."""
        made = self.client().create_constraint(
            PortfolioId=portfolio_id,
            ProductId=product_id,
            Type=kind,
            Parameters=json.dumps(parameters),
            IdempotencyToken=token(),
        )
        return str(made["ConstraintDetail"]["ConstraintId"])


@cache
def _session() -> boto3.Session:
    return boto3.Session()


@cache
def _client(account: Account, service: str, validate: bool, region: str) -> Any:
    return _session().client(
        service,
        endpoint_url=account.url,
        region_name=region,
        aws_access_key_id=account.key or account.id,
        aws_secret_access_key=account.secret,
        aws_session_token=account.session,
        config=Config(parameter_validation=validate, retries={"total_max_attempts": 1}),
    )


@cache
def _bucket(account: Account) -> str:
    name = f"templates-{account.id}"
    account.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@dataclass(frozen=True)
class Organization:
    """An organization with trusted access for Service Catalog, whose hub is a delegated administrator."""

    id: str
    unit: str
    management: Account
    hub: Account
    spokes: tuple[Account, Account]


def token() -> str:
    """A fresh idempotency token."""
    return uuid.uuid4().hex


def version(name: str, url: str) -> dict[str, Any]:
    """ProvisioningArtifactProperties."""
    return {"Name": name, "Type": "CLOUD_FORMATION_TEMPLATE", "Info": {"LoadTemplateFromURL": url}}


def fresh_account(url: str) -> Account:
    """An account that nobody has used."""
    return Account(str(next(_numbers)), url)


def fresh_organization(url: str) -> Organization:
    """An organization that nobody has used."""
    management, hub, one, other = (fresh_account(url) for _ in range(4))
    identifier, unit = f"o-{uuid.uuid4().hex[:10]}", f"ou-{uuid.uuid4().hex[:4]}-{uuid.uuid4().hex[:8]}"
    accounts = {hub.id: ("hub", ""), one.id: ("dev", unit), other.id: ("prod", unit)}
    organization.seed(identifier, management.id, {unit: "workload"}, accounts)
    client = management.client("organizations")
    client.enable_aws_service_access(ServicePrincipal="servicecatalog.amazonaws.com")
    client.register_delegated_administrator(AccountId=hub.id, ServicePrincipal="servicecatalog.amazonaws.com")
    return Organization(identifier, unit, management, hub, (one, other))


def code(error: Any) -> str:
    """The code of an AWS error."""
    return str(error.value.response["Error"]["Code"])


def message(error: Any) -> str:
    """The message of an AWS error."""
    return str(error.value.response["Error"]["Message"])
