"""Writes of the emulated S3 that must not replace anything, or only what they have seen: decided and done in one.

moto looks, and writes afterwards: two who write at once both find that they may. And it knows `If-None-Match: *` of
uploads, not of CopyObject.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

from moto.s3.exceptions import PreconditionFailed
from moto.s3.responses import S3Response

# Deletions too: an object that goes between a look and a write was there to be seen.
_lock = RLock()
_put, _copy, _delete = S3Response.put_object, S3Response.copy_object, S3Response.delete_object


def _stored(response: S3Response) -> Any:
    with _lock:
        return _put(response)


def _copied(response: S3Response) -> Any:
    key = response.parse_key_name()
    with _lock:
        if response.headers.get("If-None-Match") == "*" and response.backend.get_object(response.bucket_name, key):
            raise PreconditionFailed("If-None-Match")
        return _copy(response)


def _removed(response: S3Response) -> Any:
    with _lock:
        return _delete(response)


def install() -> None:
    """Puts them in the place of moto's; a second call changes nothing."""
    S3Response.put_object, S3Response.copy_object, S3Response.delete_object = _stored, _copied, _removed
