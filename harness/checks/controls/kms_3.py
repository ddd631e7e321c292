"""Control KMS.3; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class KeyDeletion(stackrules.Control):
    """A key that is deleted with its stack takes everything with it that it encrypts."""

    id = "E9353"
    control = "KMS.3"
    types = ("AWS::KMS::Key",)
    shortdesc = "Keys are not deleted unintentionally"
    description = shortdesc
    remedy = "set DeletionPolicy to RetainExceptOnCreate or Retain"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        if resource.deletion_policy not in ("Retain", "RetainExceptOnCreate"):
            yield (), f"goes with its stack (DeletionPolicy {resource.deletion_policy})"
