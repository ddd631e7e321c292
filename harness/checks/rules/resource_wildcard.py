"""Rule E9013; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house, policies

# Conditions that limit a statement to some resources as an ARN does. Source: IAM user guide, global condition keys; the
# tag on a template's object is what Service Catalog documents for launch roles.
_LIMITING = ("aws:resourceaccount", "aws:resourceorgid", "s3:existingobjecttag/", "kms:resourcealiases")


class ResourceWildcard(house.HouseRule):
    """Where an action can be limited to resources, it is (N8). Source: Service Authorization Reference.

    Only what a role may do: in a key policy `*` means the key itself. A condition on the resource's tag or account
    limits too.
    """

    id = "E9013"
    shortdesc = 'No Resource "*" where the action takes a resource'
    description = 'A statement whose actions take a resource type has neither Resource "*" nor NotResource'
    remedy = (
        "name the ARNs or add a condition on the resource's tag; give actions that take none a statement of their own; "
        "or say in Metadata, Platform, Exceptions, E9013, <action> why not"
    )
    by_subject = True

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """One for each action, as written, that is allowed on everything although it need not be."""
        for statement in policies.statements(cfn):
            if statement.kind != "identity" or not statement.allows or _limited(statement):
                continue
            for action, path in statement.texts("Action"):
                names = policies.limitable(action)
                if names:
                    others = f" (with {len(names) - 1} more that {action} names)" if len(names) > 1 else ""
                    yield house.broken(path, f"{names[0]} takes a resource, but is allowed on all{others}", action)


def _limited(statement: policies.Statement) -> bool:
    if "NotResource" not in statement.data and all(text.strip("*") for text, _ in statement.texts("Resource")):
        return True
    condition = statement.data.get("Condition")
    operators = condition.items() if isinstance(condition, dict) else ()
    # A comparison that whoever lacks the key passes as well, or all but some, limits nothing.
    telling = [each for name, each in operators if isinstance(each, dict) and policies.holds_for_some(str(name))]
    keys = [str(key).lower() for each in telling for key in each]
    return any("resourcetag/" in key or key.startswith(_LIMITING) for key in keys)
