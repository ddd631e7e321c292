"""Model archives in S3: are they there, and what is in them, as whoever asks. It keeps nothing."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from harness.emulator import acting, identity
from harness.emulator.sagemaker import errors
from harness.emulator.sagemaker.call import Call

_SECONDS = 900


class UnreadableArchiveError(Exception):
    """S3 does not give the object. `absent`: there is none, as far as the asking identity can know."""

    def __init__(self, uri: str, absent: bool) -> None:
        super().__init__(uri)
        self.uri = uri
        self.absent = absent


def client_of(call: Call) -> Any:
    """S3 as the caller of an operation sees it, who lets SageMaker look on its behalf."""
    session = identity.open_session(call.caller, f"{call.account_id}:sagemaker", _SECONDS)
    return acting.client("s3", call.region, session)


def location(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI (or https:// in path style). Raises ValidationException."""
    for prefix in ("s3://", "https://s3.amazonaws.com/"):
        if uri.startswith(prefix):
            bucket, _, key = uri.removeprefix(prefix).partition("/")
            if bucket and key:
                return bucket, key
    raise errors.validation(f"Invalid S3 location: {uri} names no object")


def look(s3: Any, uri: str) -> None:
    """Raises UnreadableArchiveError where there is no such object for that client."""
    bucket, key = location(uri)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise UnreadableArchiveError(uri, _is_absent(error)) from None


def read(s3: Any, uri: str) -> bytes:
    """The object's content. Raises UnreadableArchiveError."""
    bucket, key = location(uri)
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise UnreadableArchiveError(uri, _is_absent(error)) from None
    return content


def _is_absent(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket", "NotFound")
