"""Launch, update, terminate: as the lead's role, with the launch role of the launching account."""

from __future__ import annotations

import pytest

from harness.emulator import clock
from tests.unit.emulator.servicecatalog.accounts import token
from tests.unit.emulator.servicecatalog.offers import BROKEN, SIZED, Offer


def test_a_launch_makes_a_stack_in_the_spoke_with_its_launch_role(offer: Offer) -> None:
    record = offer.record(offer.launch(Tags=[{"Key": "team", "Value": "credit"}]))
    assert record["Status"] == "SUCCEEDED"
    assert record["LaunchRoleArn"] == f"arn:aws:iam::{offer.spoke.id}:role/launch"
    stack = offer.stack()
    assert record["Outputs"] == {"Name": "one", "CloudformationStackARN": stack["StackId"]}
    assert stack["StackName"] == f"SC-{offer.spoke.id}-{record['ProvisionedProductId']}"
    assert stack["RoleARN"] == record["LaunchRoleArn"]
    shown = offer.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["LastSuccessfulProvisioningRecordId"]) == ("AVAILABLE", record["RecordId"])
    tags = {each["Key"]: each["Value"] for each in stack["Tags"]}
    assert tags == {
        "team": "credit",
        "aws:servicecatalog:productArn": f"arn:aws:catalog:eu-west-1:{offer.hub.id}:product/{offer.product}",
        "aws:servicecatalog:portfolioArn": (f"arn:aws:catalog:eu-west-1:{offer.hub.id}:portfolio/{offer.portfolio}"),
        "aws:servicecatalog:provisionedProductArn": shown["Arn"],
        "aws:servicecatalog:provisioningArtifactIdentifier": offer.artifact,
        "aws:servicecatalog:provisioningPrincipalArn": (
            f"arn:aws:sts::{offer.spoke.id}:assumed-role/platform-lead/jane"
        ),
    }
    assert offer.hub.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_launch_is_under_change_until_its_record_is_done(offer: Offer) -> None:
    client = offer.lead.client()
    with clock.latency_of(0.3):
        made = client.provision_product(
            ProductId=offer.product,
            ProvisioningArtifactId=offer.artifact,
            ProvisionedProductName="mine",
            ProvisionToken=token(),
        )["RecordDetail"]
        assert (made["Status"], made["RecordType"]) == ("CREATED", "PROVISION_PRODUCT")
        assert offer.record(made["RecordId"])["Status"] == "IN_PROGRESS"
        assert offer.status() == "UNDER_CHANGE"
        with pytest.raises(client.exceptions.InvalidParametersException, match="UNDER_CHANGE"):
            offer.update()
        clock.sleep_until(clock.due())
    assert offer.record(made["RecordId"])["Status"] == "SUCCEEDED"
    assert offer.status() == "AVAILABLE"


def test_a_stack_that_fails_is_rolled_back_and_the_reason_is_in_the_record(offer: Offer) -> None:
    broken = offer.hub.version(offer.product, "2.0.0", BROKEN)
    record = offer.record(offer.launch(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    assert "Colour" in record["RecordErrors"][0]["Description"]
    assert offer.status() == "ERROR"
    offer.terminate()
    with pytest.raises(offer.lead.client().exceptions.ResourceNotFoundException):
        offer.status()


def test_a_parameter_that_is_not_allowed_fails_the_launch(offer: Offer) -> None:
    record = offer.record(offer.launch(ProvisioningParameters=[{"Key": "Name", "Value": "four"}]))
    assert record["Status"] == "FAILED"
    assert "Name" in record["RecordErrors"][0]["Description"]


def test_an_update_changes_version_and_parameters_in_place(offer: Offer) -> None:
    offer.launch(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    before = offer.stack()["StackId"]
    newer = offer.hub.version(offer.product, "1.1.0", SIZED + "  Version: {Value: 1.1.0}\n")
    record = offer.record(
        offer.update(ProvisioningArtifactId=newer, ProvisioningParameters=[{"Key": "Name", "UsePreviousValue": True}])
    )
    assert (record["Status"], record["RecordType"]) == ("SUCCEEDED", "UPDATE_PROVISIONED_PRODUCT")
    assert record["Outputs"] == {"Name": "two", "Version": "1.1.0", "CloudformationStackARN": before}
    shown = offer.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["ProvisioningArtifactId"]) == ("AVAILABLE", newer)


def test_an_update_that_fails_leaves_the_old_version_and_a_tainted_product(offer: Offer) -> None:
    offer.launch()
    broken = offer.hub.version(offer.product, "2.0.0", SIZED.replace("DisplayName", "Colour"))
    record = offer.record(offer.update(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    shown = offer.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["ProvisioningArtifactId"]) == ("TAINTED", offer.artifact)
    assert shown["StatusMessage"]
    offer.update(ProvisioningParameters=[{"Key": "Name", "Value": "three"}])
    assert offer.status() == "AVAILABLE"


def test_an_update_to_the_same_again_succeeds(offer: Offer) -> None:
    offer.launch()
    assert offer.record(offer.update())["Status"] == "SUCCEEDED"


def test_termination_removes_the_stack_and_needs_no_path(offer: Offer) -> None:
    offer.launch()
    offer.hub.client().delete_portfolio_share(PortfolioId=offer.portfolio, AccountId=offer.spoke.id)
    with pytest.raises(offer.lead.client().exceptions.ResourceNotFoundException):
        offer.update()
    record = offer.record(offer.terminate())
    assert (record["Status"], record["RecordType"]) == ("SUCCEEDED", "TERMINATE_PROVISIONED_PRODUCT")
    assert offer.lead.client().scan_provisioned_products()["ProvisionedProducts"] == []
    assert offer.spoke.client("cloudformation").describe_stacks()["Stacks"] == []


def test_an_inactive_version_takes_no_launch_and_no_update(offer: Offer) -> None:
    client = offer.lead.client()
    offer.launch()
    newer = offer.hub.version(offer.product, "1.1.0")
    offer.hub.client().update_provisioning_artifact(ProductId=offer.product, ProvisioningArtifactId=newer, Active=False)
    with pytest.raises(client.exceptions.InvalidParametersException, match="not active"):
        offer.launch(ProvisioningArtifactId=newer, ProvisionedProductName="other")
    with pytest.raises(client.exceptions.InvalidParametersException, match="not active"):
        offer.update(ProvisioningArtifactId=newer)


def test_a_deprecated_version_takes_updates_but_no_launches(offer: Offer) -> None:
    client = offer.lead.client()
    offer.launch()
    offer.hub.client().update_provisioning_artifact(
        ProductId=offer.product, ProvisioningArtifactId=offer.artifact, Guidance="DEPRECATED"
    )
    with pytest.raises(client.exceptions.InvalidParametersException, match="deprecated"):
        offer.launch(ProvisionedProductName="other")
    record = offer.record(offer.update(ProvisioningParameters=[{"Key": "Name", "Value": "two"}]))
    assert record["Status"] == "SUCCEEDED"


def test_the_rules_of_a_template_constraint_decide_a_launch(offer: Offer) -> None:
    rule = {
        "Assertions": [
            {"Assert": {"Fn::Contains": [["one", "two"], {"Ref": "Name"}]}, "AssertDescription": "Only small ones"}
        ]
    }
    offer.hub.constrain(offer.portfolio, offer.product, "TEMPLATE", {"Rules": {"Small": rule}})
    refused = offer.record(offer.launch(ProvisioningParameters=[{"Key": "Name", "Value": "three"}]))
    assert refused["Status"] == "FAILED"
    assert "Only small ones" in refused["RecordErrors"][0]["Description"]
    offer.terminate()
    allowed = offer.record(offer.launch(ProvisioningParameters=[{"Key": "Name", "Value": "two"}]))
    assert allowed["Status"] == "SUCCEEDED"


def test_the_topics_of_a_notification_constraint_go_to_the_stack(offer: Offer) -> None:
    topic = offer.spoke.client("sns").create_topic(Name="launches")["TopicArn"]
    offer.hub.constrain(offer.portfolio, offer.product, "NOTIFICATION", {"NotificationArns": [topic]})
    offer.launch()
    assert offer.stack()["NotificationARNs"] == [topic]


def test_an_update_that_the_stack_rolls_back_taints_the_product(offer: Offer) -> None:
    offer.launch()
    missing = "  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {PolicyDocument: {}, Topics: [!Ref Topic], X: 1}}\n"
    broken = offer.hub.version(offer.product, "2.0.0", SIZED.replace("Outputs:", missing + "Outputs:"))
    record = offer.record(offer.update(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    assert "Policy" in record["RecordErrors"][0]["Description"]
    assert offer.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert offer.status() == "TAINTED"


def test_errors_of_a_termination_can_be_ignored(offer: Offer) -> None:
    offer.launch()
    offer.spoke.client("cloudformation").update_termination_protection(
        StackName=offer.stack()["StackName"], EnableTerminationProtection=True
    )
    refused = offer.record(offer.terminate())
    assert refused["Status"] == "FAILED"
    assert "TerminationProtection" in refused["RecordErrors"][0]["Description"]
    assert offer.record(offer.terminate(IgnoreErrors=True))["Status"] == "SUCCEEDED"
    assert offer.lead.client().scan_provisioned_products()["ProvisionedProducts"] == []
