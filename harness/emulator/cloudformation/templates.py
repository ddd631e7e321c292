"""The template of a request: its body, or the object in the emulated S3 that a URL names. Checks size, not content."""

from __future__ import annotations

from harness.cfn.model import StackError
from harness.emulator import s3objects
from harness.emulator.identity import Caller

BODY_LIMIT = 51_200  # bytes, CreateStack's TemplateBody
URL_LIMIT = 1_000_000  # bytes, an object named by TemplateURL


def template_of(body: str | None, url: str | None, who: Caller) -> str:
    """The template text, from exactly one of the two, read as that caller. Raises StackError as the API does."""
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
        return _fetch(url, who)
    raise StackError("Either Template URL or Template Body must be specified.")


def _fetch(url: str, who: Caller) -> str:
    try:
        content = s3objects.read(url, who)
    except s3objects.NotAnObjectError:
        raise StackError("TemplateURL must be a supported URL.") from None
    except s3objects.UnreadableObjectError as error:
        raise StackError(f"S3 error: {error}") from None
    if len(content) > URL_LIMIT:
        raise StackError(f"Template may not exceed {URL_LIMIT} bytes in size.")
    return content.decode("utf-8", "replace")
