"""Objects of the emulated S3 that are read by their URL, as whoever asks: templates. It writes nothing."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.models import s3_backends

from harness.emulator import bucketpolicies
from harness.emulator.identity import PARTITION, Caller

# bucket.s3.amazonaws.com, bucket.s3.eu-west-1.amazonaws.com, bucket.s3-eu-west-1.amazonaws.com, bucket.s3.localhost
_VIRTUAL_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?:.*\.)?(?:amazonaws\.com(?:\.cn)?|localhost)")
_PATH_HOST = re.compile(r"s3[.-](?:.*\.)?amazonaws\.com(?:\.cn)?")
_LOOPBACK = re.compile(r"(?:.*\.)?localhost|127\.0\.0\.1|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal")


class NotAnObjectError(Exception):
    """The URL names no object of S3."""


class UnreadableObjectError(Exception):
    """S3 does not give the object; the message is S3's."""


def read(url: str, who: Caller) -> bytes:
    """The object at that URL of the emulated S3: virtual-host or path style, or the server's own endpoint.

    Raises NotAnObjectError, or UnreadableObjectError where it is not there or that caller may not read it.
    """
    bucket, key, version = _location(url)
    owner = bucketpolicies.owner_of(bucket)
    if owner is None:
        raise UnreadableObjectError("The specified bucket does not exist")
    if not bucketpolicies.may(who, "GetObject", bucket, key):
        raise UnreadableObjectError("Access Denied")
    found = s3_backends[owner][PARTITION].get_object(bucket, key, version_id=version)
    if found is None:
        raise UnreadableObjectError("The specified key does not exist.")
    content: bytes = found.value
    return content


def _location(url: str) -> tuple[str, str, str | None]:
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    loopback = _LOOPBACK.fullmatch(host)
    bucket, key = "", ""
    if parts.scheme == "https" or (parts.scheme == "http" and loopback):
        if loopback or _PATH_HOST.fullmatch(host):
            bucket, _, key = path.partition("/")
        if virtual := _VIRTUAL_HOST.fullmatch(host):
            bucket, key = virtual["bucket"], path
    if not bucket or not key:
        raise NotAnObjectError(url)
    return bucket, key, parse_qs(parts.query).get("versionId", [None])[0]
