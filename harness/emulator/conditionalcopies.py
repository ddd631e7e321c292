"""Copies inside the emulated S3 that must not replace anything.

moto knows `If-None-Match: *` of uploads, not of CopyObject.
"""

from __future__ import annotations

from typing import Any

from moto.s3.exceptions import PreconditionFailed
from moto.s3.responses import S3Response

_copy = S3Response.copy_object


def _copied(response: S3Response) -> Any:
    key = response.parse_key_name()
    if response.headers.get("If-None-Match") == "*" and response.backend.get_object(response.bucket_name, key):
        raise PreconditionFailed("If-None-Match")
    return _copy(response)


def install() -> None:
    """Replaces moto's CopyObject; a second call changes nothing."""
    S3Response.copy_object = _copied
