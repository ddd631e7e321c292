"""The one error that is meant for people: a sentence that says what stops a deployment and what they can do."""

from __future__ import annotations


class RefusedError(Exception):
    """The deployment stops here; the message is a sentence for the team."""
