"""Control KMS.2; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import keys, stackrules


class InlineDecrypt(stackrules.Control):
    """The control looks at resources alone, at no condition: a key, or keys of another account that are named."""

    id = "E9352"
    control = "KMS.2"
    types = ("AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::RolePolicy", "AWS::IAM::User")
    shortdesc = "Inline policies do not decrypt with all keys"
    description = shortdesc
    remedy = "name the keys; a condition is not seen by the control, so say in an exception what it holds back"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        if "PolicyDocument" in resource.properties:
            for number in keys.opens_all(resource.properties["PolicyDocument"], stack):
                yield ("PolicyDocument", "Statement", number), "lets every key of the account decrypt"
        for index, policy in enumerate(resource.properties.get("Policies") or ()):
            for number in keys.opens_all(policy.get("PolicyDocument"), stack):
                path = ("Policies", index, "PolicyDocument", "Statement", number)
                yield path, "lets every key of the account decrypt"
