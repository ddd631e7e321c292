"""The catalogue as launchers see it."""

from __future__ import annotations

import json

import pytest

from harness.emulator.servicecatalog.access import matches
from harness.emulator.servicecatalog.model import TagOption
from harness.emulator.servicecatalog.tagoptions import choices
from harness.iam import EVERYTHING
from tests.unit.emulator.servicecatalog.accounts import Account

TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "A topic",
    "Metadata": {"AWS::CloudFormation::Interface": {"ParameterGroups": []}},
    "Parameters": {
        "Kind": {"Type": "String", "AllowedValues": ["a", "b"], "Description": "Which"},
        "Secret": {"Type": "String", "NoEcho": True, "Default": ""},
    },
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"Arn": {"Value": {"Ref": "Topic"}, "Description": "The topic"}},
}


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("arn:aws:iam:::role/platform-lead", "role/platform-lead", True),
        ("arn:aws:iam:::role/platform-lead", "role/platform-leader", False),
        ("arn:aws:iam:::role/*/Lead_?", "role/a/b/Lead_1", True),
        ("arn:aws:iam:::role/*/Lead_?", "role/a/Lead_", True),
        ("arn:aws:iam:::role/*/Lead_?", "role/a/Lead_12", False),
        ("arn:aws:iam:::user/*", "role/jane", False),
    ],
)
def test_a_pattern_matches_as_the_service_says(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, f"arn:aws:iam::123456789012:{name}") is expected


def test_only_a_principal_of_the_portfolio_sees_its_products(hub: Account) -> None:
    lead, other = hub.person("lead"), hub.person("other")
    portfolio = hub.portfolio()
    product, artifact = hub.product()
    hub.offer(product, portfolio, lead.arn)
    (shown,) = lead.client().search_products()["ProductViewSummaries"]
    assert (shown["ProductId"], shown["HasDefaultPath"]) == (product, True)
    described = lead.client().describe_product(Id=product)
    assert [each["Id"] for each in described["ProvisioningArtifacts"]] == [artifact]
    assert [each["Name"] for each in described["LaunchPaths"]] == ["ml-platform"]
    assert lead.client().describe_product_view(Id=shown["Id"])["ProductViewSummary"]["ProductId"] == product
    for stranger in (other.client(), hub.client()):
        assert stranger.search_products()["ProductViewSummaries"] == []
        with pytest.raises(stranger.exceptions.ResourceNotFoundException):
            stranger.describe_product(Id=product)


def test_an_inactive_version_is_hidden_and_a_deprecated_one_is_marked(hub: Account) -> None:
    lead, client = hub.person("lead"), hub.client()
    product, first = hub.product()
    second = hub.version(product, "1.1.0")
    hub.offer(product, hub.portfolio(), lead.arn)
    client.update_provisioning_artifact(ProductId=product, ProvisioningArtifactId=first, Active=False)
    client.update_provisioning_artifact(ProductId=product, ProvisioningArtifactId=second, Guidance="DEPRECATED")
    (shown,) = lead.client().describe_product(Id=product)["ProvisioningArtifacts"]
    assert (shown["Id"], shown["Guidance"]) == (second, "DEPRECATED")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        lead.client().describe_provisioning_parameters(ProductId=product, ProvisioningArtifactId=first)


def test_a_product_in_two_portfolios_has_two_paths_and_no_default(hub: Account) -> None:
    lead = hub.person("lead")
    client = lead.client()
    product, artifact = hub.product()
    for name in ("first", "second"):
        hub.offer(product, hub.portfolio(name), lead.arn)
    (shown,) = client.search_products()["ProductViewSummaries"]
    assert shown["HasDefaultPath"] is False
    paths = client.list_launch_paths(ProductId=product)["LaunchPathSummaries"]
    assert [each["Name"] for each in paths] == ["first", "second"]
    version = {"ProductId": product, "ProvisioningArtifactId": artifact}
    with pytest.raises(client.exceptions.InvalidParametersException, match="PathId"):
        client.describe_provisioning_parameters(**version)
    client.describe_provisioning_parameters(**version, PathId=paths[1]["Id"])
    client.describe_provisioning_parameters(**version, PathName="first")


def test_a_launcher_is_told_all_that_a_launch_needs(hub: Account) -> None:
    lead, client, portfolio = hub.person("lead"), hub.client(), hub.portfolio()
    product, artifact = hub.product(body=json.dumps(TEMPLATE))
    hub.offer(product, portfolio, lead.arn)
    role = hub.role("launch")
    hub.constrain(portfolio, product, "LAUNCH", {"LocalRoleName": "launch"})
    assertion = {"Assert": {"Fn::Equals": [{"Ref": "Kind"}, "a"]}, "AssertDescription": "Only a"}
    hub.constrain(portfolio, product, "TEMPLATE", {"Rules": {"OnlyA": {"Assertions": [assertion]}}})
    hub.constrain(portfolio, product, "RESOURCE_UPDATE", {"Properties": {"TagUpdateOnProvisionedProduct": "ALLOWED"}})
    for value in ("credit", "fraud"):
        option = client.create_tag_option(Key="team", Value=value)["TagOptionDetail"]["Id"]
        client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    shown = lead.client().describe_provisioning_parameters(ProductId=product, ProvisioningArtifactId=artifact)
    kind, secret = shown["ProvisioningArtifactParameters"]
    assert kind["ParameterConstraints"] == {"AllowedValues": ["a", "b"]}
    assert (secret["IsNoEcho"], secret["DefaultValue"]) == (True, "")
    assert [each["Type"] for each in shown["ConstraintSummaries"]] == ["LAUNCH", "TEMPLATE", "RESOURCE_UPDATE"]
    assert shown["TagOptions"] == [{"Key": "team", "Values": ["credit", "fraud"]}]
    assert shown["ProvisioningArtifactOutputs"] == [{"Key": "Arn", "Description": "The topic"}]
    instructions = {each["Type"]: each["Value"] for each in shown["UsageInstructions"]}
    assert instructions["launchAsRole"] == role
    assert instructions["description"] == "A topic"
    assert instructions["tagUpdateOnProvisionedProduct"] == "ALLOWED"
    (rule,) = json.loads(instructions["rules"]).values()
    assert rule["Assertions"] == [assertion]


def test_tag_options_of_portfolio_and_product_meet_in_what_both_allow() -> None:
    def options(*values: str, key: str = "team", active: bool = True) -> list[TagOption]:
        return [TagOption(f"tag-{value}", key, value, "1", active) for value in values]

    assert choices(options("a", "b"), options("b", "c")) == {"team": ["b"]}
    assert choices(options("a"), options("b")) == {"team": []}
    assert choices(options("a"), options("b", key="cost")) == {"team": ["a"], "cost": ["b"]}
    assert choices(options("a", active=False), options("b")) == {"team": ["b"]}


def test_tag_options_are_kept_apart_by_key_and_value(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    made = client.create_tag_option(Key="team", Value="credit")["TagOptionDetail"]
    with pytest.raises(client.exceptions.DuplicateResourceException):
        client.create_tag_option(Key="team", Value="credit")
    client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=made["Id"])
    with pytest.raises(client.exceptions.DuplicateResourceException):
        client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=made["Id"])
    (resource,) = client.list_resources_for_tag_option(TagOptionId=made["Id"])["ResourceDetails"]
    assert (resource["Id"], resource["Name"]) == (portfolio, "ml-platform")
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_tag_option(Id=made["Id"])
    client.update_tag_option(Id=made["Id"], Value="fraud", Active=False)
    assert client.describe_tag_option(Id=made["Id"])["TagOptionDetail"]["Value"] == "fraud"
    assert client.list_tag_options(Filters={"Active": True})["TagOptionDetails"] == []
    client.disassociate_tag_option_from_resource(ResourceId=portfolio, TagOptionId=made["Id"])
    client.delete_tag_option(Id=made["Id"])
    assert client.list_tag_options()["TagOptionDetails"] == []


def test_twenty_five_tag_options_a_resource_and_no_more(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    made = [client.create_tag_option(Key=f"key{number}", Value="v")["TagOptionDetail"]["Id"] for number in range(26)]
    for option in made[:25]:
        client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    with pytest.raises(client.exceptions.LimitExceededException):
        client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=made[25])


def test_a_member_of_a_group_that_is_a_principal_sees_its_products(hub: Account) -> None:
    iam, portfolio = hub.client("iam"), hub.portfolio()
    product, _ = hub.product()
    group = iam.create_group(GroupName="leads")["Group"]["Arn"]
    hub.offer(product, portfolio, group)
    seen = []
    for name in ("jane", "joe"):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        user = Account(hub.id, hub.url, key["AccessKeyId"], key["SecretAccessKey"])
        if name == "jane":
            iam.add_user_to_group(GroupName="leads", UserName=name)
        seen.append(len(user.client().search_products()["ProductViewSummaries"]))
    assert seen == [1, 0]


def test_the_importing_accounts_launch_constraint_goes_before_the_inherited_one(hub: Account, spoke: Account) -> None:
    shared, own = hub.portfolio(), spoke.portfolio("local")
    product, artifact = hub.product()
    for account in (hub, spoke):
        account.role("launch")
    hub.offer(product, shared)
    hub.constrain(shared, product, "LAUNCH", {"LocalRoleName": "launch"})
    hub.client().create_portfolio_share(PortfolioId=shared, AccountId=spoke.id)
    client, lead = spoke.client(), spoke.person("lead")
    client.accept_portfolio_share(PortfolioId=shared)
    client.associate_product_with_portfolio(ProductId=product, PortfolioId=own, SourcePortfolioId=shared)
    client.associate_principal_with_portfolio(PortfolioId=own, PrincipalARN=lead.arn, PrincipalType="IAM")

    def role() -> str:
        shown = lead.client().describe_provisioning_parameters(ProductId=product, ProvisioningArtifactId=artifact)
        return {each["Type"]: each["Value"] for each in shown["UsageInstructions"]}["launchAsRole"]

    assert role() == f"arn:aws:iam::{spoke.id}:role/launch"
    local = spoke.role("local")
    spoke.constrain(own, product, "LAUNCH", {"RoleArn": local})
    assert role() == local
