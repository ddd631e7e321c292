"""Sharing: with accounts and with the organization, accepted or not, and what a recipient has of it."""

from __future__ import annotations

import pytest

from harness.emulator import clock
from tests.unit.emulator.servicecatalog.accounts import Account, Organization, token


def _imported(account: Account, kind: str = "IMPORTED") -> list[str]:
    shown = account.client().list_accepted_portfolio_shares(PortfolioShareType=kind)
    return [each["Id"] for each in shown["PortfolioDetails"]]


def _visible(account: Account, portfolio: str) -> list[str]:
    shown = account.client().search_products_as_admin(PortfolioId=portfolio)
    return [each["ProductViewSummary"]["ProductId"] for each in shown["ProductViewDetails"]]


def _share_with_unit(landscape: Organization, portfolio: str, **flags: bool) -> str:
    node = {"Type": "ORGANIZATIONAL_UNIT", "Value": landscape.unit}
    made = landscape.hub.client().create_portfolio_share(PortfolioId=portfolio, OrganizationNode=node, **flags)
    return str(made["PortfolioShareToken"])


def test_an_account_imports_a_portfolio_by_accepting_it(hub: Account, spoke: Account) -> None:
    portfolio, client = hub.portfolio(), spoke.client()
    hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    assert _imported(spoke) == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        _visible(spoke, portfolio)
    client.accept_portfolio_share(PortfolioId=portfolio)
    assert _imported(spoke) == [portfolio]
    (share,) = hub.client().describe_portfolio_shares(PortfolioId=portfolio, Type="ACCOUNT")["PortfolioShareDetails"]
    assert (share["PrincipalId"], share["Accepted"]) == (spoke.id, True)
    assert hub.client().list_portfolio_access(PortfolioId=portfolio)["AccountIds"] == [spoke.id]
    client.reject_portfolio_share(PortfolioId=portfolio)
    assert _imported(spoke) == []


def test_an_imported_portfolio_is_a_live_reference(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    product, first = hub.product()
    hub.offer(product, portfolio)
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    spoke.client().accept_portfolio_share(PortfolioId=portfolio)
    added = hub.version(product, "1.1.0")
    listed = spoke.client().list_provisioning_artifacts(ProductId=product)["ProvisioningArtifactDetails"]
    assert [each["Id"] for each in listed] == [first, added]
    client.disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio)
    assert _visible(spoke, portfolio) == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        spoke.client().list_provisioning_artifacts(ProductId=product)
    client.delete_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    assert _imported(spoke) == []


def test_what_was_shared_cannot_be_changed_or_shared_on(hub: Account, spoke: Account) -> None:
    portfolio, client = hub.portfolio(), spoke.client()
    product, artifact = hub.product()
    hub.offer(product, portfolio)
    hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    client.accept_portfolio_share(PortfolioId=portfolio)
    with pytest.raises(client.exceptions.InvalidParametersException, match="shared on"):
        client.create_portfolio_share(PortfolioId=portfolio, AccountId="799999999999")
    own = spoke.portfolio()
    client.associate_product_with_portfolio(ProductId=product, PortfolioId=own, SourcePortfolioId=portfolio)
    assert _visible(spoke, own) == [product]
    with pytest.raises(client.exceptions.InvalidParametersException, match="shared product"):
        client.create_portfolio_share(PortfolioId=own, AccountId="799999999999")
    for refused in (
        lambda: client.delete_portfolio(Id=portfolio),
        lambda: client.delete_product(Id=product),
        lambda: client.update_portfolio(Id=portfolio, DisplayName="mine"),
        lambda: client.delete_provisioning_artifact(ProductId=product, ProvisioningArtifactId=artifact),
    ):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            refused()
    hub.client().disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio)
    assert _visible(spoke, own) == []


def test_an_existing_share_is_left_alone_and_its_flags_change_by_update(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    for flag in (False, True):
        client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id, ShareTagOptions=flag)
    (share,) = client.describe_portfolio_shares(PortfolioId=portfolio, Type="ACCOUNT")["PortfolioShareDetails"]
    assert share["ShareTagOptions"] is False
    assert client.update_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id, ShareTagOptions=True)["Status"] == (
        "COMPLETED"
    )
    (share,) = client.describe_portfolio_shares(PortfolioId=portfolio, Type="ACCOUNT")["PortfolioShareDetails"]
    assert (share["ShareTagOptions"], share["SharePrincipals"]) == (True, False)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.update_portfolio_share(PortfolioId=portfolio, AccountId="799999999999", ShareTagOptions=True)


def test_a_unit_imports_without_accepting_and_accounts_outside_it_do_not(landscape: Organization) -> None:
    client, portfolio = landscape.hub.client(), landscape.hub.portfolio()
    with clock.latency_of(1.5):  # long enough to look twice before it is over, on a busy machine too
        token = _share_with_unit(landscape, portfolio)
        assert client.describe_portfolio_share_status(PortfolioShareToken=token)["Status"] == "IN_PROGRESS"
        assert _imported(landscape.spokes[0], "AWS_ORGANIZATIONS") == []
        clock.sleep_until(clock.due())
    done = client.describe_portfolio_share_status(PortfolioShareToken=token)
    assert (done["Status"], done["OrganizationNodeValue"]) == ("COMPLETED", landscape.unit)
    assert done["ShareDetails"] == {"SuccessfulShares": [each.id for each in landscape.spokes], "ShareErrors": []}
    for each in landscape.spokes:
        assert _imported(each, "AWS_ORGANIZATIONS") == [portfolio]
        assert _imported(each) == []
        assert _visible(each, portfolio) == []
    assert _imported(landscape.management, "AWS_ORGANIZATIONS") == []
    (share,) = client.describe_portfolio_shares(PortfolioId=portfolio, Type="ORGANIZATIONAL_UNIT")[
        "PortfolioShareDetails"
    ]
    assert (share["PrincipalId"], share["Accepted"]) == (landscape.unit, True)


def test_accepting_an_organization_share_as_an_imported_one_finds_nothing(landscape: Organization) -> None:
    portfolio, client = landscape.hub.portfolio(), landscape.spokes[0].client()
    _share_with_unit(landscape, portfolio)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.accept_portfolio_share(PortfolioId=portfolio)
    client.accept_portfolio_share(PortfolioId=portfolio, PortfolioShareType="AWS_ORGANIZATIONS")


@pytest.mark.parametrize("kind", ["ORGANIZATION", "ACCOUNT"])
def test_the_organization_or_one_member_of_it_can_be_shared_with(landscape: Organization, kind: str) -> None:
    client, portfolio = landscape.hub.client(), landscape.hub.portfolio()
    member = landscape.spokes[1]
    value = landscape.id if kind == "ORGANIZATION" else member.id
    client.create_portfolio_share(PortfolioId=portfolio, OrganizationNode={"Type": kind, "Value": value})
    assert _imported(member, "AWS_ORGANIZATIONS") == [portfolio]
    assert _imported(landscape.spokes[0], "AWS_ORGANIZATIONS") == ([portfolio] if kind == "ORGANIZATION" else [])
    nodes = client.list_organization_portfolio_access(PortfolioId=portfolio, OrganizationNodeType=kind)
    assert nodes["OrganizationNodes"] == [{"Type": kind, "Value": value}]
    client.delete_portfolio_share(PortfolioId=portfolio, OrganizationNode={"Type": kind, "Value": value})
    assert _imported(member, "AWS_ORGANIZATIONS") == []


def test_a_suspended_account_is_told_in_the_share_errors(landscape: Organization) -> None:
    portfolio, (open_one, closed) = landscape.hub.portfolio(), landscape.spokes
    landscape.management.client("organizations").close_account(AccountId=closed.id)
    status = landscape.hub.client().describe_portfolio_share_status(
        PortfolioShareToken=_share_with_unit(landscape, portfolio)
    )
    assert status["Status"] == "COMPLETED_WITH_ERRORS"
    assert status["ShareDetails"]["SuccessfulShares"] == [open_one.id]
    (error,) = status["ShareDetails"]["ShareErrors"]
    assert error["Accounts"] == [closed.id]
    assert _imported(closed, "AWS_ORGANIZATIONS") == []


def test_one_share_operation_at_a_time_a_portfolio(landscape: Organization) -> None:
    client, portfolio = landscape.hub.client(), landscape.hub.portfolio()
    node = {"Type": "ORGANIZATION", "Value": landscape.id}
    with clock.latency_of(0.3):
        _share_with_unit(landscape, portfolio)
        with pytest.raises(client.exceptions.InvalidStateException, match="more than one portfolio share action"):
            client.create_portfolio_share(PortfolioId=portfolio, OrganizationNode=node)
        _share_with_unit(landscape, landscape.hub.portfolio("another"))
        clock.sleep_until(clock.due())
    client.create_portfolio_share(PortfolioId=portfolio, OrganizationNode=node)


def test_only_administrators_of_the_organization_share_with_its_nodes(landscape: Organization) -> None:
    stranger = landscape.spokes[0]
    client, portfolio = stranger.client(), stranger.portfolio()
    node = {"Type": "ORGANIZATIONAL_UNIT", "Value": landscape.unit}
    with pytest.raises(client.exceptions.OperationNotSupportedException, match="delegated administrator"):
        client.create_portfolio_share(PortfolioId=portfolio, OrganizationNode=node)
    with pytest.raises(client.exceptions.OperationNotSupportedException):
        client.get_aws_organizations_access_status()


def test_trusted_access_is_what_the_management_account_says(landscape: Organization) -> None:
    management, hub = landscape.management.client(), landscape.hub.client()
    portfolio = landscape.hub.portfolio()
    assert hub.get_aws_organizations_access_status()["AccessStatus"] == "ENABLED"
    with pytest.raises(hub.exceptions.OperationNotSupportedException):
        hub.disable_aws_organizations_access()
    management.disable_aws_organizations_access()
    assert hub.get_aws_organizations_access_status()["AccessStatus"] == "DISABLED"
    with pytest.raises(hub.exceptions.InvalidStateException, match="EnableAWSOrganizationsAccess"):
        _share_with_unit(landscape, portfolio)
    management.enable_aws_organizations_access()
    _share_with_unit(landscape, portfolio)


def test_a_node_that_is_not_in_the_organization_is_refused(landscape: Organization) -> None:
    client, portfolio = landscape.hub.client(), landscape.hub.portfolio()
    for kind, value in (
        ("ORGANIZATIONAL_UNIT", "ou-none-aaaabbbb"),
        ("ACCOUNT", "799999999999"),
        ("ORGANIZATION", landscape.unit),
    ):
        with pytest.raises(client.exceptions.InvalidParametersException):
            client.create_portfolio_share(PortfolioId=portfolio, OrganizationNode={"Type": kind, "Value": value})


def test_patterns_come_along_when_principals_are_shared(landscape: Organization) -> None:
    client, portfolio = landscape.hub.client(), landscape.hub.portfolio()
    product, _ = landscape.hub.product()
    landscape.hub.offer(product, portfolio)
    client.associate_principal_with_portfolio(
        PortfolioId=portfolio, PrincipalARN="arn:aws:iam:::role/platform-le?d", PrincipalType="IAM_PATTERN"
    )
    lead = landscape.spokes[0].person("platform-lead").client()
    _share_with_unit(landscape, portfolio)
    assert lead.search_products()["ProductViewSummaries"] == []
    client.update_portfolio_share(
        PortfolioId=portfolio,
        OrganizationNode={"Type": "ORGANIZATIONAL_UNIT", "Value": landscape.unit},
        SharePrincipals=True,
    )
    assert len(lead.search_products()["ProductViewSummaries"]) == 1
    other = landscape.spokes[0].person("platform-developer").client()
    assert other.search_products()["ProductViewSummaries"] == []


def test_tag_options_come_along_when_they_are_shared(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    option = client.create_tag_option(Key="team", Value="credit")["TagOptionDetail"]["Id"]
    client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    spoke.client().accept_portfolio_share(PortfolioId=portfolio)
    assert spoke.client().describe_portfolio(Id=portfolio)["TagOptions"] == []
    client.update_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id, ShareTagOptions=True)
    (shown,) = spoke.client().describe_portfolio(Id=portfolio)["TagOptions"]
    assert (shown["Key"], shown["Value"], shown["Owner"]) == ("team", "credit", hub.id)


def test_a_spoke_copies_an_imported_product(hub: Account, spoke: Account) -> None:
    portfolio = hub.portfolio()
    product, _ = hub.product()
    hub.offer(product, portfolio)
    arn = hub.client().describe_product_as_admin(Id=product)["ProductViewDetail"]["ProductARN"]
    client = spoke.client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.copy_product(SourceProductArn=arn, IdempotencyToken=token())
    hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    client.accept_portfolio_share(PortfolioId=portfolio)
    copying = client.copy_product(SourceProductArn=arn, IdempotencyToken=token())["CopyProductToken"]
    target = client.describe_copy_product_status(CopyProductToken=copying)["TargetProductId"]
    assert target != product
    assert (
        f":{spoke.id}:product/{target}"
        in (client.describe_product_as_admin(Id=target)["ProductViewDetail"]["ProductARN"])
    )


def test_a_share_that_is_made_anew_has_to_be_accepted_anew(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    spoke.client().accept_portfolio_share(PortfolioId=portfolio)
    client.delete_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    assert spoke.client().list_accepted_portfolio_shares()["PortfolioDetails"] == []
    (share,) = client.describe_portfolio_shares(PortfolioId=portfolio, Type="ACCOUNT")["PortfolioShareDetails"]
    assert share["Accepted"] is False


def test_of_two_shares_each_brings_what_it_says(landscape: Organization) -> None:
    hub, spoke = landscape.hub, landscape.spokes[0]
    client, portfolio = hub.client(), hub.portfolio()
    product, artifact = hub.product()
    hub.offer(product, portfolio)
    option = client.create_tag_option(Key="team", Value="credit")["TagOptionDetail"]["Id"]
    client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    client.associate_principal_with_portfolio(
        PortfolioId=portfolio, PrincipalARN="arn:aws:iam:::role/platform-lead", PrincipalType="IAM_PATTERN"
    )
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id, ShareTagOptions=True)
    spoke.client().accept_portfolio_share(PortfolioId=portfolio)
    client.create_portfolio_share(
        PortfolioId=portfolio,
        OrganizationNode={"Type": "ORGANIZATIONAL_UNIT", "Value": landscape.unit},
        SharePrincipals=True,
    )
    lead = spoke.person("platform-lead").client()
    shown = lead.describe_provisioning_parameters(ProductId=product, ProvisioningArtifactId=artifact)
    assert shown["TagOptions"] == [{"Key": "team", "Values": ["credit"]}]


def test_an_imported_portfolio_takes_tag_options_of_the_account_besides_its_owners(
    hub: Account, spoke: Account
) -> None:
    client, portfolio = spoke.client(), hub.portfolio()
    option = client.create_tag_option(Key="cost-centre", Value="4711")["TagOptionDetail"]["Id"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    client.accept_portfolio_share(PortfolioId=portfolio)
    client.associate_tag_option_with_resource(ResourceId=portfolio, TagOptionId=option)
    (shown,) = client.describe_portfolio(Id=portfolio)["TagOptions"]
    assert (shown["Key"], shown["Owner"]) == ("cost-centre", spoke.id)
    (linked,) = client.list_resources_for_tag_option(TagOptionId=option)["ResourceDetails"]
    assert linked["Id"] == portfolio
    assert hub.client().describe_portfolio(Id=portfolio)["TagOptions"] == []
