"""Tells stack sets of accounts that join, move within or leave an organization. What they do then is their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from moto.organizations.models import OrganizationsBackend

_original_move = OrganizationsBackend.move_account
_original_creation = OrganizationsBackend.create_account
_original_removal = OrganizationsBackend.remove_account_from_organization


def _followed(change: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(change)
    def changed(backend: OrganizationsBackend, **kwargs: Any) -> Any:
        answer = change(backend, **kwargs)
        # A new account's number is in the answer. Imported late: with CloudFormation comes all that it can make.
        account = kwargs.get("AccountId") or answer["CreateAccountStatus"]["AccountId"]
        from harness.emulator.cloudformation.stacksets import follow

        follow(backend.account_id, str(account))
        return answer

    return changed


def install() -> None:
    """Wraps moto's operations on accounts; a second call changes nothing."""
    OrganizationsBackend.move_account = _followed(_original_move)
    OrganizationsBackend.create_account = _followed(_original_creation)
    OrganizationsBackend.remove_account_from_organization = _followed(_original_removal)
