"""The template of a request: its body, or the object in the emulated S3 that a URL names. Checks size, not content."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from moto.s3.models import s3_backends

from harness.cfn.model import StackError

BODY_LIMIT = 51_200  # bytes, CreateStack's TemplateBody
URL_LIMIT = 1_000_000  # bytes, an object named by TemplateURL
PARTITION = "aws"


def template_of(body: str | None, url: str | None) -> str:
    """The template text, from exactly one of the two. Raises StackError as the API does."""
    if body and url:
        raise StackError("You may not specify both TemplateURL and TemplateBody.")
    if body:
        if len(body.encode()) > BODY_LIMIT:
            raise StackError(
                f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {BODY_LIMIT}"
            )
        return body
    if url:
        return _fetch(url)
    raise StackError("Either Template URL or Template Body must be specified.")


def _fetch(url: str) -> str:
    bucket, key = _location(url)
    for backends in list(s3_backends.values()):
        backend = backends[PARTITION]
        if bucket in backend.buckets:
            found = backend.get_object(bucket, key)
            if found is None:
                raise StackError("S3 error: The specified key does not exist.")
            content: bytes = found.value
            if len(content) > URL_LIMIT:
                raise StackError(f"Template may not exceed {URL_LIMIT} bytes in size.")
            return content.decode("utf-8")
    raise StackError("S3 error: The specified bucket does not exist")


def _location(url: str) -> tuple[str, str]:
    """Bucket and key of a path-style or virtual-hosted URL, at AWS or at the emulator's own address."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not path:
        raise StackError("TemplateURL must be a supported URL.")
    bucket, dot, rest = host.partition(".s3")
    if dot and bucket and "amazonaws.com" in rest:
        return bucket, path
    bucket, _, key = path.partition("/")
    return bucket, key
