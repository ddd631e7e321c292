"""Control S3.6; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import policies, stackrules

# The control's own list.
_CHANGES = (
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
)


class BucketOtherAccounts(stackrules.Control):
    """Other accounts may read and write where a policy says so; they never change policies, ACLs or encryption."""

    id = "E9336"
    control = "S3.6"
    types = ("AWS::S3::BucketPolicy",)
    shortdesc = "Bucket policies give no other account what changes the bucket"
    description = shortdesc
    remedy = "take these actions out, or keep the principals in this account"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number, statement in enumerate(policies.stated(resource.properties.get("PolicyDocument"))):
            principal = statement.get("Principal")
            named = policies.listed(principal.get("AWS")) if isinstance(principal, dict) else policies.listed(principal)
            others = [each for each in named if stack.account_id not in each]
            given = [action for action in _CHANGES if policies.names_any(statement, [action])]
            if statement.get("Effect") == "Allow" and others and given:
                yield ("PolicyDocument", "Statement", number), f"gives {others[0]} the action {given[0]}"
