"""A spoke in one region through boto3: what it has, and what an import does there. Decides nothing; see `spoke.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from harness.publish.aws import Patience, code_of, explained
from harness.publish.spoke import AcceptShare, GrantPrincipal, ImportAction, Needs, SpokeState

_PARAMETERS_A_CALL = 10  # GetParameters


class SpokeGateway:
    """One spoke in one region."""

    def __init__(self, catalog: Any, iam: Any, ssm: Any, account: str, region: str) -> None:
        """boto3 clients of servicecatalog, iam and ssm, of an administrator of the spoke."""
        self._catalog, self._iam, self._ssm = catalog, iam, ssm
        self.place = f"account {account} in {region}"
        self._patience = Patience(self.place)

    @explained
    def read(self, needs: Needs) -> SpokeState:
        """What is there of what is needed."""
        imported = self._imported()
        asked = [*needs.principal_roles, *(role for _, role in needs.launch_roles)]
        return SpokeState(
            imported=imported,
            principals=tuple(
                pair for each in needs.offered if each.id in imported for pair in self._principals(each.id)
            ),
            roles=tuple(self._roles(dict.fromkeys(asked))),
            parameters=tuple(self._parameters([each.name for each in needs.parameters])),
        )

    @explained
    def perform(self, action: ImportAction) -> None:
        """Do one step; it returns when its effect can be seen."""
        match action:
            case AcceptShare(portfolio_id=portfolio_id):
                self._catalog.accept_portfolio_share(PortfolioId=portfolio_id, PortfolioShareType="IMPORTED")
                self._patience.until(f"the import of {portfolio_id}", lambda: portfolio_id in self._imported() or None)
            case GrantPrincipal(portfolio_id=portfolio_id, arn=arn):
                self._catalog.associate_principal_with_portfolio(
                    PortfolioId=portfolio_id, PrincipalARN=arn, PrincipalType="IAM"
                )

    def _imported(self) -> frozenset[str]:
        # Two lists: what was accepted, and what came through the organization and needs no accepting.
        found = set()
        for kind in ("IMPORTED", "AWS_ORGANIZATIONS"):
            pages = self._catalog.get_paginator("list_accepted_portfolio_shares").paginate(PortfolioShareType=kind)
            found |= {each["Id"] for page in pages for each in page["PortfolioDetails"]}
        return frozenset(found)

    def _principals(self, portfolio_id: str) -> Iterator[tuple[str, str]]:
        pages = self._catalog.get_paginator("list_principals_for_portfolio").paginate(PortfolioId=portfolio_id)
        for page in pages:
            for each in page["Principals"]:
                yield portfolio_id, each["PrincipalARN"]

    def _roles(self, names: dict[str, None]) -> Iterator[tuple[str, str]]:
        for name in names:
            try:
                yield name, self._iam.get_role(RoleName=name)["Role"]["Arn"]
            except ClientError as error:
                if code_of(error) != "NoSuchEntity":
                    raise

    def _parameters(self, names: list[str]) -> Iterator[tuple[str, str, str]]:
        for start in range(0, len(names), _PARAMETERS_A_CALL):
            answer = self._ssm.get_parameters(Names=names[start : start + _PARAMETERS_A_CALL])
            for each in answer["Parameters"]:
                yield each["Name"], each["Type"], each["Value"]
