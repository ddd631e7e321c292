"""What an invocation needs to know of a function: a snapshot of its configuration. Data only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Function:
    """One version of a function, as it is at the moment of an invocation."""

    account: str
    region: str
    name: str
    version: str  # $LATEST or a number
    role: str
    runtime: str
    handler: str
    timeout: int  # seconds
    memory: int  # MB
    package_type: str = "Zip"
    environment: Mapping[str, str] = field(default_factory=dict)
    logging: Mapping[str, str] = field(default_factory=dict)  # LoggingConfig
    dead_letter: str = ""  # DeadLetterConfig's TargetArn
    reserved: int | None = None  # reserved concurrent executions
    code: bytes = b""
    code_digest: str = ""
    layers: tuple[bytes, ...] = ()

    @property
    def arn(self) -> str:
        """Without version."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def log_group(self) -> str:
        """Where it logs."""
        return self.logging.get("LogGroup") or f"/aws/lambda/{self.name}"

    @property
    def identity(self) -> str:
        """Differs where a process of one configuration cannot serve the other."""
        told: list[Any] = [self.arn, self.version, self.role, self.runtime, self.handler, self.timeout, self.memory]
        told += [hashlib.sha256(each).hexdigest() for each in self.layers]
        told += [sorted(self.environment.items()), sorted(self.logging.items()), self.code_digest]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()
