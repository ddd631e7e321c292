"""What the controls on public buckets share: who of everyone gets in, by an ACL or by a bucket policy."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import blocks, policies
from harness.checks.stackrules import Control, Location, Stack


class NotPublic(Control):
    """Neither its policy nor its ACL lets everyone in; a bucket that blocks public access is not asked further.

    Subclasses state the ACLs and the actions that would, and what everyone then `does`.
    """

    types = ("AWS::S3::Bucket",)
    remedy = "block public access with all four settings of PublicAccessBlockConfiguration"
    acls: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    does: str = ""

    def wrong(self, resource: ResourceState, stack: Stack) -> Iterator[tuple[Location, str]]:
        """The ACL, and each policy that lets everyone in."""
        if blocks.all_set(resource):
            return
        if resource.properties.get("AccessControl") in self.acls:
            yield ("AccessControl",), f"has the ACL {resource.properties['AccessControl']}"
        for policy in stack.attached("AWS::S3::BucketPolicy", "Bucket", resource):
            for _, statement in policies.open_to_all(policy.properties.get("PolicyDocument")):
                if policies.names_any(statement, self.actions):
                    yield (), f"has a policy ({policy.logical_id}) that lets everyone {self.does}"
