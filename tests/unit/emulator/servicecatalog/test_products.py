"""Products and their versions as the administrator sees them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.emulator import clock
from tests.unit.emulator.servicecatalog.accounts import REGION, TOPIC, Account, token, version


def _names(client: object, product: str) -> list[str]:
    shown = client.list_provisioning_artifacts(ProductId=product)  # type: ignore[attr-defined]
    return [each["Name"] for each in shown["ProvisioningArtifactDetails"]]


def test_a_product_is_creating_before_it_is_available(hub: Account) -> None:
    client = hub.client()
    with clock.latency_of(0.2):
        product, artifact = hub.product()
        detail = client.describe_product_as_admin(Id=product)["ProductViewDetail"]
        assert detail["Status"] == "CREATING"
        shown = client.describe_provisioning_artifact(ProductId=product, ProvisioningArtifactId=artifact)
        assert shown["Status"] == "CREATING"
        clock.sleep_until(clock.due())
    detail = client.describe_product_as_admin(Id=product)["ProductViewDetail"]
    assert detail["Status"] == "AVAILABLE"
    assert detail["ProductARN"] == f"arn:aws:catalog:{REGION}:{hub.id}:product/{product}"


def test_of_parallel_versions_only_the_first_survives(hub: Account) -> None:
    client = hub.client()
    product, _ = hub.product()
    with clock.latency_of(0.3):
        hub.version(product, "1.1.0")
        lost = hub.version(product, "1.2.0")
        accepted = client.describe_provisioning_artifact(ProductId=product, ProvisioningArtifactId=lost)
        assert accepted["Status"] == "CREATING"
        clock.sleep_until(clock.due())
    assert _names(client, product) == ["1.0.0", "1.1.0"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_provisioning_artifact(ProductId=product, ProvisioningArtifactId=lost)


def test_version_names_are_not_unique_and_hold_no_spaces(hub: Account) -> None:
    client = hub.client()
    product, _ = hub.product()
    hub.version(product, "1.0.0")
    assert _names(client, product) == ["1.0.0", "1.0.0"]
    with pytest.raises(client.exceptions.InvalidParametersException, match="spaces"):
        hub.version(product, "1.1.0 beta")
    with pytest.raises(client.exceptions.InvalidParametersException, match=r"2 provisioning artifacts .* 1\.0\.0"):
        client.describe_provisioning_artifact(ProductId=product, ProvisioningArtifactName="1.0.0")


def test_a_product_keeps_at_least_one_version(hub: Account) -> None:
    client = hub.client()
    product, first = hub.product()
    hub.version(product, "1.1.0")
    client.delete_provisioning_artifact(ProductId=product, ProvisioningArtifactId=first)
    (last,) = client.list_provisioning_artifacts(ProductId=product)["ProvisioningArtifactDetails"]
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_provisioning_artifact(ProductId=product, ProvisioningArtifactId=last["Id"])


def test_a_version_that_will_not_survive_does_not_count_as_the_last_one(hub: Account) -> None:
    product, first = hub.product()
    client = hub.client()
    with clock.latency_of(5):
        second = hub.version(product, "1.1.0")
        hub.version(product, "1.2.0")
        client.delete_provisioning_artifact(ProductId=product, ProvisioningArtifactId=first)
        with pytest.raises(client.exceptions.ResourceInUseException):
            client.delete_provisioning_artifact(ProductId=product, ProvisioningArtifactId=second)


def test_guidance_and_activity_are_set_after_creation_and_seen_in_one_listing(hub: Account) -> None:
    client = hub.client()
    product, artifact = hub.product()
    client.update_provisioning_artifact(
        ProductId=product, ProvisioningArtifactId=artifact, Active=False, Guidance="DEPRECATED"
    )
    (shown,) = client.list_provisioning_artifacts(ProductId=product)["ProvisioningArtifactDetails"]
    assert (shown["Active"], shown["Guidance"]) == (False, "DEPRECATED")


def test_a_hundred_versions_a_product_and_no_more(hub: Account) -> None:
    client = hub.client()
    product, _ = hub.product()
    url = hub.template()
    for number in range(99):
        client.create_provisioning_artifact(
            ProductId=product, Parameters=version(f"1.0.{number + 1}", url), IdempotencyToken=token()
        )
    with pytest.raises(client.exceptions.LimitExceededException):
        hub.version(product, "2.0.0")
    assert len(_names(client, product)) == 100


@pytest.mark.parametrize("style", ["virtual", "virtual-global", "path", "path-global", "endpoint"])
def test_a_template_is_read_from_every_style_of_url(hub: Account, style: str) -> None:
    hub.template(key="a b.yaml")
    bucket = f"templates-{hub.id}"
    urls = {
        "virtual": f"https://{bucket}.s3.{REGION}.amazonaws.com/a%20b.yaml",
        "virtual-global": f"https://{bucket}.s3.amazonaws.com/a%20b.yaml",
        "path": f"https://s3.{REGION}.amazonaws.com/{bucket}/a%20b.yaml",
        "path-global": f"https://s3.amazonaws.com/{bucket}/a%20b.yaml",
        "endpoint": f"{hub.url}/{bucket}/a%20b.yaml",
    }
    client = hub.client()
    product, _ = hub.product()
    made = client.create_provisioning_artifact(
        ProductId=product, Parameters=version("2.0.0", urls[style]), IdempotencyToken=token()
    )
    assert made["Info"] == {"TemplateUrl": urls[style]}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("Description: nothing in it\n", "Resources"),
        ("Resources: [\n", "not well-formed"),
        ("Resources:\n  Topic:\n    Properties: {}\n", "Type"),
        ("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n# " + "x" * 1024 * 1024, "1 MB"),
    ],
)
def test_a_template_that_is_none_is_refused(hub: Account, body: str, why: str) -> None:
    client = hub.client()
    with pytest.raises(client.exceptions.InvalidParametersException, match=why):
        hub.product(body=body)
    assert client.search_products_as_admin()["ProductViewDetails"] == []


@pytest.mark.parametrize("url", ["https://example.com/a.yaml", "https://s3.amazonaws.com/no-such-bucket-700/a.yaml"])
def test_a_template_that_is_not_in_s3_is_refused(hub: Account, url: str) -> None:
    client = hub.client()
    product, _ = hub.product()
    with pytest.raises(client.exceptions.InvalidParametersException, match="Invalid TemplateURL"):
        client.create_provisioning_artifact(
            ProductId=product, Parameters=version("2.0.0", url), IdempotencyToken=token()
        )


def test_the_parameters_of_a_version_are_shown(hub: Account) -> None:
    template = {
        "Parameters": {"Size": {"Type": "Number", "Default": 3, "MinValue": 1, "Description": "How many"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    product, artifact = hub.product(body=json.dumps(template))
    shown = hub.client().describe_provisioning_artifact(
        ProductId=product, ProvisioningArtifactId=artifact, IncludeProvisioningArtifactParameters=True
    )
    assert shown["ProvisioningArtifactParameters"] == [
        {
            "ParameterKey": "Size",
            "DefaultValue": "3",
            "ParameterType": "Number",
            "IsNoEcho": False,
            "Description": "How many",
            "ParameterConstraints": {"AllowedValues": [], "MinValue": "1"},
        }
    ]


def test_a_product_is_changed_and_found_by_name_and_tag(hub: Account) -> None:
    client = hub.client()
    product, _ = hub.product("studio-domain")
    hub.product("emr-cluster")
    client.update_product(
        Id=product, Description="Studio for a team", AddTags=[{"Key": "platform:product", "Value": "studio-domain"}]
    )
    shown = client.describe_product_as_admin(Name="studio-domain")
    assert shown["Tags"] == [{"Key": "platform:product", "Value": "studio-domain"}]
    found = client.search_products_as_admin(Filters={"FullTextSearch": ["studio team"]})
    assert [each["ProductViewSummary"]["ProductId"] for each in found["ProductViewDetails"]] == [product]
    ordered = client.search_products_as_admin(SortBy="Title", SortOrder="ASCENDING")
    names = [each["ProductViewSummary"]["Name"] for each in ordered["ProductViewDetails"]]
    assert names == ["emr-cluster", "studio-domain"]


def test_products_that_are_not_cloudformation_are_refused_clearly(hub: Account) -> None:
    client = hub.client()
    with pytest.raises(client.exceptions.OperationNotSupportedException, match="TERRAFORM_CLOUD"):
        client.create_product(Name="a", Owner="b", ProductType="TERRAFORM_CLOUD", IdempotencyToken=token())


def test_a_product_is_copied_asynchronously_with_its_versions_and_tags(hub: Account) -> None:
    client = hub.client()
    product, first = hub.product()
    hub.version(product, "1.1.0", TOPIC + "# two\n")
    client.update_product(Id=product, AddTags=[{"Key": "team", "Value": "a"}])
    arn = client.describe_product_as_admin(Id=product)["ProductViewDetail"]["ProductARN"]
    with clock.latency_of(0.2):
        copying = client.copy_product(
            SourceProductArn=arn,
            TargetProductName="copy",
            SourceProvisioningArtifactIdentifiers=[{"Id": first}],
            CopyOptions=["CopyTags"],
            IdempotencyToken=token(),
        )["CopyProductToken"]
        assert client.describe_copy_product_status(CopyProductToken=copying)["CopyProductStatus"] == "IN_PROGRESS"
        clock.sleep_until(clock.due())
    done = client.describe_copy_product_status(CopyProductToken=copying)
    assert done["CopyProductStatus"] == "SUCCEEDED"
    shown = client.describe_product_as_admin(Id=done["TargetProductId"])
    assert shown["ProductViewDetail"]["ProductViewSummary"]["Name"] == "copy"
    assert shown["Tags"] == [{"Key": "team", "Value": "a"}]
    assert _names(client, done["TargetProductId"]) == ["1.0.0"]


def test_what_is_made_in_one_region_is_not_in_another(hub: Account) -> None:
    hub.product()
    elsewhere = hub.client(region="eu-central-1")
    assert elsewhere.search_products_as_admin()["ProductViewDetails"] == []
    made = elsewhere.create_portfolio(DisplayName="ml", ProviderName="platform", IdempotencyToken=token())
    assert ":eu-central-1:" in made["PortfolioDetail"]["ARN"]
    assert hub.client().list_portfolios()["PortfolioDetails"] == []


def test_requests_with_one_token_at_the_same_time_make_one_thing(hub: Account) -> None:
    url, client = hub.template(), hub.client()
    product, _ = hub.product()

    def create(_: int) -> str:
        made = client.create_provisioning_artifact(
            ProductId=product, Parameters=version("1.1.0", url), IdempotencyToken="same"
        )
        return str(made["ProvisioningArtifactDetail"]["Id"])

    with clock.latency_of(0.2), ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(create, range(4)))) == 1
        clock.sleep_until(clock.due())
    assert _names(client, product) == ["1.0.0", "1.1.0"]
