"""What is wrong with a policy that cannot be judged."""

from __future__ import annotations


class UnreadablePolicyError(ValueError):
    """The policy says something that would mislead whoever went on with it; the message names policy and statement."""
