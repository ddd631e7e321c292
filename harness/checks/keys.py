"""Which statements of a policy let every key of an account decrypt, as the controls KMS.1 and KMS.2 see it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

from harness.checks.policies import listed, stated
from harness.checks.stackrules import Stack

_DECRYPTS = ("kms:decrypt", "kms:reencryptfrom")


def opens_all(document: Any, stack: Stack) -> Iterator[int]:
    """Indexes of the statements that allow to decrypt with any key of the stack's own account; conditions unseen."""
    any_key = f"arn:{stack.state.stack_id.split(':')[1]}:kms:{stack.region}:{stack.account_id}:key/any"
    for number, statement in enumerate(stated(document)):
        actions = [each.lower() for each in listed(statement.get("Action"))]
        decrypts = any(fnmatch.fnmatchcase(name, each) for name in _DECRYPTS for each in actions)
        everywhere = any(fnmatch.fnmatchcase(any_key, each) for each in listed(statement.get("Resource")))
        if statement.get("Effect") == "Allow" and decrypts and everywhere:
            yield number
