"""What is known of launches: names, tags, outputs, owners, history."""

from __future__ import annotations

import pytest

from tests.unit.emulator.servicecatalog.accounts import TOPIC, Account, token
from tests.unit.emulator.servicecatalog.offers import Offer


def test_tags_change_only_where_a_constraint_allows_it(offer: Offer) -> None:
    client = offer.lead.client()
    offer.launch(Tags=[{"Key": "team", "Value": "credit"}])
    fraud = [{"Key": "team", "Value": "fraud"}]
    with pytest.raises(client.exceptions.InvalidParametersException, match="RESOURCE_UPDATE"):
        offer.update(Tags=fraud)
    offer.hub.constrain(
        offer.portfolio,
        offer.product,
        "RESOURCE_UPDATE",
        {"Version": "2.0", "Properties": {"TagUpdateOnProvisionedProduct": "ALLOWED"}},
    )
    offer.update(Tags=fraud)
    assert {"Key": "team", "Value": "fraud"} in offer.stack()["Tags"]


def test_tag_options_become_tags_of_a_launch(offer: Offer) -> None:
    hub, lead = offer.hub.client(), offer.lead.client()
    hub.update_portfolio_share(PortfolioId=offer.portfolio, AccountId=offer.spoke.id, ShareTagOptions=True)
    for key, value in (("cost", "ml"), ("team", "credit"), ("team", "fraud")):
        option = hub.create_tag_option(Key=key, Value=value)["TagOptionDetail"]["Id"]
        hub.associate_tag_option_with_resource(ResourceId=offer.portfolio, TagOptionId=option)
    with pytest.raises(lead.exceptions.InvalidParametersException, match="team is required"):
        offer.launch()
    with pytest.raises(lead.exceptions.InvalidParametersException, match="Invalid value x for tag team"):
        offer.launch(Tags=[{"Key": "team", "Value": "x"}])
    record = offer.record(offer.launch(Tags=[{"Key": "team", "Value": "fraud"}]))
    assert record["RecordTags"] == [{"Key": "team", "Value": "fraud"}, {"Key": "cost", "Value": "ml"}]
    assert {"Key": "cost", "Value": "ml"} in offer.stack()["Tags"]


def test_a_name_is_taken_once_and_a_repeated_token_launches_once(offer: Offer) -> None:
    client = offer.lead.client()
    request = {
        "ProductId": offer.product,
        "ProvisioningArtifactId": offer.artifact,
        "ProvisionedProductName": "mine",
    }
    first = client.provision_product(**request, ProvisionToken="once")["RecordDetail"]
    assert client.provision_product(**request, ProvisionToken="once")["RecordDetail"] == first
    with pytest.raises(client.exceptions.DuplicateResourceException):
        client.provision_product(**request, ProvisionToken="twice")


def test_outputs_are_read_by_key(offer: Offer) -> None:
    client = offer.lead.client()
    offer.launch()
    shown = client.get_provisioned_product_outputs(ProvisionedProductName="mine", OutputKeys=["Name"])
    assert shown["Outputs"] == [{"OutputKey": "Name", "OutputValue": "one"}]
    assert len(client.get_provisioned_product_outputs(ProvisionedProductName="mine")["Outputs"]) == 2
    with pytest.raises(client.exceptions.InvalidParametersException, match="Colour"):
        client.get_provisioned_product_outputs(ProvisionedProductName="mine", OutputKeys=["Colour"])


def test_each_access_level_sees_its_own(offer: Offer) -> None:
    offer.launch()
    joe = offer.spoke.person("platform-lead", session="joe")

    def seen(who: Account, level: str) -> int:
        level_filter = {"Key": level, "Value": "self"}
        return len(who.client().scan_provisioned_products(AccessLevelFilter=level_filter)["ProvisionedProducts"])

    levels = ("User", "Role", "Account")
    assert [seen(offer.lead, level) for level in levels] == [1, 1, 1]
    assert [seen(joe, level) for level in levels] == [0, 1, 1]
    assert [seen(offer.spoke, level) for level in levels] == [0, 0, 1]


def test_provisioned_products_are_searched_by_field_tag_and_text(offer: Offer) -> None:
    offer.launch(Tags=[{"Key": "team", "Value": "credit"}])

    def found(*queries: str) -> int:
        shown = offer.lead.client().search_provisioned_products(Filters={"SearchQuery": list(queries)})
        assert shown["TotalResultsCount"] == len(shown["ProvisionedProducts"])
        return int(shown["TotalResultsCount"])

    for query in ("name:mine", "status:AVAILABLE", f"productId:{offer.product}", "name:mi*", "tags:team:credit"):
        assert found(query) == 1, query
    assert found("studio-domain") == 1
    assert found("name:mine", "status:ERROR") == 0
    assert (found("name:m*e"), found("name:[m]ine"), found("name:min?")) == (1, 0, 0)


def test_the_owner_and_the_launch_role_are_changed_by_properties(offer: Offer) -> None:
    offer.launch()
    joe = offer.spoke.person("platform-lead", session="joe")
    client = joe.client()
    (mine,) = offer.lead.client().scan_provisioned_products()["ProvisionedProducts"]
    role = offer.spoke.role("launch-2")
    changed = client.update_provisioned_product_properties(
        ProvisionedProductId=mine["Id"],
        ProvisionedProductProperties={
            "OWNER": f"arn:aws:sts::{offer.spoke.id}:assumed-role/platform-lead/joe",
            "LAUNCH_ROLE": role,
        },
        IdempotencyToken=token(),
    )
    assert offer.record(changed["RecordId"])["Status"] == "SUCCEEDED"
    (shown,) = client.scan_provisioned_products()["ProvisionedProducts"]
    assert shown["LaunchRoleArn"] == role
    offer.spoke.allow("launch-2")
    updated = offer.record(offer.update(ProvisioningParameters=[{"Key": "Name", "Value": "two"}]))
    assert (updated["Status"], updated["LaunchRoleArn"]) == ("SUCCEEDED", role)
    for properties, why in (
        ({"LAUNCH_ROLE": role + "-3"}, "does not exist"),
        ({"LAUNCH_ROLE": "launch-2"}, "is not the ARN of a role"),
        ({"OWNER": f"someone of :{offer.spoke.id}:"}, "is no user, role or session"),
        ({"OWNER": f"arn:aws:iam::{offer.hub.id}:role/lead"}, "is no user, role or session"),
    ):
        with pytest.raises(client.exceptions.InvalidParametersException, match=why):
            client.update_provisioned_product_properties(
                ProvisionedProductId=mine["Id"], ProvisionedProductProperties=properties, IdempotencyToken=token()
            )


def test_the_history_tells_all_that_was_asked(offer: Offer) -> None:
    offer.launch()
    offer.update(ProvisioningParameters=[{"Key": "Name", "Value": "two"}])
    offer.terminate()
    client = offer.lead.client()
    shown = client.list_record_history(SearchFilter={"Key": "product", "Value": offer.product})["RecordDetails"]
    assert [each["RecordType"] for each in shown] == [
        "TERMINATE_PROVISIONED_PRODUCT",
        "UPDATE_PROVISIONED_PRODUCT",
        "PROVISION_PRODUCT",
    ]
    assert client.list_record_history(SearchFilter={"Key": "product", "Value": "prod-other"})["RecordDetails"] == []


def test_stack_sets_are_refused_clearly(offer: Offer) -> None:
    with pytest.raises(offer.lead.client().exceptions.ClientError, match="ProvisioningPreferences"):
        offer.launch(ProvisioningPreferences={"StackSetRegions": ["eu-west-1"]})


def test_a_version_is_made_from_a_stack(offer: Offer) -> None:
    offer.launch()
    client = offer.spoke.client()
    product, _ = offer.spoke.product("copy", TOPIC)
    made = client.create_provisioning_artifact(
        ProductId=product,
        Parameters={"Name": "2.0.0", "Info": {"ImportFromPhysicalId": offer.stack()["StackId"]}},
        IdempotencyToken=token(),
    )
    shown = client.describe_provisioning_artifact(
        ProductId=product,
        ProvisioningArtifactId=made["ProvisioningArtifactDetail"]["Id"],
        IncludeProvisioningArtifactParameters=True,
    )
    assert [each["ParameterKey"] for each in shown["ProvisioningArtifactParameters"]] == ["Name"]


def test_a_tag_option_conflict_marks_the_launch_and_does_not_block_it(offer: Offer) -> None:
    hub = offer.hub.client()
    hub.update_portfolio_share(PortfolioId=offer.portfolio, AccountId=offer.spoke.id, ShareTagOptions=True)
    for resource, value in ((offer.portfolio, "credit"), (offer.product, "fraud")):
        option = hub.create_tag_option(Key="team", Value=value)["TagOptionDetail"]["Id"]
        hub.associate_tag_option_with_resource(ResourceId=resource, TagOptionId=option)
    record = offer.record(offer.launch())
    assert record["Status"] == "SUCCEEDED"
    conflict = f"sc-tagoption-conflict-{offer.portfolio}-{offer.product}"
    assert record["RecordTags"] == [{"Key": conflict, "Value": "team"}]


def test_a_launch_takes_fifty_tags_and_no_more(offer: Offer) -> None:
    tags = [{"Key": f"key-{number}", "Value": "v"} for number in range(51)]
    client = offer.lead.client(validate=False)
    with pytest.raises(client.exceptions.ClientError, match="at most 50, got 51"):
        client.provision_product(
            ProductId=offer.product,
            ProvisioningArtifactId=offer.artifact,
            ProvisionedProductName="mine",
            ProvisionToken=token(),
            Tags=tags,
        )
    assert offer.record(offer.launch(Tags=tags[:50]))["Status"] == "SUCCEEDED"
    assert {each["Key"] for each in offer.stack()["Tags"]} >= {each["Key"] for each in tags[:50]}
