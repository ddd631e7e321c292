"""Which capabilities a template needs before CloudFormation deploys it, and why."""

from __future__ import annotations

from dataclasses import dataclass

from harness.cfn.model import StackError
from harness.cfn.template import Template

# CloudFormation user guide, "Acknowledging IAM resources": type → the property that names it.
_IAM_NAMES = {
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::GroupPolicy": "",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::RolePolicy": "",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserPolicy": "",
    "AWS::IAM::UserToGroupAddition": "",
}


@dataclass(frozen=True)
class Capabilities:
    """The capabilities needed, and the sentence that the API gives as the reason; both empty if none is."""

    needed: tuple[str, ...]
    reason: str


def needed_capabilities(template: Template) -> Capabilities:
    """What the caller has to acknowledge."""
    types = sorted({each.type for each in template.resources.values() if each.type in _IAM_NAMES})
    named = any(
        _IAM_NAMES.get(each.type) and _IAM_NAMES[each.type] in each.properties for each in template.resources.values()
    )
    needed = []
    reason = ""
    if types:
        needed.append("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    if template.transforms:
        needed.append("CAPABILITY_AUTO_EXPAND")
        reason = reason or f"The following transforms require capabilities: [{', '.join(template.transforms)}]"
    return Capabilities(tuple(needed), reason)


def check_capabilities(template: Template, given: tuple[str, ...]) -> None:
    """Raises `StackError` (InsufficientCapabilitiesException) if an acknowledgement is missing."""
    unknown = [
        each for each in given if each not in ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
    ]
    if unknown:
        raise StackError(
            f"1 validation error detected: Value '[{', '.join(unknown)}]' at 'capabilities' failed to "
            "satisfy constraint: Member "
            "must satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]"
        )
    have = set(given) | ({"CAPABILITY_IAM"} if "CAPABILITY_NAMED_IAM" in given else set())
    missing = [each for each in needed_capabilities(template).needed if each not in have]
    if missing:
        raise StackError(f"Requires capabilities : [{', '.join(missing)}]", "InsufficientCapabilitiesException")
