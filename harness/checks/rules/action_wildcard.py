"""Rule E9012; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house, policies


class ActionWildcard(house.HouseRule):
    """A whole service grows with every announcement; a statement names its actions (N8).

    The one exception without a word: a key policy's statement for its own account's root, without which the key could
    never be managed again (KMS developer guide, default key policy).
    """

    id = "E9012"
    shortdesc = "No statement allows a whole service"
    description = 'No statement with Effect Allow has Action "*" or "service:*", nor NotAction'
    remedy = "name the actions, or a group of them such as s3:Get*"
    by_subject = True

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Allowing statements whose actions are everything, a whole service, or everything but some."""
        for statement in policies.statements(cfn):
            if not statement.allows or statement.limits or _is_root_of_key(statement):
                continue
            if "NotAction" in statement.data:
                yield house.broken(
                    [*statement.path, "NotAction"], "the statement allows all actions but some", "NotAction"
                )
            for action, path in statement.texts("Action"):
                if action.rpartition(":")[2].strip("*?") == "":
                    yield house.broken(path, f"the statement allows {action}", action)


def _is_root_of_key(statement: policies.Statement) -> bool:
    if statement.type not in ("AWS::KMS::Key", "AWS::KMS::ReplicaKey"):
        return False
    principals = statement.data.get("Principal")
    account = principals.get("AWS") if isinstance(principals, dict) else None
    root = account.get("Fn::Sub") if isinstance(account, dict) else account
    return root == "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
