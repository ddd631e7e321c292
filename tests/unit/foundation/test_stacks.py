"""The foundations as stacks: they deploy in every region, they fit, and they write what the contract promises."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.catalog.render import render_product
from harness.cfn.model import Outcome, StackRequest, StackState, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.support.repository import PROJECT
from tests.support.templates import as_data
from tests.unit.foundation import reading

HUB, DEV, STRANGER = "111111111111", "222222222221", "999999999999"
REGIONS = ("eu-west-1", "eu-central-1")
EVERYWHERE = [(name, region) for name in ("hub", "spoke") for region in REGIONS]
ZONES = {region: tuple(f"{region}{zone}" for zone in "abc") for region in REGIONS}


@functools.cache
def deploy(name: str, region: str, account: str = "", **parameters: str) -> Outcome:
    """What the engine makes of it. `parameters` other than the defaults."""
    request = StackRequest(
        name=f"platform-{name}",
        template=reading.rendered(name).text,
        parameters=parameters,
        capabilities=("CAPABILITY_NAMED_IAM",),
    )
    account = account or (HUB if name == "hub" else DEV)
    return create_stack(request, Surroundings(account, region, zones=ZONES), SchemaProvider())


def deployed(name: str, region: str, **parameters: str) -> StackState:
    return deploy(name, region, **parameters).state


def contract() -> list[dict[str, str]]:
    path = PROJECT / "templates" / "foundation" / "contract.yaml"
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


def written(state: StackState) -> dict[str, str]:
    """Parameter name → value."""
    made = [each.properties for each in state.resources if each.type == "AWS::SSM::Parameter"]
    return {each["Name"]: each["Value"] for each in made}


def letters(document: Any) -> int:
    """Size of a policy as IAM counts it: characters that are not white space."""
    return len("".join(json.dumps(document, ensure_ascii=False).split()))


@pytest.mark.parametrize(("name", "region"), EVERYWHERE)
def test_the_foundation_deploys_with_its_defaults(name: str, region: str) -> None:
    state = deployed(name, region)
    assert (state.status, state.reason) == ("CREATE_COMPLETE", "")
    assert state.output("FoundationVersion")


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_iam_is_made_at_home_and_nowhere_else(name: str) -> None:
    made = {region: {each.type for each in deployed(name, region).resources} for region in REGIONS}
    assert "AWS::IAM::Role" in made["eu-west-1"]
    assert not {kind for kind in made["eu-central-1"] if kind.startswith("AWS::IAM::")}


def test_a_spoke_that_the_catalog_does_not_know_fails_and_says_so() -> None:
    outcome = deploy("spoke", "eu-west-1", STRANGER)
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert any("Accounts" in event.reason and STRANGER in event.reason for event in outcome.events)


def test_three_zones_make_three_subnets() -> None:
    two, three = (deployed("spoke", "eu-west-1", ZoneCount=count) for count in ("2", "3"))
    name = "/platform/network/private-subnet-ids"
    assert len(written(two)[name].split(",")) == 2
    assert len(set(written(three)[name].split(","))) == 3
    assert not [each for each in two.resources if each.logical_id == "Subnet3"]


def test_a_portfolio_is_granted_to_its_principals_once_its_id_is_known() -> None:
    kind = "AWS::ServiceCatalog::PortfolioPrincipalAssociation"
    assert not [each for each in deployed("spoke", "eu-west-1").resources if each.type == kind]
    granted = deployed("spoke", "eu-central-1", MlPlatformPortfolio="port-abcdefghijklm")
    assert [each.properties for each in granted.resources if each.type == kind] == [
        {
            "PortfolioId": "port-abcdefghijklm",
            "PrincipalARN": f"arn:aws:iam::{DEV}:role/platform-lead",
            "PrincipalType": "IAM",
        }
    ]


@pytest.mark.parametrize("region", REGIONS)
def test_a_spoke_writes_the_contract_and_nothing_else(region: str) -> None:
    promised = {each["name"]: each["type"] for each in contract() if each["writer"] == "spoke"}
    made = [each for each in deployed("spoke", region).resources if each.type == "AWS::SSM::Parameter"]
    assert {each.properties["Name"]: each.properties["Type"] for each in made} == promised


@pytest.mark.parametrize("region", REGIONS)
def test_the_hub_writes_its_part_of_the_contract_and_nothing_else(region: str) -> None:
    assert set(written(deployed("hub", region))) == {each["name"] for each in contract() if each.get("also") == "hub"}


@pytest.mark.parametrize("region", REGIONS)
def test_the_contract_holds_what_is_there(region: str) -> None:
    state = deployed("spoke", region)
    values = written(state)
    assert values["/platform/account/environment"] == "dev"
    assert values["/platform/account/team"] == "credit-risk"
    assert values["/platform/hub/account-id"] == HUB
    assert values["/platform/artifacts/bucket"] == written(deployed("hub", region))["/platform/artifacts/bucket"]
    vpc = state.resource("Vpc")
    assert vpc is not None
    assert values["/platform/network/vpc-id"] == vpc.ref
    assert values["/platform/iam/boundary-arn"] == f"arn:aws:iam::{DEV}:policy/platform-boundary"
    assert all(values.values())


def test_the_data_key_opens_for_the_teams_own_accounts_and_the_registry_only() -> None:
    key = deployed("spoke", "eu-west-1").resource("DataKey")
    assert key is not None
    (peers,) = [each for each in key.properties["KeyPolicy"]["Statement"] if each["Sid"] == "PeersReadObjects"]
    team = next(each for each in reading.repository().catalog.landscape.teams if DEV in each.accounts.values())
    assert set(peers["Principal"]["AWS"]) == {*team.accounts.values(), HUB}
    assert peers["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_the_contract_is_complete_and_described() -> None:
    names = [each["name"] for each in contract()]
    assert len(names) == len(set(names))
    products = {each.name for each in reading.repository().products}
    for each in contract():
        assert set(each) <= {"name", "type", "writer", "also", "description"}, each
        assert each["name"].startswith("/platform/")
        assert each["type"] in ("String", "StringList")
        assert each["writer"] in {"spoke", "hub"} | products
        assert each["description"].endswith(".")


@pytest.mark.parametrize("product", [each.name for each in reading.repository().products])
def test_a_product_reads_and_writes_only_what_the_contract_names(product: str) -> None:
    names = {each["name"]: each["writer"] for each in contract()}
    template = as_data(render_product(reading.repository(), product).text)
    for key, parameter in template["Parameters"].items():
        if parameter["Type"].startswith("AWS::SSM::Parameter::"):
            assert parameter["Default"] in names, key
    for key, resource in template["Resources"].items():
        if resource["Type"] == "AWS::SSM::Parameter":
            assert names[resource["Properties"]["Name"]] == product, key


def test_policies_fit_iams_limits() -> None:
    for name in ("hub", "spoke"):
        for each in deployed(name, "eu-west-1").resources:
            if each.type == "AWS::IAM::ManagedPolicy":
                assert letters(each.properties["PolicyDocument"]) <= 6144, each.logical_id
            if each.type == "AWS::IAM::Role":
                inline = sum(letters(policy["PolicyDocument"]) for policy in each.properties["Policies"])
                assert inline <= 10_240, each.logical_id
                assert letters(each.properties["AssumeRolePolicyDocument"]) <= 2048, each.logical_id
                assert len(each.properties["RoleName"]) <= 64


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_the_source_is_yaml_that_any_editor_opens(name: str) -> None:
    path = PROJECT / "templates" / "foundation" / f"{name}.yaml.j2"
    assert yaml.compose(path.read_text(encoding="utf-8")) is not None


def test_templates_fit_what_stack_sets_take_from_a_bucket() -> None:
    for name in ("hub", "spoke"):
        assert len(reading.rendered(name).text.encode()) <= 1_048_576
        assert len(reading.template(name)["Resources"]) <= 500


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_plain_cfn_lint_has_nothing_to_say_in_any_region(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(reading.rendered(name).text, encoding="utf-8")
    # from an empty folder: no configuration of ours is read, no rule is ignored
    command: list[str | Path] = [Path(sys.executable).with_name("cfn-lint"), "-r", *REGIONS, "-t", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_launch_roles_are_in_the_hub_and_where_their_products_are_launched() -> None:
    products = reading.repository().products
    everywhere = {each.launch_role for each in products if not each.for_registry}
    wanted = {"hub": {each.launch_role for each in products}, "spoke": everywhere}
    for name, expected in wanted.items():
        roles = {each["Properties"]["RoleName"] for each in reading.resources(name, "AWS::IAM::Role").values()}
        assert {each for each in roles if each.startswith("platform-launch-")} == expected


def test_nothing_in_a_spoke_leads_to_the_internet() -> None:
    kinds = {each["Type"] for each in reading.template("spoke")["Resources"].values()}
    assert not kinds & {
        "AWS::EC2::EIP",
        "AWS::EC2::EgressOnlyInternetGateway",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::VPCPeeringConnection",
    }


def test_what_holds_data_is_retained_once_it_is_there() -> None:
    """A first deployment that failed leaves nothing behind, above all no name that would stop the next one."""
    for name in ("hub", "spoke"):
        for kind in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::ECR::Repository", "AWS::Logs::LogGroup"):
            for key, each in reading.resources(name, kind).items():
                policies = (each["DeletionPolicy"], each["UpdateReplacePolicy"])
                assert policies == ("RetainExceptOnCreate", "Retain"), key


def test_the_foundations_keys_and_groups_say_whose_they_are() -> None:
    """Launch roles know their own by that tag, leave the foundation's alone, and may not put theirs over it."""
    for name in ("hub", "spoke"):
        for key, each in reading.resources(name, "AWS::KMS::Key").items():
            assert each["Properties"]["Tags"] == [{"Key": "platform:product", "Value": "foundation"}], key
    for key, each in reading.resources("spoke", "AWS::EC2::SecurityGroup").items():
        assert {"Key": "platform:product", "Value": "foundation"} in each["Properties"]["Tags"], key


def test_the_page_for_operators_shows_the_contract_as_it_is() -> None:
    page = (PROJECT / "docs" / "foundations.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:4]]
        for line in page.splitlines()
        if line.startswith("| `/platform/")
    ]
    assert rows == [
        [f"`{each['name']}`", each["type"], ", ".join(filter(None, (each["writer"], each.get("also"))))]
        for each in contract()
    ]


@pytest.mark.parametrize("region", REGIONS)
def test_flow_logs_name_their_group_as_ec2_takes_it(region: str) -> None:
    (flow_log,) = [each for each in deployed("spoke", region).resources if each.type == "AWS::EC2::FlowLog"]
    assert flow_log.properties["LogDestination"] == f"arn:aws:logs:{region}:{DEV}:log-group:/platform/flow-logs"


def test_what_jobs_write_is_encrypted_and_ends() -> None:
    made = [each.properties for each in deployed("spoke", "eu-west-1").resources if each.type == "AWS::Logs::LogGroup"]
    ends = {each["LogGroupName"]: each["RetentionInDays"] for each in made if "key/" in each["KmsKeyId"]}
    kinds = ("ProcessingJobs", "TrainingJobs", "TransformJobs", "studio")
    assert ends == {"/platform/flow-logs": 400, **{f"/aws/sagemaker/{kind}": 400 for kind in kinds}}
