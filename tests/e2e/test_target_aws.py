"""The target `aws`, by the page that leads an operator there: docs/foundations.md, word for word, on empty accounts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator.clients import administrator, isolated_session
from tests.support.repository import PROJECT
from tests.support.served import Served, copy_repository, serve
from tests.support.tools import tool

MANAGEMENT, HUB, DEV, PROD = "100000000000", "111111111111", "222222222221", "222222222223"
SPOKES = (DEV, "222222222222", PROD)
REGIONS = ("eu-west-1", "eu-central-1")
PERMISSION_SETS = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
Done = subprocess.CompletedProcess[str]


def commands(heading: str) -> str:
    """The commands that the page gives under a heading."""
    sections = re.split(r"^#+ ", (PROJECT / "docs/foundations.md").read_text(), flags=re.MULTILINE)
    (section,) = [each for each in sections if each.startswith(f"{heading}\n")]
    found = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert found, heading
    return "".join(found)


@dataclass(frozen=True)
class Company:
    """Accounts that have nothing but an organization, and a repository to equip them from."""

    served: Served

    def client(self, account: str, service: str, region: str = REGIONS[0]) -> Any:
        return administrator(service, account, region, self.served.url)

    def make_role(self, account: str, name: str, trusted: str, rights: Mapping[str, Any], path: str = "/") -> None:
        trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        iam = self.client(account, "iam")
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **rights}]}
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(policy))

    def become(self, account: str, role: str, **tags: str) -> dict[str, str]:
        """The credentials of a role, for the account's administrator."""
        given = self.client(account, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role{role}",
            RoleSessionName="jane",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def run(self, script: str, account: str) -> None:
        """A script of the page, as the account's administrator."""
        build = f'python3() {{ shift; "{sys.executable}" -m harness.cli "$@"; }}\n'
        path = f"{Path(tool('aws')).parent}:{os.environ['PATH']}"
        done = self._do(["bash", "-euc", build + commands("Foundations") + script], {"PATH": path}, account)
        assert done.returncode == 0, done.stdout + done.stderr

    def build(self, credentials: dict[str, str], *arguments: str) -> Done:
        """build.py with the target aws."""
        return self._do([sys.executable, "-m", "harness.cli", *arguments, "--target", "aws"], credentials)

    def _do(self, command: list[str], environment: dict[str, str], account: str = "") -> Done:
        paths = {"CATALOG_ROOT": str(self.served.root), "PYTHONPATH": str(PROJECT)}
        variables = {**os.environ, **self.served.environment(account), **paths, **environment}
        return subprocess.run(
            command,
            env=variables,
            cwd=self.served.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The organization is open and the hub's foundation stands; its build runs as the role ci."""
    with serve(copy_repository(tmp_path_factory.mktemp("aws")), "--empty") as served:
        company = Company(served)
        company.run(commands("Once per organization"), MANAGEMENT)
        for region in REGIONS:
            company.client(HUB, "s3", region).create_bucket(
                Bucket=f"example-cfn-{region}", CreateBucketConfiguration={"LocationConstraint": region}
            )
        company.make_role(HUB, "ci", f"arn:aws:iam::{HUB}:root", {"Action": "sts:AssumeRole", "Resource": "*"})
        company.run(commands("Hub"), HUB)
        yield company


@dataclass(frozen=True)
class Published:
    company: Company
    unasked: Done
    first: Done
    second: Done


@pytest.fixture(scope="module")
def published(hub: Company) -> Published:
    """What publish said: with nobody to ask, then with --yes, then once more."""
    ci = hub.become(HUB, "/ci")
    return Published(
        hub, hub.build(ci, "publish"), hub.build(ci, "publish", "--yes"), hub.build(ci, "publish", "--yes")
    )


@pytest.fixture(scope="module")
def company(published: Published) -> Company:
    """Every spoke has its foundation; people come from Identity Center, of which the emulator has only the roles."""
    company = published.company
    company.run(commands("Spokes"), HUB)
    for account in (DEV, PROD):
        for persona in ("lead", "developer", "repair"):
            name = f"AWSReservedSSO_platform-{persona}_0123456789abcdef"
            # What the page asks of a permission set.
            becomes = {
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Resource": f"arn:aws:iam::*:role/platform-{persona}",
            }
            company.make_role(account, name, f"arn:aws:iam::{account}:root", becomes, path=PERMISSION_SETS)
    return company


def person(company: Company, account: str, persona: str) -> dict[str, str]:
    """Jane's session of a permission set."""
    return company.become(account, f"{PERMISSION_SETS}AWSReservedSSO_platform-{persona}_0123456789abcdef", user="jane")


def may_become(company: Company, account: str, persona: str, **tags: str) -> bool:
    """Whether Jane, with her permission set of that name, gets into the role."""
    keys = person(company, account, persona)
    sts = isolated_session().create_client(
        "sts",
        region_name=REGIONS[0],
        endpoint_url=company.served.url,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
    )
    try:
        sts.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/platform-{persona}",
            RoleSessionName="jane",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    return True


def test_publish_does_nothing_where_nobody_can_say_yes(published: Published) -> None:
    assert published.unasked.returncode == 2
    assert "in hub 111111111111? Nobody is there to answer: say --yes." in published.unasked.stderr
    assert "create portfolio" in published.first.stdout  # so it was not done before


def test_a_build_publishes_as_the_publisher_and_then_has_nothing_to_do(published: Published) -> None:
    assert published.first.returncode == 0, published.first.stderr
    assert "Published to hub 111111111111: " in published.first.stdout
    assert (published.second.returncode, published.second.stdout) == (0, "Nothing to do.\n"), published.second.stderr


def test_credentials_that_are_nobodys_are_told(hub: Company) -> None:
    done = hub.build({"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}, "plan")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "target aws: the credentials are not valid there (InvalidClientTokenId)\n"
        "  → look at them with `aws sts get-caller-identity`, sign in again\n"
    )


def test_who_may_not_become_the_publisher_is_told(hub: Company) -> None:
    done = hub.build({"AWS_ACCESS_KEY_ID": HUB}, "plan")
    assert (done.returncode, done.stdout) == (1, "")
    assert "target aws: account 111111111111 as platform-publisher: access denied to AssumeRole" in done.stderr


def test_the_stack_set_gives_every_spoke_its_foundation_and_the_portfolio(company: Company) -> None:
    told = company.client(HUB, "cloudformation").list_stack_instances(
        StackSetName="platform-spoke", CallAs="DELEGATED_ADMIN"
    )["Summaries"]
    found = {(each["Account"], each["Region"], each["Status"]) for each in told}
    assert found == {(account, region, "CURRENT") for account in SPOKES for region in REGIONS}


def test_the_build_of_a_pull_request_sees_what_publishing_would_do_and_can_do_none_of_it(published: Published) -> None:
    company, planner = published.company, f"arn:aws:iam::{HUB}:role/platform-planner"
    company.make_role(HUB, "reviews", f"arn:aws:iam::{HUB}:root", {"Action": "sts:AssumeRole", "Resource": planner})
    reviews = company.become(HUB, "/reviews")
    planned = company.build(reviews, "plan", "--role", "platform-planner", "--markdown")
    assert (planned.returncode, "Nothing to do." in planned.stdout) == (0, True), planned.stderr
    refused = company.build(reviews, "publish", "--yes")
    assert refused.returncode == 1
    assert f"account {HUB} as platform-publisher: access denied to AssumeRole" in refused.stderr
    with pytest.raises(ClientError, match="AccessDenied"):
        session = isolated_session()
        given = company.client(HUB, "sts").assume_role(RoleArn=planner, RoleSessionName="reviews")["Credentials"]
        session.create_client(
            "servicecatalog",
            region_name=REGIONS[0],
            endpoint_url=company.served.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        ).create_portfolio(DisplayName="Mine", ProviderName="Me", IdempotencyToken="mine")


def test_import_wants_a_role_in_each_spoke_and_finds_what_the_stack_set_did(company: Company) -> None:
    ci = company.become(HUB, "/ci")
    refused = company.build(ci, "import", "--account", DEV, "--yes")
    assert refused.returncode == 1
    assert "account 222222222221 as OrganizationAccountAccessRole: access denied to AssumeRole" in refused.stderr
    reads = {"Action": ["servicecatalog:List*", "iam:GetRole", "ssm:GetParameters"], "Resource": "*"}
    company.make_role(DEV, "for-imports", f"arn:aws:iam::{HUB}:role/ci", reads)
    done = company.build(ci, "import", "--account", DEV, "--role", "for-imports")
    assert (done.returncode, done.stdout) == (0, "Nothing to do.\n"), done.stderr


def test_a_lead_launches_and_terminates(company: Company) -> None:
    jane = person(company, DEV, "lead")
    what = ("launch", "studio-domain", "--account", DEV, "--example", "defaults")
    launched = company.build(jane, *what)
    assert (launched.returncode, "ProductVersion" in launched.stdout) == (0, True), launched.stderr
    assert company.build(jane, *what, "--terminate", "--yes").returncode == 0


def test_a_developer_is_nobody_else(company: Company) -> None:
    assert may_become(company, DEV, "developer", user="jane")
    assert not may_become(company, DEV, "developer", user="bob")
    assert not may_become(company, DEV, "developer")


def test_a_repair_engineer_is_one_in_the_approved_account_only_and_its_leads_keep_their_portfolio(
    company: Company,
) -> None:
    assert not may_become(company, PROD, "repair")
    company.run(commands("People"), HUB)
    assert may_become(company, PROD, "repair")
    assert not may_become(company, DEV, "repair")
    lead = company.client(PROD, "servicecatalog")
    (portfolio,) = lead.list_accepted_portfolio_shares(PortfolioShareType="AWS_ORGANIZATIONS")["PortfolioDetails"]
    principals = lead.list_principals_for_portfolio(PortfolioId=portfolio["Id"])["Principals"]
    assert [each["PrincipalARN"] for each in principals] == [f"arn:aws:iam::{PROD}:role/platform-lead"]
