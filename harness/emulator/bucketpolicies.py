"""Bucket policies in the emulated S3: only statements without conditions count, for moto ignores what a condition says.

So a denial of unencrypted requests does not deny every request. Conditions are not judged here at all.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def unconditional(policy: str) -> str:
    """The policy without its conditional statements."""
    document = json.loads(policy)
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    return json.dumps({**document, "Statement": [each for each in statements if not each.get("Condition")]})


def _permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return IAMPolicy(unconditional(bucket.policy.decode())).is_action_permitted(action, resource)


def install() -> None:
    """Replaces moto's reading of bucket policies."""
    FakeBucket.get_permission = _permission
