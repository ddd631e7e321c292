"""Dynamic references (`{{resolve:ssm:…}}`): plain ones become their value, secret ones stay text until a
provider needs them."""

from __future__ import annotations

import json
import re
from typing import Any

from harness.cfn.model import ResourceFailure, StackError, Surroundings

_REFERENCE = re.compile(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]+)\}\}")
_ANY = re.compile(r"\{\{resolve:([^:{}]*):?[^{}]*\}\}")


# Stands around the name of a value that a change set cannot know yet; no template can hold it.
FUTURE = "\x00"


def is_opaque(value: str) -> bool:
    """Whether the text stands for another that is not known here, so that nothing can be said about it."""
    return FUTURE in value or is_secret(value)


def is_secret(value: str) -> bool:
    """Whether the text holds a reference that must not be stored resolved."""
    return "{{resolve:s" in value and any(match.group(1) != "ssm" for match in _REFERENCE.finditer(value))


def resolve_plain(value: Any, surroundings: Surroundings) -> Any:
    """The value with `ssm` references replaced. Raises `StackError` for a parameter or a service that does not
    exist."""
    if isinstance(value, dict):
        return {key: resolve_plain(each, surroundings) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve_plain(each, surroundings) for each in value]
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    for match in _ANY.finditer(value):
        if match.group(1) not in ("ssm", "ssm-secure", "secretsmanager"):
            raise StackError(f"Template error: dynamic reference to an unsupported service: {match.group(0)}")

    def one(match: re.Match[str]) -> str:
        if match.group(1) != "ssm":
            return match.group(0)
        name, _, version = match.group(2).partition(":")
        if version and not version.isdigit():
            raise StackError(f"Incorrect format is used in the following SSM reference: [{match.group(0)}]")
        found = surroundings.ssm.get(name)
        if found is None:
            raise StackError(f"Parameters: [ssm:{match.group(2)}] cannot be found.")
        return found

    return _REFERENCE.sub(one, value)


def reveal(value: Any, surroundings: Surroundings) -> Any:
    """The value with `ssm-secure` and `secretsmanager` references replaced too: for a provider's eyes only.

    Raises `ResourceFailure` for a secret that does not exist.
    """
    if isinstance(value, dict):
        return {key: reveal(each, surroundings) for key, each in value.items()}
    if isinstance(value, list):
        return [reveal(each, surroundings) for each in value]
    if not isinstance(value, str) or not is_secret(value):
        return value
    return _REFERENCE.sub(lambda match: _secret(match.group(1), match.group(2), surroundings), value)


def _secret(service: str, rest: str, surroundings: Surroundings) -> str:
    if service == "ssm-secure":
        found = surroundings.ssm_secure.get(rest.partition(":")[0])
        if found is None:
            raise ResourceFailure(f"Parameters: [ssm-secure:{rest}] cannot be found.")
        return found
    # secretsmanager:secret-id:SecretString:json-key:version-stage:version-id, where the id may be an ARN (seven parts)
    parts = rest.split(":")
    width = 7 if rest.startswith("arn:") else 1
    identifier, options = ":".join(parts[:width]), parts[width:]
    found = surroundings.secrets.get(identifier)
    if found is None:
        raise ResourceFailure("Secrets Manager can't find the specified secret.")
    if options and options[0] not in ("", "SecretString"):
        raise ResourceFailure(f"Incorrect format is used in the following secretsmanager reference: [{rest}]")
    key = options[1] if len(options) > 1 else ""
    if not key:
        return found
    try:
        return str(json.loads(found)[key])
    except (ValueError, KeyError, TypeError):
        raise ResourceFailure(f"Could not find a value associated with JSONKey in SecretString: {key}") from None
