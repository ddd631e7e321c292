"""The parts of an ARN. It knows no service."""

from __future__ import annotations

from dataclasses import dataclass


class NotAnArnError(ValueError):
    """The text is no ARN; the message is the text."""


@dataclass(frozen=True)
class Arn:
    """arn:partition:service:region:account:resource."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Raises NotAnArnError."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise NotAnArnError(text)
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
