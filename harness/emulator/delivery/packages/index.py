"""The index of a repository, as `pip` in an emulated build asks for it: may the holder of this token read from here?

Repositories keep no packages: whatever is in this machine's environment counts as being in each of them. At AWS pip
asks the repository's host with the token in the address; here it hands that address to the control path.
"""

from __future__ import annotations

import re
from typing import Any

from harness.emulator import control
from harness.emulator.control import Asked, UnknownError
from harness.emulator.delivery.packages import tokens
from harness.emulator.delivery.packages.lookup import by_arn
from harness.emulator.delivery.packages.model import Repository
from harness.emulator.enforcement import authorize
from harness.emulator.enforcement.services.packages import policy_of
from harness.emulator.enforcement.table import Need
from harness.emulator.identity import PARTITION
from harness.iam import UnreadablePolicyError, denial

_INDEX = re.compile(
    r"https://(?:aws:(?P<token>[^@/]*)@)?(?P<domain>[a-z0-9-]+)-(?P<owner>\d{12})\.d\.codeartifact\."
    r"(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com|on\.aws)/pypi/(?P<repository>[^/]+)/simple/?"
)


def opened(address: str) -> Repository:
    """The repository behind the address of an index. Raises UnknownError with what HTTP would answer."""
    match = _INDEX.fullmatch(address)
    if match is None:
        raise UnknownError("404: that is no index of CodeArtifact")
    token = tokens.read(match["token"] or "")
    place = f"{match['region']}:{match['owner']}"
    domain = f"arn:{PARTITION}:codeartifact:{place}:domain/{match['domain']}"
    if token is None or token.domain != domain:
        raise UnknownError(f"401: the token is not one of {domain}, or it is over")
    arn = f"arn:{PARTITION}:codeartifact:{place}:repository/{match['domain']}/{match['repository']}"
    need = Need("codeartifact:ReadFromRepository", arn, match["owner"], policy=policy_of(arn))
    try:
        decision, request = authorize.decide(need, token.holder, match["region"])
    except UnreadablePolicyError as error:
        raise UnknownError(f"403: the emulated landscape cannot decide it: {error}") from None
    if not decision.allowed:
        raise UnknownError(f"403: {denial(request, decision)}")
    found = by_arn(arn)
    if not isinstance(found, Repository):
        raise UnknownError(f"404: there is no repository {arn}")
    return found


def _controlled(asked: Asked) -> dict[str, Any]:
    """…/packages/index: opens the index whose address is in the body."""
    if asked.path[1:] != ("index",):
        raise UnknownError("there is packages/index")
    return {"repository": opened(asked.text("address")).arn}


def install() -> None:
    """Opens the control path."""
    control.register("packages", _controlled)
