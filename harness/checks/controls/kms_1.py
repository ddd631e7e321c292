"""Control KMS.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import keys, stackrules


class ManagedDecrypt(stackrules.Control):
    """The control looks at resources alone, at no condition: a key, or keys of another account that are named."""

    id = "E9351"
    control = "KMS.1"
    types = ("AWS::IAM::ManagedPolicy",)
    shortdesc = "Managed policies do not decrypt with all keys"
    description = shortdesc
    remedy = "name the keys; a condition is not seen by the control, so say in an exception what it holds back"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number in keys.opens_all(resource.properties.get("PolicyDocument"), stack):
            yield ("PolicyDocument", "Statement", number), "lets every key of the account decrypt"
