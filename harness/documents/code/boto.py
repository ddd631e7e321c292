"""What boto3's clients have beside the operations of an API, and which of them come with credentials of their own."""

from __future__ import annotations

from collections.abc import Container

from harness.documents.apimodels import methods

# Members of every client that call nothing by themselves.
OTHER_METHODS = frozenset(
    ("can_paginate", "close", "exceptions", "generate_presigned_url", "get_paginator", "get_waiter", "meta")
)
# Methods that boto3 adds. Source: boto3's S3 customization.
_MANAGED = {"s3": frozenset({"copy", "download_file", "download_fileobj", "upload_file", "upload_fileobj"})}


def operation_of(service: str, method: str) -> str:
    """The operation of a client's method, or the method itself where boto3 adds it; empty for none."""
    return methods(service).get(method) or (method if method in _MANAGED.get(service, ()) else "")


def has_credentials(keywords: Container[str | None]) -> bool:
    """Whether a session or client is made with other credentials than the function's own."""
    return "aws_access_key_id" in keywords or "profile_name" in keywords
