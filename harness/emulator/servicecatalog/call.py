"""One request: who asks, where, with what. Every operation is a function of a `Call` to the members of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.emulator.identity import Caller
from harness.emulator.servicecatalog import backend
from harness.emulator.servicecatalog.store import Store

Answer = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request in one account and region. `arn` is the caller's own (a session), `principal_arn` its role or user."""

    account_id: str
    region: str
    arn: str
    principal_arn: str
    parameters: Mapping[str, Any]

    @property
    def who(self) -> Caller:
        """The caller's identity."""
        return Caller(self.account_id, self.arn, self.principal_arn)

    @property
    def store(self) -> Store:
        """The state of the caller's account and region."""
        return backend.store_of(self.account_id, self.region)

    def get(self, name: str) -> Any:
        """A parameter, or None."""
        return self.parameters.get(name)

    def __getitem__(self, name: str) -> Any:
        """A required parameter."""
        return self.parameters[name]


Operation = Callable[[Call], Answer]
