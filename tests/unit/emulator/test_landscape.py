"""The landscape of this very repository's content, laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.catalog.load import Repository, load_repository
from harness.emulator import identity, organization
from harness.emulator.accounts import forget_accounts
from harness.emulator.clients import administrator
from harness.emulator.landscape import local_landscape
from harness.emulator.server import Emulator
from tests.support.served import copy_repository
from tests.unit.emulator.conftest import Tenant

pytestmark = pytest.mark.unmeasured


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    # A copy: a landscape that somebody serves for the project itself is not the one to test.
    return load_repository(copy_repository(tmp_path_factory.mktemp("landscape")))


@pytest.fixture(scope="module")
def landscape(repository: Repository) -> Iterator[Emulator]:
    with local_landscape(repository) as emulator:
        yield emulator


def spokes(repository: Repository) -> list[str]:
    return [account for team in repository.catalog.landscape.teams for account in team.accounts.values()]


def test_every_account_has_its_foundation_in_every_region(repository: Repository, landscape: Emulator) -> None:
    catalog = repository.catalog
    for account in [catalog.landscape.hub.account, *spokes(repository)]:
        for region in catalog.regions:
            stacks = administrator("cloudformation", account, region, landscape.url).describe_stacks()["Stacks"]
            assert [each["StackStatus"] for each in stacks] == ["CREATE_COMPLETE"]


def test_a_spoke_has_its_five_personas_and_its_contract(repository: Repository, landscape: Emulator) -> None:
    catalog = repository.catalog
    for account in spokes(repository):
        iam = administrator("iam", account, catalog.home_region, landscape.url)
        roles = {each["RoleName"] for each in iam.list_roles()["Roles"]}
        assert {f"platform-{each}" for each in ("lead", "developer", "approver", "support", "repair")} <= roles
        for region in catalog.regions:
            ssm = administrator("ssm", account, region, landscape.url)
            vpc = ssm.get_parameter(Name="/platform/network/vpc-id")["Parameter"]["Value"]
            ec2 = administrator("ec2", account, region, landscape.url)
            assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]


def test_the_hub_has_an_artifact_bucket_in_every_region(repository: Repository, landscape: Emulator) -> None:
    hub = repository.catalog.landscape.hub.account
    names = {each["Name"] for each in administrator("s3", hub, "eu-west-1", landscape.url).list_buckets()["Buckets"]}
    assert {f"platform-artifacts-{hub}-{region}" for region in repository.catalog.regions} <= names


def test_a_stack_tells_which_of_its_types_are_real(repository: Repository, landscape: Emulator) -> None:
    region, spoke = repository.catalog.home_region, spokes(repository)[0]
    cloudformation = administrator("cloudformation", spoke, region, landscape.url)
    stack = cloudformation.describe_stacks()["Stacks"][0]["StackId"]
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    told = {each["ResourceType"]: each["Description"] for each in resources}
    assert {each.partition(",")[0] for each in told.values()} <= {"native", "schema-only"}
    for real in ("AWS::EC2::VPC", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::SSM::Parameter"):
        assert told[real].partition(",")[0] == "native"


def test_forgotten_accounts_are_empty_and_others_are_not(tenant: Tenant, new_tenant: Callable[[], Tenant]) -> None:
    other = new_tenant()
    for each in (tenant, other):
        each.client("sqs").create_queue(QueueName="mine")
        each.client("s3").create_bucket(
            Bucket=f"kept-{each.id}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    organization.seed(f"o-test{tenant.id}", tenant.id, {}, {})
    forget_accounts([tenant.id])
    assert "QueueUrls" not in tenant.client("sqs").list_queues()
    assert "QueueUrls" in other.client("sqs").list_queues()
    assert organization.organization_of(tenant.id) == ""
    other.client("s3").create_bucket(
        Bucket=f"kept-{tenant.id}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def test_credentials_of_a_forgotten_account_are_nobodys(tenant: Tenant, new_tenant: Callable[[], Tenant]) -> None:
    other = new_tenant()
    gone, kept = (each.client("sts").get_session_token()["Credentials"] for each in (tenant, other))
    forget_accounts([tenant.id])
    assert identity.caller(kept["AccessKeyId"]).account_id == other.id
    with pytest.raises(identity.UnknownCredentialsError):
        identity.caller(gone["AccessKeyId"])
