"""One request to the emulated SageMaker: who asks, where, and for what. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.emulator.identity import Caller

Answer = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request. `parameters` have the shape of the operation's input, timestamps as datetimes."""

    account_id: str
    region: str
    caller: Caller
    parameters: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A required parameter."""
        return self.parameters[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An optional parameter."""
        value = self.parameters.get(name)
        return default if value is None else value

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named parameters that were given."""
        return {name: self.parameters[name] for name in names if self.parameters.get(name) is not None}
