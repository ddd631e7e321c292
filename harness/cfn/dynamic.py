"""Dynamic references (`{{resolve:ssm:…}}`): plain ones become their value, secret ones stay text until a
provider needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.intrinsics import function_of, taken_branch
from harness.cfn.model import ResourceFailure, StackError, Surroundings

_REFERENCE = re.compile(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]+)\}\}")
_ANY = re.compile(r"\{\{resolve:([^:{}]*):?[^{}]*\}\}")
_PARAMETER = re.compile(r"[a-zA-Z0-9_.\-/]+(:\d+)?")

# User guide, "Resources that support dynamic parameter patterns for secure strings"; "*" stands for a list's items.
SECURE_PLACES = frozenset(
    {
        "AWS::DirectoryService::MicrosoftAD/Properties/Password",
        "AWS::DirectoryService::SimpleAD/Properties/Password",
        "AWS::ElastiCache::ReplicationGroup/Properties/AuthToken",
        "AWS::IAM::User/Properties/LoginProfile/Password",
        "AWS::KinesisFirehose::DeliveryStream/Properties/RedshiftDestinationConfiguration/Password",
        "AWS::OpsWorks::App/Properties/AppSource/Password",
        "AWS::OpsWorks::Stack/Properties/CustomCookbooksSource/Password",
        "AWS::OpsWorks::Stack/Properties/RdsDbInstances/*/DbPassword",
        "AWS::RDS::DBCluster/Properties/MasterUserPassword",
        "AWS::RDS::DBInstance/Properties/MasterUserPassword",
        "AWS::Redshift::Cluster/Properties/MasterUserPassword",
    }
)

# Stands around the name of a value that a change set cannot know yet; no template can hold it.
FUTURE = "\x00"


@dataclass(frozen=True)
class WrittenReference:
    """A reference as it stands in a template: where (`AWS::IAM::User/Properties/…`), to what."""

    place: str
    service: str
    key: str  # the name, with the version if one is asked for

    @property
    def pinned(self) -> bool:
        """Whether a version is asked for. CloudFormation looks at these before it answers the call."""
        return self.key.rpartition(":")[2].isdigit() and ":" in self.key

    @property
    def text(self) -> str:
        return f"{{{{resolve:{self.service}:{self.key}}}}}"


def written(value: Any, place: str, conditions: Mapping[str, bool]) -> Iterator[WrittenReference]:
    """The references that are written out in the value, in the branches that are taken."""
    if isinstance(value, str):
        if "{{resolve:" in value:
            for match in _REFERENCE.finditer(value):
                yield WrittenReference(place, match.group(1), match.group(2))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from written(each, f"{place}/{index}", conditions)
    elif isinstance(value, dict):
        function = function_of(value)
        if function is None:
            for key, each in value.items():
                yield from written(each, f"{place}/{key}", conditions)
        elif function[0] == "Fn::If":
            yield from written(taken_branch(function[1], conditions), place, conditions)
        elif isinstance(function[1], list):
            for each in function[1]:
                yield from written(each, place, conditions)
        else:
            yield from written(function[1], place, conditions)


def check_written(references: list[WrittenReference], surroundings: Surroundings) -> str:
    """Raises `StackError` for what is refused at the call.

    Returns what fails the stack before its first resource: the same faults of references without a version, which
    are looked at only then. Empty if there is none.
    """
    for each in references:
        if each.service != "secretsmanager" and not _PARAMETER.fullmatch(each.key):
            raise StackError(f"Incorrect format is used in the following SSM reference: [{each.text}]")
    misplaced = [each for each in references if each.service == "ssm-secure" and _generic(each) not in SECURE_PLACES]
    if any(each.pinned for each in misplaced):
        raise StackError(_unsupported([each for each in misplaced if each.pinned]))
    for each in references:
        name = each.key.partition(":")[0]
        if each.service == "ssm" and surroundings.ssm_types.get(name) == "SecureString":
            raise StackError(f"Non-secure ssm prefix was used for secure parameter {name}")
        if each.service == "ssm" and each.pinned and surroundings.ssm.get(each.key) is None:
            raise StackError(f"Parameters: [ssm:{each.key}] cannot be found.")
    return _unsupported(misplaced) if misplaced else ""


def _generic(reference: WrittenReference) -> str:
    return "/".join("*" if step.isdigit() else step for step in reference.place.split("/"))


def _unsupported(misplaced: list[WrittenReference]) -> str:
    return f"SSM Secure reference is not supported in: [{','.join(each.place for each in misplaced)}]"


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
        if not _PARAMETER.fullmatch(match.group(2)):
            raise StackError(f"Incorrect format is used in the following SSM reference: [{match.group(0)}]")
        found = surroundings.ssm.get(match.group(2))
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
        found = surroundings.ssm_secure.get(rest)
        if found is None:
            raise ResourceFailure(f"Parameters: [ssm-secure:{rest}] cannot be found.")
        return found
    # secretsmanager:secret-id:SecretString:json-key:version-stage:version-id, where the id may be an ARN (seven parts)
    parts = rest.split(":")
    width = 7 if rest.startswith("arn:") else 1
    identifier, options = ":".join(parts[:width]), [*parts[width:], "", "", "", ""]
    kind, key, stage, version = options[:4]
    found = surroundings.secrets.get(f"{identifier}:{stage}:{version}" if stage or version else identifier)
    if found is None:
        raise ResourceFailure("Secrets Manager can't find the specified secret.")
    if kind not in ("", "SecretString"):
        raise ResourceFailure(f"Incorrect format is used in the following secretsmanager reference: [{rest}]")
    return _member(found, key) if key else found


def _member(secret: str, key: str) -> str:
    try:
        held = json.loads(secret)
    except ValueError:
        raise ResourceFailure("Could not parse SecretString JSON") from None
    if not isinstance(held, dict) or key not in held:
        raise ResourceFailure("Could not find a value associated with JSONKey in SecretString")
    return str(held[key])
