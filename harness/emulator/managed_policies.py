"""AWS's own managed policies in every account. moto reads its megabyte of JSON anew for each; here it is read once."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

from moto.iam.models import IAMBackend

_read = IAMBackend._init_aws_policies


@lru_cache(maxsize=1)
def _originals() -> tuple[Any, ...]:
    reader = IAMBackend.__new__(IAMBackend)
    reader.account_id, reader.region_name = "aws", "aws"
    return tuple(_read(reader))


def _of_account(backend: Any) -> list[Any]:
    # A copy each: an account counts its own attachments. Nobody can change what a policy says.
    policies = [copy.copy(each) for each in _originals()]
    for each in policies:
        each.account_id = backend.account_id
    return policies


def install() -> None:
    """Puts it in the place of moto's."""
    IAMBackend._init_aws_policies = _of_account
