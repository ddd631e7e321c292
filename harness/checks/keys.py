"""Which statements of a policy let every key of an account decrypt, as the controls KMS.1 and KMS.2 see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.checks.policies import is_about, names_any, stated
from harness.checks.stackrules import Stack

_DECRYPTS = ("kms:Decrypt", "kms:ReEncryptFrom")


def opens_all(document: Any, stack: Stack) -> Iterator[int]:
    """Indexes of the statements that allow to decrypt with any key of the stack's own account; conditions unseen."""
    any_key = f"arn:{stack.partition}:kms:{stack.region}:{stack.account_id}:key/any"
    for number, statement in enumerate(stated(document)):
        decrypts = names_any(statement, _DECRYPTS) and is_about(statement, "Resource", any_key)
        if statement.get("Effect") == "Allow" and decrypts:
            yield number
