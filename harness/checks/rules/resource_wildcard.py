"""Rule E9013; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house, policies


class ResourceWildcard(house.HouseRule):
    """Where an action can be limited to resources, it is (N8). Source: Service Authorization Reference.

    Only what a role may do: in a key policy `*` means the key itself.
    """

    id = "E9013"
    shortdesc = 'No Resource "*" where the action takes a resource'
    description = (
        'A statement that allows actions which take a resource type does not have Resource "*", nor NotResource'
    )
    remedy = (
        "name the ARNs; give actions that take none (List…, Describe…) a statement of their own; "
        "or say in Metadata, Platform, Exceptions, E9013, <action> why not"
    )
    by_subject = True

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """One for each action that is allowed on everything although it need not be."""
        for statement in policies.statements(cfn):
            if statement.kind != "identity" or not statement.allows:
                continue
            everything = "NotResource" in statement.data or any(text == "*" for text, _ in statement.texts("Resource"))
            if not everything:
                continue
            for action, path in statement.texts("Action"):
                for name in policies.with_resource_types(action):
                    yield house.broken(path, f"{name} takes a resource, but is allowed on all", name)
