"""Share operations on a portfolio: one at a time, their tokens polled, their errors read for each account."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from harness.errors import known_error
from harness.publish.aws import AGAIN, Patience, code_of
from harness.publish.model import Share

_OPEN_SHARING = (
    "in the organization's management account: `aws servicecatalog enable-aws-organizations-access`, and "
    "`aws organizations register-delegated-administrator --service-principal servicecatalog.amazonaws.com` for the hub"
)


class Sharing:
    """What `gateway.py` does about shares. `catalog`: a client of servicecatalog."""

    def __init__(self, catalog: Any, place: str, patience: Patience) -> None:
        self._catalog, self._place, self._patience = catalog, place, patience

    def share(self, operation: Any, portfolio_id: str, share: Share) -> None:
        """Performs CreatePortfolioShare or UpdatePortfolioShare (a method of the client) and follows it to its end.

        Raises KnownError with the accounts that the share does not reach.
        """
        answer = self._accepted(operation, portfolio_id, share)
        self._await(answer.get("PortfolioShareToken"), share)

    def _accepted(self, operation: Any, portfolio_id: str, share: Share) -> dict[str, Any]:
        node = {"OrganizationNode": {"Type": share.type, "Value": share.id}}
        receiver = {"AccountId": share.id} if share.type == "ACCOUNT" else node

        def attempt() -> dict[str, Any] | None:
            try:
                answer: dict[str, Any] = operation(
                    PortfolioId=portfolio_id,
                    **receiver,
                    ShareTagOptions=share.share_tag_options,
                    SharePrincipals=share.share_principals,
                )
            except ClientError as error:
                # "Cannot process more than one portfolio share action at the same time": somebody else's is under way.
                if code_of(error) == "InvalidStateException" and "more than one" in str(error):
                    return None
                if code_of(error) in ("InvalidStateException", "OperationNotSupportedException"):
                    raise known_error(
                        self._place, f"sharing with {share.id} is refused: {error}", _OPEN_SHARING
                    ) from error
                raise
            return answer

        return self._patience.until(f"sharing with {share.id} (other share operations are under way)", attempt)

    def _await(self, token: str | None, share: Share) -> None:
        if not token:  # shares with one account take effect at once
            return

        def finished() -> dict[str, Any] | None:
            answer: dict[str, Any] = self._catalog.describe_portfolio_share_status(PortfolioShareToken=token)
            return None if answer["Status"] in ("NOT_STARTED", "IN_PROGRESS") else answer

        answer = self._patience.until(f"sharing with {share.id}", finished)
        # The status alone is not enough: throttling and refusals of single accounts stand in ShareErrors.
        errors = answer.get("ShareDetails", {}).get("ShareErrors", ())
        if errors or answer["Status"] != "COMPLETED":
            told = "; ".join(
                f"{', '.join(each.get('Accounts', ())) or share.id}: {each.get('Error', '')} {each.get('Message', '')}"
                for each in errors
            )
            raise known_error(
                self._place,
                f"sharing with {share.id} ended as {answer['Status']}: {told or 'no reason given'}",
                f"look at those accounts, then {AGAIN}",
            )
