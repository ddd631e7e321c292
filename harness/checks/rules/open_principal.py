"""Rule E9014; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house, policies


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
            elif policies.everyone(statement.data.get("Principal")) and not policies.narrowed(
                statement.data.get("Condition")
            ):
                yield house.broken([*statement.path, "Principal"], "the statement allows everyone")
