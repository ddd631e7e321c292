"""Where the template of a version comes from: the emulated S3, or a stack. Says nothing about products."""

from __future__ import annotations

from typing import Any

from harness.cfn.body import read_body
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from harness.emulator import s3objects
from harness.emulator.identity import Caller
from harness.emulator.servicecatalog import quotas, stacks
from harness.emulator.servicecatalog.errors import InvalidParameters

_INVALID_URL = "Invalid TemplateURL: {url}. {why}"
_INVALID_BODY = "Invalid templateBody. Please make sure that your template is valid. {why}"


def from_url(url: str, who: Caller) -> str:
    """The template at that URL of the emulated S3, read as that caller.

    Raises InvalidParameters when it cannot be read, or is larger than 1 MB.
    """
    try:
        content = s3objects.read(url, who)
    except s3objects.NotAnObjectError:
        raise InvalidParameters(_INVALID_URL.format(url=url, why="It must be an https URL of Amazon S3.")) from None
    except s3objects.UnreadableObjectError as error:
        why = f"The template cannot be read: {error}"
        raise InvalidParameters(_INVALID_URL.format(url=url, why=why)) from None
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
