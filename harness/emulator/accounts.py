"""The accounts of this process: making them empty again. They come to be when they are first used."""

from __future__ import annotations

from collections.abc import Collection

from moto.core.base_backend import BackendDict
from moto.organizations.models import organizations_backends
from moto.s3.models import s3_backends

from harness.emulator.identity import close_sessions


def forget_accounts(accounts: Collection[str]) -> None:
    """Removes everything that any emulated service keeps for those accounts; others are untouched."""
    for backends in list(BackendDict._instances):  # the only list of services in use that moto keeps
        for account in accounts:
            backends.pop(account, None)
    close_sessions(accounts)
    for account in accounts:
        organizations_backends.master_accounts.pop(account, None)
    # Bucket names are the world's, so moto keeps their owners apart.
    owners = s3_backends.bucket_accounts
    for bucket in [name for name, (_, account) in owners.items() if account in accounts]:
        del owners[bucket]
