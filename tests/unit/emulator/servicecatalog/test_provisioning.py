"""Launch, update, terminate: as the lead's role, with the launch role of the launching account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from harness.emulator import clock
from harness.emulator.servicecatalog.launchrole import trusts_service
from tests.unit.emulator.servicecatalog.accounts import TOPIC, TRUST, Account, token

SIZED = """
Parameters:
  Name: {Type: String, Default: one, AllowedValues: [one, two, three]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Name}}
Outputs:
  Name: {Value: !Ref Name}
"""
BROKEN = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Colour: red}, DependsOn: Topic}
"""


@dataclass(frozen=True)
class Landscape:
    """A hub whose portfolio a spoke imported, with a product that the spoke's lead may launch."""

    hub: Account
    spoke: Account
    lead: Account
    portfolio: str
    product: str
    artifact: str

    def launch(self, who: Account | None = None, **more: Any) -> str:
        """The id of the record."""
        request = {"ProvisioningArtifactId": self.artifact, "ProvisionedProductName": "mine", **more}
        client = (who or self.lead).client()
        made = client.provision_product(ProductId=self.product, ProvisionToken=token(), **request)
        return str(made["RecordDetail"]["RecordId"])

    def update(self, **more: Any) -> str:
        """The id of the record."""
        made = self.lead.client().update_provisioned_product(ProvisionedProductName="mine", UpdateToken=token(), **more)
        return str(made["RecordDetail"]["RecordId"])

    def terminate(self, **more: Any) -> str:
        """The id of the record."""
        made = self.lead.client().terminate_provisioned_product(
            ProvisionedProductName="mine", TerminateToken=token(), **more
        )
        return str(made["RecordDetail"]["RecordId"])

    def record(self, identifier: str) -> dict[str, Any]:
        """The record, with its outputs as a mapping under "Outputs"."""
        shown = self.lead.client().describe_record(Id=identifier)
        outputs = {each["OutputKey"]: each["OutputValue"] for each in shown["RecordOutputs"]}
        return {**shown["RecordDetail"], "Outputs": outputs}

    def status(self) -> str:
        """The status of the provisioned product."""
        shown = self.lead.client().describe_provisioned_product(Name="mine")
        return str(shown["ProvisionedProductDetail"]["Status"])

    def stack(self) -> dict[str, Any]:
        """The one stack of the spoke."""
        (found,) = self.spoke.client("cloudformation").describe_stacks()["Stacks"]
        return dict(found)


@pytest.fixture
def landscape(hub: Account, spoke: Account) -> Landscape:
    """A product with one version, constrained to a launch role that both accounts have."""
    portfolio = hub.portfolio()
    product, artifact = hub.product(body=SIZED)
    hub.offer(product, portfolio)
    hub.role("launch")
    spoke.role("launch")
    spoke.allow("launch")
    hub.constrain(portfolio, product, "LAUNCH", {"LocalRoleName": "launch"})
    hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    spoke.client().accept_portfolio_share(PortfolioId=portfolio)
    lead = spoke.person("platform-lead")
    spoke.client().associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=lead.arn, PrincipalType="IAM")
    return Landscape(hub, spoke, lead, portfolio, product, artifact)


def test_a_launch_makes_a_stack_in_the_spoke_with_its_launch_role(landscape: Landscape) -> None:
    record = landscape.record(landscape.launch(Tags=[{"Key": "team", "Value": "credit"}]))
    assert record["Status"] == "SUCCEEDED"
    assert record["LaunchRoleArn"] == f"arn:aws:iam::{landscape.spoke.id}:role/launch"
    stack = landscape.stack()
    assert record["Outputs"] == {"Name": "one", "CloudformationStackARN": stack["StackId"]}
    assert stack["StackName"] == f"SC-{landscape.spoke.id}-{record['ProvisionedProductId']}"
    assert stack["RoleARN"] == record["LaunchRoleArn"]
    shown = landscape.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["LastSuccessfulProvisioningRecordId"]) == ("AVAILABLE", record["RecordId"])
    tags = {each["Key"]: each["Value"] for each in stack["Tags"]}
    assert tags == {
        "team": "credit",
        "aws:servicecatalog:productArn": f"arn:aws:catalog:eu-west-1:{landscape.hub.id}:product/{landscape.product}",
        "aws:servicecatalog:portfolioArn": (
            f"arn:aws:catalog:eu-west-1:{landscape.hub.id}:portfolio/{landscape.portfolio}"
        ),
        "aws:servicecatalog:provisionedProductArn": shown["Arn"],
        "aws:servicecatalog:provisioningArtifactIdentifier": landscape.artifact,
        "aws:servicecatalog:provisioningPrincipalArn": (
            f"arn:aws:sts::{landscape.spoke.id}:assumed-role/platform-lead/jane"
        ),
    }
    assert landscape.hub.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_launch_is_under_change_until_its_record_is_done(landscape: Landscape) -> None:
    client = landscape.lead.client()
    with clock.latency_of(0.3):
        made = client.provision_product(
            ProductId=landscape.product,
            ProvisioningArtifactId=landscape.artifact,
            ProvisionedProductName="mine",
            ProvisionToken=token(),
        )["RecordDetail"]
        assert (made["Status"], made["RecordType"]) == ("CREATED", "PROVISION_PRODUCT")
        assert landscape.record(made["RecordId"])["Status"] == "IN_PROGRESS"
        assert landscape.status() == "UNDER_CHANGE"
        with pytest.raises(client.exceptions.InvalidParametersException, match="UNDER_CHANGE"):
            landscape.update()
        clock.sleep_until(clock.due())
    assert landscape.record(made["RecordId"])["Status"] == "SUCCEEDED"
    assert landscape.status() == "AVAILABLE"


@pytest.mark.parametrize(
    ("trust", "why"),
    [
        (None, "it does not exist"),
        ({"Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}, "trust policy"),
        ({"Statement": [{**TRUST["Statement"][0], "Action": "sts:TagSession"}]}, "trust policy"),
        ({"Statement": [TRUST["Statement"][0], {**TRUST["Statement"][0], "Effect": "Deny"}]}, "trust policy"),
    ],
)
def test_a_launch_role_that_cannot_be_assumed_fails_the_launch(
    landscape: Landscape, trust: dict[str, Any] | None, why: str
) -> None:
    iam = landscape.spoke.client("iam")
    iam.delete_role_policy(RoleName="launch", PolicyName="all")
    iam.delete_role(RoleName="launch")
    if trust is not None:
        landscape.spoke.role("launch", {"Version": "2012-10-17", **trust})
    record = landscape.record(landscape.launch())
    assert record["Status"] == "FAILED"
    (error,) = record["RecordErrors"]
    assert error["Code"] == "AccessDeniedException"
    assert f"arn:aws:iam::{landscape.spoke.id}:role/launch" in error["Description"]
    assert why in error["Description"]
    assert landscape.status() == "ERROR"
    assert landscape.spoke.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_launch_role_that_may_not_make_what_the_template_says_fails_the_launch(landscape: Landscape) -> None:
    landscape.spoke.client("iam").delete_role_policy(RoleName="launch", PolicyName="all")
    record = landscape.record(landscape.launch())
    assert record["Status"] == "FAILED"
    session = f"arn:aws:sts::{landscape.spoke.id}:assumed-role/launch/servicecatalog"
    events = landscape.spoke.client("cloudformation").describe_stack_events(StackName=landscape.stack()["StackId"])
    (reason,) = [
        each["ResourceStatusReason"] for each in events["StackEvents"] if each["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert f"User: {session} is not authorized to perform: sns:CreateTopic" in reason
    assert "because no identity-based policy allows the sns:CreateTopic action" in reason
    assert "(HandlerErrorCode: AccessDenied)" in reason


def test_a_role_of_the_hub_does_not_launch_in_a_spoke(landscape: Landscape) -> None:
    client = landscape.hub.client()
    (constraint,) = client.list_constraints_for_portfolio(PortfolioId=landscape.portfolio)["ConstraintDetails"]
    pinned = {"RoleArn": f"arn:aws:iam::{landscape.hub.id}:role/launch"}
    client.update_constraint(Id=constraint["ConstraintId"], Parameters=json.dumps(pinned))
    record = landscape.record(landscape.launch())
    assert record["Status"] == "FAILED"
    assert f"not a role of account {landscape.spoke.id}" in record["RecordErrors"][0]["Description"]


def test_nobody_but_a_principal_of_the_portfolio_launches(landscape: Landscape) -> None:
    for stranger in (landscape.spoke.person("platform-developer"), landscape.spoke):
        with pytest.raises(stranger.client().exceptions.ResourceNotFoundException):
            landscape.launch(stranger)


def test_a_stack_that_fails_is_rolled_back_and_the_reason_is_in_the_record(landscape: Landscape) -> None:
    broken = landscape.hub.version(landscape.product, "2.0.0", BROKEN)
    record = landscape.record(landscape.launch(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    assert "Colour" in record["RecordErrors"][0]["Description"]
    assert landscape.status() == "ERROR"
    landscape.terminate()
    with pytest.raises(landscape.lead.client().exceptions.ResourceNotFoundException):
        landscape.status()


def test_a_parameter_that_is_not_allowed_fails_the_launch(landscape: Landscape) -> None:
    record = landscape.record(landscape.launch(ProvisioningParameters=[{"Key": "Name", "Value": "four"}]))
    assert record["Status"] == "FAILED"
    assert "Name" in record["RecordErrors"][0]["Description"]


def test_an_update_changes_version_and_parameters_in_place(landscape: Landscape) -> None:
    landscape.launch(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    before = landscape.stack()["StackId"]
    newer = landscape.hub.version(landscape.product, "1.1.0", SIZED + "  Version: {Value: 1.1.0}\n")
    record = landscape.record(
        landscape.update(
            ProvisioningArtifactId=newer, ProvisioningParameters=[{"Key": "Name", "UsePreviousValue": True}]
        )
    )
    assert (record["Status"], record["RecordType"]) == ("SUCCEEDED", "UPDATE_PROVISIONED_PRODUCT")
    assert record["Outputs"] == {"Name": "two", "Version": "1.1.0", "CloudformationStackARN": before}
    shown = landscape.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["ProvisioningArtifactId"]) == ("AVAILABLE", newer)


def test_an_update_that_fails_leaves_the_old_version_and_a_tainted_product(landscape: Landscape) -> None:
    landscape.launch()
    broken = landscape.hub.version(landscape.product, "2.0.0", SIZED.replace("DisplayName", "Colour"))
    record = landscape.record(landscape.update(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    shown = landscape.lead.client().describe_provisioned_product(Name="mine")["ProvisionedProductDetail"]
    assert (shown["Status"], shown["ProvisioningArtifactId"]) == ("TAINTED", landscape.artifact)
    assert shown["StatusMessage"]
    landscape.update(ProvisioningParameters=[{"Key": "Name", "Value": "three"}])
    assert landscape.status() == "AVAILABLE"


def test_an_update_to_the_same_again_succeeds(landscape: Landscape) -> None:
    landscape.launch()
    assert landscape.record(landscape.update())["Status"] == "SUCCEEDED"


def test_termination_removes_the_stack_and_needs_no_path(landscape: Landscape) -> None:
    landscape.launch()
    landscape.hub.client().delete_portfolio_share(PortfolioId=landscape.portfolio, AccountId=landscape.spoke.id)
    with pytest.raises(landscape.lead.client().exceptions.ResourceNotFoundException):
        landscape.update()
    record = landscape.record(landscape.terminate())
    assert (record["Status"], record["RecordType"]) == ("SUCCEEDED", "TERMINATE_PROVISIONED_PRODUCT")
    assert landscape.lead.client().scan_provisioned_products()["ProvisionedProducts"] == []
    assert landscape.spoke.client("cloudformation").describe_stacks()["Stacks"] == []


def test_termination_fails_without_its_launch_role_unless_resources_stay(landscape: Landscape) -> None:
    landscape.launch()
    iam = landscape.spoke.client("iam")
    iam.delete_role_policy(RoleName="launch", PolicyName="all")
    iam.delete_role(RoleName="launch")
    assert landscape.record(landscape.terminate())["Status"] == "FAILED"
    assert landscape.status() == "TAINTED"
    assert landscape.record(landscape.terminate(RetainPhysicalResources=True))["Status"] == "SUCCEEDED"
    assert landscape.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_an_inactive_version_takes_no_launch_and_no_update(landscape: Landscape) -> None:
    client = landscape.lead.client()
    landscape.launch()
    newer = landscape.hub.version(landscape.product, "1.1.0")
    landscape.hub.client().update_provisioning_artifact(
        ProductId=landscape.product, ProvisioningArtifactId=newer, Active=False
    )
    with pytest.raises(client.exceptions.InvalidParametersException, match="not active"):
        landscape.launch(ProvisioningArtifactId=newer, ProvisionedProductName="other")
    with pytest.raises(client.exceptions.InvalidParametersException, match="not active"):
        landscape.update(ProvisioningArtifactId=newer)


def test_a_deprecated_version_takes_updates_but_no_launches(landscape: Landscape) -> None:
    client = landscape.lead.client()
    landscape.launch()
    landscape.hub.client().update_provisioning_artifact(
        ProductId=landscape.product, ProvisioningArtifactId=landscape.artifact, Guidance="DEPRECATED"
    )
    with pytest.raises(client.exceptions.InvalidParametersException, match="deprecated"):
        landscape.launch(ProvisionedProductName="other")
    record = landscape.record(landscape.update(ProvisioningParameters=[{"Key": "Name", "Value": "two"}]))
    assert record["Status"] == "SUCCEEDED"


def test_a_launch_without_a_launch_constraint_acts_with_the_callers_own_rights(hub: Account) -> None:
    lead, portfolio = hub.person("lead"), hub.portfolio()
    product, artifact = hub.product()
    hub.offer(product, portfolio, lead.arn)
    landscape = Landscape(hub, hub, lead, portfolio, product, artifact)
    record = landscape.record(landscape.launch())
    assert record["Status"] == "SUCCEEDED"
    assert "LaunchRoleArn" not in record
    assert "RoleARN" not in landscape.stack()


def test_the_rules_of_a_template_constraint_decide_a_launch(landscape: Landscape) -> None:
    rule = {
        "Assertions": [
            {"Assert": {"Fn::Contains": [["one", "two"], {"Ref": "Name"}]}, "AssertDescription": "Only small ones"}
        ]
    }
    landscape.hub.constrain(landscape.portfolio, landscape.product, "TEMPLATE", {"Rules": {"Small": rule}})
    refused = landscape.record(landscape.launch(ProvisioningParameters=[{"Key": "Name", "Value": "three"}]))
    assert refused["Status"] == "FAILED"
    assert "Only small ones" in refused["RecordErrors"][0]["Description"]
    landscape.terminate()
    allowed = landscape.record(landscape.launch(ProvisioningParameters=[{"Key": "Name", "Value": "two"}]))
    assert allowed["Status"] == "SUCCEEDED"


def test_the_topics_of_a_notification_constraint_go_to_the_stack(landscape: Landscape) -> None:
    topic = landscape.spoke.client("sns").create_topic(Name="launches")["TopicArn"]
    landscape.hub.constrain(landscape.portfolio, landscape.product, "NOTIFICATION", {"NotificationArns": [topic]})
    landscape.launch()
    assert landscape.stack()["NotificationARNs"] == [topic]


def test_tags_change_only_where_a_constraint_allows_it(landscape: Landscape) -> None:
    client = landscape.lead.client()
    landscape.launch(Tags=[{"Key": "team", "Value": "credit"}])
    fraud = [{"Key": "team", "Value": "fraud"}]
    with pytest.raises(client.exceptions.InvalidParametersException, match="RESOURCE_UPDATE"):
        landscape.update(Tags=fraud)
    landscape.hub.constrain(
        landscape.portfolio,
        landscape.product,
        "RESOURCE_UPDATE",
        {"Version": "2.0", "Properties": {"TagUpdateOnProvisionedProduct": "ALLOWED"}},
    )
    landscape.update(Tags=fraud)
    assert {"Key": "team", "Value": "fraud"} in landscape.stack()["Tags"]


def test_tag_options_become_tags_of_a_launch(landscape: Landscape) -> None:
    hub, lead = landscape.hub.client(), landscape.lead.client()
    hub.update_portfolio_share(PortfolioId=landscape.portfolio, AccountId=landscape.spoke.id, ShareTagOptions=True)
    for key, value in (("cost", "ml"), ("team", "credit"), ("team", "fraud")):
        option = hub.create_tag_option(Key=key, Value=value)["TagOptionDetail"]["Id"]
        hub.associate_tag_option_with_resource(ResourceId=landscape.portfolio, TagOptionId=option)
    with pytest.raises(lead.exceptions.InvalidParametersException, match="team is required"):
        landscape.launch()
    with pytest.raises(lead.exceptions.InvalidParametersException, match="Invalid value x for tag team"):
        landscape.launch(Tags=[{"Key": "team", "Value": "x"}])
    record = landscape.record(landscape.launch(Tags=[{"Key": "team", "Value": "fraud"}]))
    assert record["RecordTags"] == [{"Key": "team", "Value": "fraud"}, {"Key": "cost", "Value": "ml"}]
    assert {"Key": "cost", "Value": "ml"} in landscape.stack()["Tags"]


def test_a_name_is_taken_once_and_a_repeated_token_launches_once(landscape: Landscape) -> None:
    client = landscape.lead.client()
    request = {
        "ProductId": landscape.product,
        "ProvisioningArtifactId": landscape.artifact,
        "ProvisionedProductName": "mine",
    }
    first = client.provision_product(**request, ProvisionToken="once")["RecordDetail"]
    assert client.provision_product(**request, ProvisionToken="once")["RecordDetail"] == first
    with pytest.raises(client.exceptions.DuplicateResourceException):
        client.provision_product(**request, ProvisionToken="twice")


def test_outputs_are_read_by_key(landscape: Landscape) -> None:
    client = landscape.lead.client()
    landscape.launch()
    shown = client.get_provisioned_product_outputs(ProvisionedProductName="mine", OutputKeys=["Name"])
    assert shown["Outputs"] == [{"OutputKey": "Name", "OutputValue": "one"}]
    assert len(client.get_provisioned_product_outputs(ProvisionedProductName="mine")["Outputs"]) == 2
    with pytest.raises(client.exceptions.InvalidParametersException, match="Colour"):
        client.get_provisioned_product_outputs(ProvisionedProductName="mine", OutputKeys=["Colour"])


def test_each_access_level_sees_its_own(landscape: Landscape) -> None:
    landscape.launch()
    joe = landscape.spoke.person("platform-lead", session="joe")

    def seen(who: Account, level: str) -> int:
        level_filter = {"Key": level, "Value": "self"}
        return len(who.client().scan_provisioned_products(AccessLevelFilter=level_filter)["ProvisionedProducts"])

    levels = ("User", "Role", "Account")
    assert [seen(landscape.lead, level) for level in levels] == [1, 1, 1]
    assert [seen(joe, level) for level in levels] == [0, 1, 1]
    assert [seen(landscape.spoke, level) for level in levels] == [0, 0, 1]


def test_provisioned_products_are_searched_by_field_tag_and_text(landscape: Landscape) -> None:
    landscape.launch(Tags=[{"Key": "team", "Value": "credit"}])

    def found(*queries: str) -> int:
        shown = landscape.lead.client().search_provisioned_products(Filters={"SearchQuery": list(queries)})
        assert shown["TotalResultsCount"] == len(shown["ProvisionedProducts"])
        return int(shown["TotalResultsCount"])

    for query in ("name:mine", "status:AVAILABLE", f"productId:{landscape.product}", "name:mi*", "tags:team:credit"):
        assert found(query) == 1, query
    assert found("studio-domain") == 1
    assert found("name:mine", "status:ERROR") == 0


def test_the_owner_and_the_launch_role_are_changed_by_properties(landscape: Landscape) -> None:
    landscape.launch()
    joe = landscape.spoke.person("platform-lead", session="joe")
    client = joe.client()
    (mine,) = landscape.lead.client().scan_provisioned_products()["ProvisionedProducts"]
    role = landscape.spoke.role("launch-2")
    changed = client.update_provisioned_product_properties(
        ProvisionedProductId=mine["Id"],
        ProvisionedProductProperties={
            "OWNER": f"arn:aws:sts::{landscape.spoke.id}:assumed-role/platform-lead/joe",
            "LAUNCH_ROLE": role,
        },
        IdempotencyToken=token(),
    )
    assert landscape.record(changed["RecordId"])["Status"] == "SUCCEEDED"
    (shown,) = client.scan_provisioned_products()["ProvisionedProducts"]
    assert shown["LaunchRoleArn"] == role
    with pytest.raises(client.exceptions.InvalidParametersException, match="does not exist"):
        client.update_provisioned_product_properties(
            ProvisionedProductId=mine["Id"],
            ProvisionedProductProperties={"LAUNCH_ROLE": role + "-3"},
            IdempotencyToken=token(),
        )


def test_the_history_tells_all_that_was_asked(landscape: Landscape) -> None:
    landscape.launch()
    landscape.update(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    landscape.terminate()
    client = landscape.lead.client()
    shown = client.list_record_history(SearchFilter={"Key": "product", "Value": landscape.product})["RecordDetails"]
    assert [each["RecordType"] for each in shown] == [
        "TERMINATE_PROVISIONED_PRODUCT",
        "UPDATE_PROVISIONED_PRODUCT",
        "PROVISION_PRODUCT",
    ]
    assert client.list_record_history(SearchFilter={"Key": "product", "Value": "prod-other"})["RecordDetails"] == []


def test_stack_sets_are_refused_clearly(landscape: Landscape) -> None:
    with pytest.raises(landscape.lead.client().exceptions.ClientError, match="ProvisioningPreferences"):
        landscape.launch(ProvisioningPreferences={"StackSetRegions": ["eu-west-1"]})


def test_a_version_is_made_from_a_stack(landscape: Landscape) -> None:
    landscape.launch()
    client = landscape.spoke.client()
    product, _ = landscape.spoke.product("copy", TOPIC)
    made = client.create_provisioning_artifact(
        ProductId=product,
        Parameters={"Name": "2.0.0", "Info": {"ImportFromPhysicalId": landscape.stack()["StackId"]}},
        IdempotencyToken=token(),
    )
    shown = client.describe_provisioning_artifact(
        ProductId=product,
        ProvisioningArtifactId=made["ProvisioningArtifactDetail"]["Id"],
        IncludeProvisioningArtifactParameters=True,
    )
    assert [each["ParameterKey"] for each in shown["ProvisioningArtifactParameters"]] == ["Name"]


def test_an_update_that_the_stack_rolls_back_taints_the_product(landscape: Landscape) -> None:
    landscape.launch()
    missing = "  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {PolicyDocument: {}, Topics: [!Ref Topic], X: 1}}\n"
    broken = landscape.hub.version(landscape.product, "2.0.0", SIZED.replace("Outputs:", missing + "Outputs:"))
    record = landscape.record(landscape.update(ProvisioningArtifactId=broken))
    assert record["Status"] == "FAILED"
    assert "Policy" in record["RecordErrors"][0]["Description"]
    assert landscape.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert landscape.status() == "TAINTED"


def test_errors_of_a_termination_can_be_ignored(landscape: Landscape) -> None:
    landscape.launch()
    landscape.spoke.client("cloudformation").update_termination_protection(
        StackName=landscape.stack()["StackName"], EnableTerminationProtection=True
    )
    refused = landscape.record(landscape.terminate())
    assert refused["Status"] == "FAILED"
    assert "TerminationProtection" in refused["RecordErrors"][0]["Description"]
    assert landscape.record(landscape.terminate(IgnoreErrors=True))["Status"] == "SUCCEEDED"
    assert landscape.lead.client().scan_provisioned_products()["ProvisionedProducts"] == []


def test_a_tag_option_conflict_marks_the_launch_and_does_not_block_it(landscape: Landscape) -> None:
    hub = landscape.hub.client()
    hub.update_portfolio_share(PortfolioId=landscape.portfolio, AccountId=landscape.spoke.id, ShareTagOptions=True)
    for resource, value in ((landscape.portfolio, "credit"), (landscape.product, "fraud")):
        option = hub.create_tag_option(Key="team", Value=value)["TagOptionDetail"]["Id"]
        hub.associate_tag_option_with_resource(ResourceId=resource, TagOptionId=option)
    record = landscape.record(landscape.launch())
    assert record["Status"] == "SUCCEEDED"
    conflict = f"sc-tagoption-conflict-{landscape.portfolio}-{landscape.product}"
    assert record["RecordTags"] == [{"Key": conflict, "Value": "team"}]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": ["111111111111", "222222222221"]}}, True),
        ({"StringLike": {"aws:SourceAccount": "2222*"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, False),
        ({"StringEquals": {"aws:SourceArn": "*"}}, False),
    ],
)
def test_conditions_of_a_trust_policy_are_held_against_the_launching_account(
    condition: dict[str, Any], expected: bool
) -> None:
    policy = {"Statement": {**TRUST["Statement"][0], "Condition": condition}}
    assert trusts_service(policy, "222222222221") is expected
