"""AWS clients for the emulated landscape, deaf to how this machine is configured (profiles, proxies, endpoints)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config


@lru_cache(maxsize=1)
def isolated_session() -> botocore.session.Session:
    """A botocore session that reads no configuration of this machine. Shared: its models are slow to load."""
    session = botocore.session.Session(
        session_vars={
            "config_file": (None, None, "/dev/null", None),
            "credentials_file": (None, None, "/dev/null", None),
            "profile": (None, None, None, None),
        }
    )
    session.set_credentials("000000000000", "none")
    return session


def administrator(service: str, account_id: str, region: str, url: str) -> Any:
    """A client as the administrator of an account of the emulated landscape served at that URL."""
    return isolated_session().create_client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=account_id,
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=300, proxies={}, s3={"addressing_style": "path"}),
    )
