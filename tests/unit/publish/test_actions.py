"""Idempotency tokens: the same for the same content, another for any other."""

from __future__ import annotations

import re

from harness.publish import actions as act
from tests.unit.publish.hubs import version

ACTION = act.CreateVersion("domain", version("1.0.0"))


def test_a_token_is_what_the_service_allows() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}", act.token("tiny/1/eu-west-1", ACTION))


def test_the_same_content_gives_the_same_token() -> None:
    again = act.CreateVersion("domain", version("1.0.0"))
    assert act.token("tiny/1/eu-west-1", again) == act.token("tiny/1/eu-west-1", ACTION)


def test_other_content_or_another_place_gives_another_token() -> None:
    other = act.CreateVersion("domain", version("1.0.0", "b"))
    tokens = {act.token("s", ACTION), act.token("s", other), act.token("t", ACTION)}
    assert len(tokens) == 3
