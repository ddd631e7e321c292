"""Which resources bear a name that the template gives them: what others may know them by. Looks at no values."""

from __future__ import annotations

from harness.cfn.graph import references
from harness.cfn.registry import ResourceType
from harness.cfn.template import Resource, Template

# Pseudo parameters that make a name the stack's own: nobody outside can spell it beforehand.
_OF_THIS_STACK = frozenset({"AWS::StackId", "AWS::StackName"})


def naming_properties(kind: ResourceType) -> frozenset[str]:
    """The properties that name a resource of that type, from its provider schema.

    The primary identifier if it is one property that is set at creation (an association's are references), and
    `Name` or `<Type>Name` that can be set only at creation (a topic's identifier is its ARN, its name is TopicName).
    """
    own = kind.name.rpartition("::")[2]
    identifiers = {path[0] for path in kind.primary_identifier}
    fixed = {path[0] for path in kind.create_only}
    named = {
        name for name in fixed if name == "Name" or (name.endswith("Name") and own.endswith(name.removesuffix("Name")))
    }
    return frozenset(named | (identifiers & fixed if len(identifiers) == 1 else set())) - {
        path[0] for path in kind.read_only
    }


def given_name(kind: ResourceType, resource: Resource, template: Template) -> str:
    """The property by which the template gives the resource a name that others can know; empty if there is none.

    A name that follows another resource's, or the stack's own id, is as free as that one. What is known only within a
    parent (a policy in a role: several identifiers) has no name of its own.
    """
    if len(kind.primary_identifier) > 1 or kind.name == "AWS::IAM::Policy":
        return ""
    for name in sorted(naming_properties(kind)):
        value = resource.properties.get(name)
        if not name.endswith("Name") or value is None or value == {"Ref": "AWS::NoValue"}:
            continue
        used = {each.name for each in references(value)}
        if used.isdisjoint(template.resources) and used.isdisjoint(_OF_THIS_STACK):
            return name
    return ""
