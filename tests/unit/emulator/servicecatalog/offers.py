"""A product that a spoke's lead may launch, and what launches of it come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.unit.emulator.servicecatalog.accounts import Account, token

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
class Offer:
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


def make_offer(hub: Account, spoke: Account) -> Offer:
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
    return Offer(hub, spoke, lead, portfolio, product, artifact)
