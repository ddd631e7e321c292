"""Rule E9014; see the class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house, policies

# Conditions that bring "everyone" down to the organization, an account or an endpoint. Source: IAM user guide, global
# condition keys. (A condition on a tag of the caller does not: anyone can tag their own principal.)
_NARROWING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
}


class OpenPrincipal(house.HouseRule):
    """Nothing of the platform is public (N8, S3.2 S3.3, KMS.5, SNS.4, SQS.3)."""

    id = "E9014"
    shortdesc = "No statement allows everyone"
    description = (
        "A resource policy that allows Principal * has a condition on the organization, an account or an endpoint"
    )
    remedy = "name the principals, or add a condition such as aws:PrincipalOrgID"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Allowing statements for everyone that no condition narrows; NotPrincipal, which none can."""
        for statement in policies.statements(cfn):
            if not statement.allows or statement.limits:
                continue
            if "NotPrincipal" in statement.data:
                yield house.broken([*statement.path, "NotPrincipal"], "the statement allows everyone but some")
            elif _everyone(statement.data.get("Principal")) and not _narrowed(statement.data.get("Condition")):
                yield house.broken([*statement.path, "Principal"], "the statement allows everyone")


def _everyone(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return any(_everyone(each) for kind, each in principal.items() if kind in ("AWS", "Fn::If"))
    if isinstance(principal, list):
        return any(_everyone(each) for each in principal)
    return bool(principal == "*")


def _narrowed(condition: Any) -> bool:
    if not isinstance(condition, Mapping):
        return False
    keys = {str(key).lower() for operator in condition.values() if isinstance(operator, Mapping) for key in operator}
    return bool(keys & _NARROWING)
