"""A template as frozen data: what each section declares, checked for its shape. References are
`structure.py`'s matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.cfn.body import read_body
from harness.cfn.model import StackError

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Hooks",
    "Resources",
    "Outputs",
)
# fmt: off
_PARAMETER_MEMBERS = frozenset((
    "Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description",
    "MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho",
))
# fmt: on
# fmt: off
_RESOURCE_MEMBERS = frozenset((
    "Type", "Properties", "DependsOn", "Condition", "Metadata", "CreationPolicy", "UpdatePolicy",
    "DeletionPolicy", "UpdateReplacePolicy",
))
# fmt: on
# fmt: off
_OUTPUT_MEMBERS = frozenset((
    "Value", "Description", "Export", "Condition",
))
# fmt: on
# How CloudFormation speaks of a member of the section.
_NAMED = {
    "Mappings": "Mappings name '{}'",
    "Outputs": "Outputs name '{}'",
    "Parameters": "Parameter name {}",
    "Resources": "Resource name {}",
    "Rules": "Rule name {}",
}
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_VERSIONLESS = re.compile(r"\{\{resolve:ssm(-secure)?:[^:{}]+\}\}")  # its value could change without an update
_DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_REPLACE_POLICIES = ("Delete", "Retain", "Snapshot")
# CloudFormation user guide, DeletionPolicy: the types that a snapshot can be made of.
SNAPSHOT_TYPES = frozenset(
    {
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    }
)
_QUOTAS = {"Parameters": 200, "Mappings": 200, "Resources": 500, "Outputs": 200}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter; the limits as given, None where absent."""

    name: str
    type: str
    default: str | None = None
    description: str = ""
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str | None = None
    constraint_description: str = ""
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False


@dataclass(frozen=True)
class Assertion:
    """One assertion of a rule: a rule expression, and what to tell when it is false."""

    expression: Any
    description: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule over parameters; `condition` None means always."""

    name: str
    condition: Any
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True)
class Resource:
    """One declared resource, its properties unresolved."""

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str = ""
    deletion_policy: Any = ""  # text, or an intrinsic; empty: not stated
    update_replace_policy: Any = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputDeclaration:
    """One declared output, unresolved."""

    key: str
    value: Any
    description: str = ""
    export_name: Any = None
    condition: str = ""


@dataclass(frozen=True, eq=False)
class Template:
    """A template whose sections have the right shape. Compared by identity, so that what is found out about it
    can be cached."""

    body: str
    description: str
    metadata: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    rules: tuple[Rule, ...]
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, OutputDeclaration]
    transforms: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def parse_template(body: str) -> Template:
    """The template of that body (YAML or JSON). Raises `StackError` in CloudFormation's words if its shape is wrong.

    Equal bodies give the same object; nobody may change what it holds.
    """
    data = read_body(body)
    unknown = [key for key in data if key not in SECTIONS]
    if unknown:
        raise StackError(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = data.get("AWSTemplateFormatVersion")
    if version is not None and str(version) != "2010-09-09":
        raise StackError("Template format error: AWSTemplateFormatVersion value is not supported.")
    if "Hooks" in data:
        raise StackError("Hooks are not modelled by this emulation")
    if not data.get("Resources"):
        raise StackError("Template format error: At least one Resources member must be defined.")
    for name, quota in _QUOTAS.items():
        if len(_section(data, name)) > quota:
            raise StackError(
                f"Template format error: Number of {name.lower()}, {len(data[name])}, is greater than "
                f"maximum allowed, {quota}"
            )
    description = data.get("Description", "")
    if not isinstance(description, str):
        raise StackError("Template format error: Description must be a string.")
    if len(description.encode()) > 1024:
        raise StackError("Template format error: 'Description' length is greater than 1024.")
    return Template(
        body=body,
        description=description,
        metadata=_section(data, "Metadata"),
        parameters={name: _parameter(name, each) for name, each in _named(data, "Parameters")},
        rules=tuple(_rule(name, each) for name, each in _named(data, "Rules")),
        mappings=_mappings(data),
        conditions=_section(data, "Conditions"),
        resources={name: _resource(name, each) for name, each in _named(data, "Resources")},
        outputs={name: _output(name, each) for name, each in _named(data, "Outputs")},
        transforms=_transforms(data),
    )


def _section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = data.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise StackError(f"Template format error: [/{name}] object is expected")
    return section


def _named(data: Mapping[str, Any], section: str) -> list[tuple[str, Any]]:
    pairs = list(_section(data, section).items())
    for name, _ in pairs:
        if not _LOGICAL_ID.fullmatch(name):
            function = "::".join(name.split("::")[:2])
            if function in ("Fn::ForEach", "Fn::Transform"):  # loops and macros, which would make members of this one
                raise StackError(f"{function} is not modelled by this emulation [/{section}/{name}]")
            raise StackError(f"Template format error: {_NAMED[section].format(name)} is non alphanumeric.")
    return pairs


def _members(block: str, name: str, value: Any, allowed: frozenset[str], singular: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StackError(f"Template format error: Any {block} member must be an object. [/{block}/{name}]")
    for member in value:
        if member not in allowed:
            raise StackError(f"Invalid template {singular} property '{member}'")
    return value


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _scalar_member(name: str, member: str, value: Any) -> str:
    if isinstance(value, dict | list) or value is None:
        raise StackError(f"Template format error: Every {member} member must be a string. [/Parameters/{name}]")
    return _scalar(value)


def _number(name: str, value: Mapping[str, Any], member: str) -> float | None:
    if value.get(member) is None:
        return None
    try:
        return float(value[member])
    except (TypeError, ValueError):
        raise StackError(f"Template format error: {member} of parameter {name} must be a number.") from None


def _length(name: str, value: Mapping[str, Any], member: str) -> int | None:
    number = _number(name, value, member)
    return None if number is None else int(number)


def _parameter(name: str, declared: Any) -> Parameter:
    value = _members("Parameters", name, declared, _PARAMETER_MEMBERS, "parameter")
    if "Type" not in value:
        raise StackError("Template format error: Every Parameters object must contain a Type member.")
    allowed = value.get("AllowedValues")
    if allowed is not None and not isinstance(allowed, list):
        raise StackError(f"Template format error: AllowedValues of parameter {name} must be a list.")
    pattern = value.get("AllowedPattern")
    default = _scalar_member(name, "Default", value["Default"]) if "Default" in value else None
    if default is not None and _VERSIONLESS.search(default):
        raise StackError(f"Template error: parameter {name} should not contain ssm versionless resolver")
    return Parameter(
        name=name,
        type=_scalar_member(name, "Type", value["Type"]),
        default=default,
        description=_scalar_member(name, "Description", value.get("Description", "")),
        allowed_values=tuple(_scalar_member(name, "AllowedValues", each) for each in allowed or ()),
        allowed_pattern=None if pattern is None else _scalar_member(name, "AllowedPattern", pattern),
        constraint_description=_scalar_member(name, "ConstraintDescription", value.get("ConstraintDescription", "")),
        min_length=_length(name, value, "MinLength"),
        max_length=_length(name, value, "MaxLength"),
        min_value=_number(name, value, "MinValue"),
        max_value=_number(name, value, "MaxValue"),
        no_echo=_scalar(value.get("NoEcho", False)).lower() == "true",
    )


def _rule(name: str, declared: Any) -> Rule:
    value = _members("Rules", name, declared, frozenset({"RuleCondition", "Assertions"}), "rule")
    assertions = value.get("Assertions")
    if not isinstance(assertions, list) or not assertions:
        raise StackError(f"Template format error: Rule {name} must contain a list of Assertions.")
    for each in assertions:
        if not isinstance(each, dict) or "Assert" not in each or set(each) - {"Assert", "AssertDescription"}:
            raise StackError(f"Template format error: Every assertion of rule {name} must contain an Assert member.")
    return Rule(
        name=name,
        condition=value.get("RuleCondition"),
        assertions=tuple(Assertion(each["Assert"], str(each.get("AssertDescription", ""))) for each in assertions),
    )


def _mappings(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    mappings = dict(_named(data, "Mappings"))
    for name, mapping in mappings.items():
        if not isinstance(mapping, dict) or not all(isinstance(each, dict) for each in mapping.values()):
            raise StackError(
                f"Template format error: Every Mappings attribute must be a String or a List. [/Mappings/{name}]"
            )
        for first, attributes in mapping.items():
            for second, value in attributes.items():
                if not _is_mapped(value):
                    raise StackError(
                        "Template format error: Every Mappings attribute must be a String or a List. "
                        f"[/Mappings/{name}/{first}/{second}]"
                    )
    return mappings


def _is_mapped(value: Any) -> bool:
    """Whether a map may give the value: text or a list of texts, no function."""
    if isinstance(value, list):
        return all(not isinstance(each, dict | list) and each is not None for each in value)
    return not isinstance(value, dict) and value is not None


def _resource(name: str, declared: Any) -> Resource:
    value = _members("Resources", name, declared, _RESOURCE_MEMBERS, "resource")
    if not isinstance(value.get("Type"), str):
        raise StackError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    properties = value.get("Properties")
    if properties is not None and not isinstance(properties, dict):
        raise StackError(f"Template format error: [/Resources/{name}/Properties] Properties must be an object.")
    depends_on = value.get("DependsOn", [])
    depends_on = [depends_on] if isinstance(depends_on, str) else depends_on
    if not isinstance(depends_on, list) or not all(isinstance(each, str) for each in depends_on):
        raise StackError("Template format error: DependsOn must be a string or list of strings.")
    condition = value.get("Condition", "")
    if not isinstance(condition, str):
        raise StackError("Template format error: Every Condition member must be a string.")
    if "CreationPolicy" in value:
        # It would wait for signals that no machine here sends.
        raise StackError(f"CreationPolicy is not modelled by this emulation [/Resources/{name}]")
    deletion, replace = value.get("DeletionPolicy", ""), value.get("UpdateReplacePolicy", "")
    check_policy(name, value["Type"], "DeletionPolicy", deletion)
    check_policy(name, value["Type"], "UpdateReplacePolicy", replace)
    metadata = value.get("Metadata") or {}
    if not isinstance(metadata, dict):
        raise StackError(f"Template format error: [/Resources/{name}/Metadata] Metadata must be an object.")
    return Resource(
        logical_id=name,
        type=value["Type"],
        properties=properties or {},
        depends_on=tuple(dict.fromkeys(depends_on)),
        condition=condition,
        deletion_policy=deletion,
        update_replace_policy=replace,
        metadata=metadata,
    )


def check_policy(logical_id: str, kind: str, member: str, policy: Any) -> None:
    """Refuse a policy that CloudFormation does not know, or a snapshot of something that has none. Intrinsics pass."""
    if isinstance(policy, dict) or not policy:
        return
    allowed = _DELETION_POLICIES if member == "DeletionPolicy" else _REPLACE_POLICIES
    if policy not in allowed:
        raise StackError(f"Template error: Unrecognized {member} {policy} for resource {logical_id}")
    if policy == "Snapshot" and kind not in SNAPSHOT_TYPES:
        raise StackError(f"Template error: resource type {kind} does not support {member} Snapshot")


def _output(name: str, declared: Any) -> OutputDeclaration:
    value = _members("Outputs", name, declared, _OUTPUT_MEMBERS, "output")
    if value.get("Value") is None:
        raise StackError(f"Template format error: Every Outputs member must contain a Value object. [/Outputs/{name}]")
    export = value.get("Export")
    if export is not None and (not isinstance(export, dict) or set(export) != {"Name"}):
        raise StackError(f"Template format error: Output {name} is malformed. Export must contain a Name.")
    description, condition = value.get("Description", ""), value.get("Condition", "")
    if not isinstance(description, str):
        raise StackError(f"Template format error: Output {name} is malformed. Description must be a string.")
    if not isinstance(condition, str):
        raise StackError("Template format error: Every Condition member must be a string.")
    return OutputDeclaration(
        key=name,
        value=value["Value"],
        description=description,
        export_name=None if export is None else export["Name"],
        condition=condition,
    )


def _transforms(data: Mapping[str, Any]) -> tuple[str, ...]:
    declared = data.get("Transform") or []
    names = [declared] if isinstance(declared, str | dict) else declared
    if not isinstance(names, list):
        raise StackError("Template format error: Transform must be a string or a list of strings.")
    return tuple(each if isinstance(each, str) else str(each.get("Name", "")) for each in names)
