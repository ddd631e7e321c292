"""Trusted access of stack sets to an organization: its operations of the CloudFormation API.

A switch of CloudFormation's own: trusted access given in AWS Organizations alone does not turn it.
"""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from harness.cfn.model import StackError
from harness.emulator import organization
from harness.emulator.cloudformation.requests import refusals
from harness.emulator.cloudformation.responses_stacksets import StackSetResponses
from harness.emulator.cloudformation.stacksets import StackSetBackend, access_keeper


class OrganizationResponses(StackSetResponses):
    """Mixed into the response class of the service."""

    def activate_organizations_access(self) -> EmptyResult:
        """ActivateOrganizationsAccess: by the management account only."""
        with refusals():
            self._keeper().organizations_access = True
        organization.trust(self.current_account, organization.STACK_SETS)
        return EmptyResult()

    def deactivate_organizations_access(self) -> EmptyResult:
        """DeactivateOrganizationsAccess: by the management account only."""
        with refusals():
            self._keeper().organizations_access = False
        return EmptyResult()

    def describe_organizations_access(self) -> ActionResult:
        """DescribeOrganizationsAccess."""
        with refusals():
            enabled = access_keeper(self.sets.account_id).organizations_access
        return ActionResult({"Status": "ENABLED" if enabled else "DISABLED"})

    def _keeper(self) -> StackSetBackend:
        if organization.management_account_of(self.current_account) != self.current_account:
            raise StackError(
                "Only the management account of an organization can call this operation.", "InvalidOperationException"
            )
        return access_keeper(self.current_account)
