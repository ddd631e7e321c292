"""What only time or the operator of a landscape does, by hand: /moto-api/platform/… for people and tests.

No AWS service has these paths, nobody signs requests to them, and products never call them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from harness.emulator import background, defects
from harness.emulator.failures import FAILURES

PREFIX = "/moto-api/platform/"
_SECONDS, _MOST_SECONDS = 30.0, 300.0


@dataclass(frozen=True)
class Asked:
    """A request: the parts of its path after the prefix, and its parameters from query and JSON body."""

    method: str
    path: tuple[str, ...]
    parameters: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """A parameter. Raises UnknownError where it is needed (no default) and not there."""
        value = self.parameters.get(name, default)
        if value in ("", None) and default == "":
            raise UnknownError(f"the parameter {name} is missing")
        return str(value)


class UnknownError(Exception):
    """What was asked for is not there; the message says what."""


Answer = tuple[int, Any]
Action = Callable[[Asked], Any]
# First part of the path → what answers it. Services add theirs with `register`.
_actions: dict[str, Action] = {}


def register(name: str, action: Action) -> None:
    """Lets an action answer everything under /moto-api/platform/NAME; what it gives becomes JSON."""
    _actions[name] = action


def answer(environ: Mapping[str, Any]) -> Answer:
    """The status and the JSON value for a request under the prefix."""
    try:
        asked = _asked(environ)
        action = _actions.get(asked.path[0])
        if action is None:
            raise UnknownError(f"nothing is known of {asked.path[0]}: there is {', '.join(sorted(_actions))}")
        return 200, action(asked)
    except UnknownError as error:
        return 404, {"error": str(error)}
    except Exception as error:  # an account or a region that there cannot be, or a defect: whoever asks is told
        defects.note(str(environ.get("PATH_INFO")), error)
        return 500, {"error": f"{type(error).__name__}: {error}"}


def _asked(environ: Mapping[str, Any]) -> Asked:
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
    parameters: dict[str, Any] = {
        key: values[0] for key, values in parse_qs(str(environ.get("QUERY_STRING", ""))).items()
    }
    length = str(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(int(length)) if length.isdigit() and int(length) else b""
    if body:
        try:
            parameters |= json.loads(body)
        except (ValueError, TypeError):
            raise UnknownError("the body is no JSON object") from None
    return Asked(str(environ.get("REQUEST_METHOD")), tuple(path.removeprefix(PREFIX).split("/")), parameters)


def _idle(asked: Asked) -> dict[str, Any]:
    """Waits until nothing is under way, at most `seconds`."""
    given = asked.text("seconds", str(_SECONDS))
    try:
        seconds = min(float(given), _MOST_SECONDS)
    except ValueError:
        raise UnknownError(f"seconds is a number, and not {given!r}") from None
    idle = background.wait_until_idle(seconds)
    return {"idle": idle, "inFlight": background.in_flight()}


def _deliveries(asked: Asked) -> dict[str, Any]:
    """What could not be delivered; DELETE forgets it."""
    told = FAILURES.told(asked.text("account", " ").strip())
    if asked.method == "DELETE":
        FAILURES.forget()
    return {"failed": told}


register("idle", _idle)
register("deliveries", _deliveries)
background.when_ended(FAILURES.forget)
