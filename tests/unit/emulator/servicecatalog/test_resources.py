"""Stacks that contain Service Catalog resources: what they make is real, what they change and delete too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.emulator.servicecatalog.accounts import TOPIC, Account


def _catalog(hub: Account, spoke: Account, *urls: str, name: str = "ML platform", role: str = "launch") -> str:
    versions = [{"Name": f"{number + 1}.0.0", "Info": {"LoadTemplateFromURL": url}} for number, url in enumerate(urls)]
    product = {"Name": "studio-domain", "Owner": "platform", "ProvisioningArtifactParameters": versions}
    principal = f"arn:aws:iam::{hub.id}:role/lead"

    def resource(kind: str, properties: dict[str, Any], *after: str) -> dict[str, Any]:
        return {"Type": f"AWS::ServiceCatalog::{kind}", "Properties": properties, "DependsOn": list(after)}

    portfolio, prod, option = ({"Ref": each} for each in ("Portfolio", "Product", "Option"))
    pair = {"PortfolioId": portfolio, "ProductId": prod}
    rules = json.dumps({"Any": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "a"]}}]}})
    return json.dumps(
        {
            "Resources": {
                "Portfolio": resource("Portfolio", {"DisplayName": name, "ProviderName": "platform"}),
                "Product": resource("CloudFormationProduct", product),
                "Offer": resource("PortfolioProductAssociation", pair),
                "Lead": resource(
                    "PortfolioPrincipalAssociation",
                    {"PortfolioId": portfolio, "PrincipalARN": principal, "PrincipalType": "IAM"},
                ),
                "Launch": resource("LaunchRoleConstraint", {**pair, "LocalRoleName": role}, "Offer"),
                "Rules": resource("LaunchTemplateConstraint", {**pair, "Rules": rules}, "Offer"),
                "Tags": resource(
                    "ResourceUpdateConstraint", {**pair, "TagUpdateOnProvisionedProduct": "ALLOWED"}, "Offer"
                ),
                "Share": resource("PortfolioShare", {"PortfolioId": portfolio, "AccountId": spoke.id}),
                "Option": resource("TagOption", {"Key": "team", "Value": "credit"}),
                "Choice": resource("TagOptionAssociation", {"TagOptionId": option, "ResourceId": portfolio}),
            },
            "Outputs": {
                "Portfolio": {"Value": portfolio},
                "Product": {"Value": prod},
                "Versions": {"Value": {"Fn::GetAtt": ["Product", "ProvisioningArtifactIds"]}},
                "Name": {"Value": {"Fn::GetAtt": ["Portfolio", "PortfolioName"]}},
            },
        }
    )


def _stack(account: Account, name: str = "hub") -> tuple[str, dict[str, str]]:
    (shown,) = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return shown["StackStatus"], {each["OutputKey"]: each["OutputValue"] for each in shown.get("Outputs", ())}


def test_a_stack_makes_a_catalogue_that_a_spokes_stack_imports_and_its_lead_sees(hub: Account, spoke: Account) -> None:
    hub.role("launch")
    hub.role("lead")
    url = hub.template(TOPIC)
    hub.client("cloudformation").create_stack(StackName="hub", TemplateBody=_catalog(hub, spoke, url, url))
    status, outputs = _stack(hub)
    assert status == "CREATE_COMPLETE"
    assert outputs["Name"] == "ML platform"
    listed = hub.client().list_provisioning_artifacts(ProductId=outputs["Product"])["ProvisioningArtifactDetails"]
    assert [each["Id"] for each in listed] == outputs["Versions"].split(",")
    assert [each["Name"] for each in listed] == ["1.0.0", "2.0.0"]
    lead = spoke.person("lead")
    accept = {
        "Share": {
            "Type": "AWS::ServiceCatalog::AcceptedPortfolioShare",
            "Properties": {"PortfolioId": outputs["Portfolio"]},
        },
        "Lead": {
            "Type": "AWS::ServiceCatalog::PortfolioPrincipalAssociation",
            "DependsOn": "Share",
            "Properties": {
                "PortfolioId": outputs["Portfolio"],
                "PrincipalARN": lead.arn,
                "PrincipalType": "IAM",
            },
        },
    }
    cloudformation = spoke.client("cloudformation")
    cloudformation.create_stack(StackName="spoke", TemplateBody=json.dumps({"Resources": accept}))
    assert _stack(spoke, "spoke")[0] == "CREATE_COMPLETE"
    (path,) = lead.client().list_launch_paths(ProductId=outputs["Product"])["LaunchPathSummaries"]
    assert {each["Type"] for each in path["ConstraintSummaries"]} == {"LAUNCH", "TEMPLATE", "RESOURCE_UPDATE"}
    cloudformation.delete_stack(StackName="spoke")
    assert lead.client().search_products()["ProductViewSummaries"] == []


def test_an_update_changes_the_catalogue_in_place_and_a_deletion_leaves_nothing(hub: Account, spoke: Account) -> None:
    hub.role("launch")
    hub.role("launch-2")
    hub.role("lead")
    first, second = hub.template(TOPIC), hub.template(TOPIC + "# again\n")
    cloudformation, client = hub.client("cloudformation"), hub.client()
    cloudformation.create_stack(StackName="hub", TemplateBody=_catalog(hub, spoke, first))
    before = _stack(hub)[1]
    changed = _catalog(hub, spoke, second, first, name="Machine learning", role="launch-2")
    cloudformation.update_stack(StackName="hub", TemplateBody=changed)
    status, after = _stack(hub)
    assert status == "UPDATE_COMPLETE"
    assert (after["Portfolio"], after["Product"]) == (before["Portfolio"], before["Product"])
    assert after["Versions"].split(",")[0] == before["Versions"]
    shown = client.describe_provisioning_artifact(ProductId=after["Product"], ProvisioningArtifactId=before["Versions"])
    assert shown["Info"] == {"TemplateUrl": second}
    assert client.describe_portfolio(Id=after["Portfolio"])["PortfolioDetail"]["DisplayName"] == "Machine learning"
    roles = [
        client.describe_constraint(Id=each["ConstraintId"])["ConstraintParameters"]
        for each in client.list_constraints_for_portfolio(PortfolioId=after["Portfolio"])["ConstraintDetails"]
        if each["Type"] == "LAUNCH"
    ]
    assert roles == ['{"LocalRoleName": "launch-2"}']
    cloudformation.delete_stack(StackName="hub")
    assert client.list_portfolios()["PortfolioDetails"] == []
    assert client.search_products_as_admin()["ProductViewDetails"] == []
    assert client.list_tag_options()["TagOptionDetails"] == []


def test_what_the_service_refuses_fails_the_stack_with_its_message(hub: Account, spoke: Account) -> None:
    hub.role("lead")
    body = _catalog(hub, spoke, hub.template(TOPIC), role="nobody")
    hub.client("cloudformation").create_stack(StackName="hub", TemplateBody=body)
    assert _stack(hub)[0] == "ROLLBACK_COMPLETE"
    events = hub.client("cloudformation").describe_stack_events(StackName="hub")["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert any("role nobody does not exist" in each["ResourceStatusReason"] for each in failed)
    assert hub.client().list_portfolios()["PortfolioDetails"] == []


@pytest.mark.parametrize("kind", ["Portfolio", "TagOption"])
def test_resources_of_the_catalogue_are_native(hub: Account, kind: str) -> None:
    properties = {
        "Portfolio": {"DisplayName": "ml", "ProviderName": "platform"},
        "TagOption": {"Key": "team", "Value": "credit", "Active": False},
    }[kind]
    body = {"Resources": {"One": {"Type": f"AWS::ServiceCatalog::{kind}", "Properties": properties}}}
    hub.client("cloudformation").create_stack(StackName="one", TemplateBody=json.dumps(body))
    made = hub.client("cloudformation").describe_stack_resources(StackName="one")["StackResources"][0]
    if kind == "Portfolio":
        assert hub.client().describe_portfolio(Id=made["PhysicalResourceId"])["PortfolioDetail"]["DisplayName"] == "ml"
    else:
        shown = hub.client().describe_tag_option(Id=made["PhysicalResourceId"])["TagOptionDetail"]
        assert (shown["Value"], shown["Active"]) == ("credit", False)


def test_versions_are_replaced_by_new_ones_where_the_template_says_so(hub: Account, spoke: Account) -> None:
    hub.role("launch")
    hub.role("lead")
    bodies = []
    for url in (hub.template(TOPIC), hub.template(TOPIC + "# again\n")):
        body = json.loads(_catalog(hub, spoke, url))
        body["Resources"]["Product"]["Properties"]["ReplaceProvisioningArtifacts"] = True
        bodies.append(json.dumps(body))
    cloudformation = hub.client("cloudformation")
    cloudformation.create_stack(StackName="hub", TemplateBody=bodies[0])
    before = _stack(hub)[1]
    cloudformation.update_stack(StackName="hub", TemplateBody=bodies[1])
    after = _stack(hub)[1]
    assert after["Product"] == before["Product"]
    assert after["Versions"] != before["Versions"]
    listed = hub.client().list_provisioning_artifacts(ProductId=after["Product"])["ProvisioningArtifactDetails"]
    assert [each["Id"] for each in listed] == [after["Versions"]]
