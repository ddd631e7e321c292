"""Where the template of a version comes from: the emulated S3, or a stack. Says nothing about products."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.s3.models import s3_backends

from harness.cfn.body import read_body
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from harness.emulator.servicecatalog import quotas, stacks
from harness.emulator.servicecatalog.errors import InvalidParameters

# bucket.s3.amazonaws.com, bucket.s3.eu-west-1.amazonaws.com, bucket.s3-eu-west-1.amazonaws.com, bucket.s3.localhost
_VIRTUAL_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?:.*\.)?(?:amazonaws\.com(?:\.cn)?|localhost)")
_PATH_HOST = re.compile(r"s3[.-](?:.*\.)?amazonaws\.com(?:\.cn)?")
_LOOPBACK = re.compile(r"(?:.*\.)?localhost|127\.0\.0\.1|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal")

_INVALID_URL = "Invalid TemplateURL: {url}. {why}"
_INVALID_BODY = "Invalid templateBody. Please make sure that your template is valid. {why}"


def from_url(url: str) -> str:
    """The template at that URL of the emulated S3, virtual-host or path style, or the server's own endpoint.

    Raises InvalidParameters when there is no such object, or it is larger than 1 MB.
    """
    bucket, key = _bucket_and_key(url)
    account = _account_of(bucket)
    stored = s3_backends[account]["aws"].get_object(bucket, key) if account else None
    if stored is None:
        raise InvalidParameters(_INVALID_URL.format(url=url, why="The template cannot be read: no such object."))
    content: bytes = stored.value
    if len(content) > quotas.TEMPLATE_BYTES:
        raise InvalidParameters(
            _INVALID_URL.format(url=url, why=f"The template has {len(content)} bytes, more than 1 MB.")
        )
    return content.decode("utf-8", "replace")


def from_stack(physical_id: str) -> str:
    """The template of the stack with that ARN. Raises InvalidParameters when there is none."""
    body = stacks.template_of(physical_id)
    if body is None:
        raise InvalidParameters(f"ImportFromPhysicalId: there is no stack {physical_id}.")
    return body


def parse(text: str) -> dict[str, Any]:
    """The template as data, with long-form intrinsics. Raises InvalidParameters when it cannot be read."""
    try:
        return read_body(text)
    except StackError as error:
        raise InvalidParameters(_INVALID_BODY.format(why=error.message)) from None


def validate(text: str) -> None:
    """Hold a template to what the service demands when a version is made. Raises InvalidParameters."""
    try:
        parse_template(text)
    except StackError as error:
        raise InvalidParameters(_INVALID_BODY.format(why=error.message)) from None


def _bucket_and_key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    if parts.scheme != "https" and not _LOOPBACK.fullmatch(host):
        raise InvalidParameters(_INVALID_URL.format(url=url, why="It must be an https URL of Amazon S3."))
    virtual = _VIRTUAL_HOST.fullmatch(host)
    if virtual and not _PATH_HOST.fullmatch(host):
        return virtual["bucket"], path
    if _PATH_HOST.fullmatch(host) or _LOOPBACK.fullmatch(host):
        bucket, _, key = path.partition("/")
        if bucket and key:
            return bucket, key
    raise InvalidParameters(_INVALID_URL.format(url=url, why="It names no object of Amazon S3."))


def _account_of(bucket: str) -> str | None:
    for account_id, backends in list(s3_backends.items()):
        if "aws" in backends.keys() and bucket in backends["aws"].buckets:  # noqa: SIM118 - `in` asks for known regions
            return str(account_id)
    return None
