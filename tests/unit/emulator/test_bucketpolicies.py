"""Which statements of a bucket policy the emulated S3 goes by."""

from __future__ import annotations

import json

from harness.emulator.bucketpolicies import unconditional


def statement(sid: str, **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*", **more}


def test_a_conditional_denial_does_not_count() -> None:
    tls = statement("TlsOnly", Condition={"Bool": {"aws:SecureTransport": "false"}})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [tls, statement("Frozen")]})
    assert [each["Sid"] for each in json.loads(unconditional(policy))["Statement"]] == ["Frozen"]


def test_a_policy_of_one_statement_may_be_no_list() -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement("Frozen")})
    assert [each["Sid"] for each in json.loads(unconditional(policy))["Statement"]] == ["Frozen"]
