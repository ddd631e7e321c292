"""Control S3.5; see the class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.cfn.model import ResourceState
from harness.checks import policies, stackrules


def _denies_plain(statement: Mapping[str, Any]) -> bool:
    plain = stackrules.value(statement, "Condition", "Bool", "aws:SecureTransport")
    whole = {"Bool": {"aws:SecureTransport": plain}}  # with another condition beside it, some would be spared
    return (
        statement.get("Effect") == "Deny"
        and policies.everyone(statement.get("Principal"))
        and "s3:*" in policies.listed(statement.get("Action"))
        and statement.get("Condition") == whole
        and str(plain).lower() == "false"
    )


class BucketTls(stackrules.Control):
    """A bucket policy denies everyone every action without TLS, on the bucket and on its objects."""

    id = "E9335"
    control = "S3.5"
    types = ("AWS::S3::Bucket",)
    shortdesc = "Buckets refuse requests without TLS"
    description = shortdesc
    remedy = "deny s3:* where aws:SecureTransport is false: the macro s3.tls_only does"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        needed = {str(resource.attributes.get("Arn")), f"{resource.attributes.get('Arn')}/*"}
        for policy in stack.attached("AWS::S3::BucketPolicy", "Bucket", resource):
            for statement in policies.stated(policy.properties.get("PolicyDocument")):
                if _denies_plain(statement) and needed <= set(policies.listed(statement.get("Resource"))):
                    return
        yield (), "has no policy that refuses requests without TLS"
