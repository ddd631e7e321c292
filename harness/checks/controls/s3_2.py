"""Control S3.2; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import blocks, policies, stackrules

_ACLS = ("PublicRead", "PublicReadWrite", "AuthenticatedRead")
_ACTIONS = ("s3:GetObject", "s3:ListBucket")


class PublicRead(stackrules.Control):
    """Neither its policy nor its ACL lets everyone read; a bucket that blocks public access is not asked further."""

    id = "E9332"
    control = "S3.2"
    types = ("AWS::S3::Bucket",)
    shortdesc = "Nobody of the public may read in a bucket"
    description = shortdesc
    remedy = "block public access with all four settings of PublicAccessBlockConfiguration"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        if blocks.all_set(resource):
            return
        if resource.properties.get("AccessControl") in _ACLS:
            yield ("AccessControl",), f"has the ACL {resource.properties['AccessControl']}"
        for policy in stack.attached("AWS::S3::BucketPolicy", "Bucket", resource):
            for _, statement in policies.open_to_all(policy.properties.get("PolicyDocument")):
                if policies.names_any(statement, _ACTIONS):
                    yield (), f"has a policy ({policy.logical_id}) that lets everyone read"
