"""Checks that every reference of a template leads somewhere, before any value is known. Raises in
CloudFormation's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from harness.cfn import arguments
from harness.cfn.arguments import check_arguments
from harness.cfn.conditions import BOOLEAN_FUNCTIONS
from harness.cfn.graph import Reference, dependencies, references, waves
from harness.cfn.intrinsics import (
    LANGUAGE_EXTENSIONS,
    PSEUDO_PARAMETERS,
    SUPPORTED_FUNCTIONS,
    function_of,
    unresolved,
)
from harness.cfn.model import StackError
from harness.cfn.parameters import check_type
from harness.cfn.registry import ResourceType, check_types, known_type
from harness.cfn.rules import RULE_FUNCTIONS
from harness.cfn.template import OutputDeclaration, Resource, Template

# The one transform that is plain computation; everything else runs somebody's macro.
LANGUAGE_EXTENSIONS_TRANSFORM = "AWS::LanguageExtensions"
# User guide, "Condition functions": what may stand inside of a condition.
_IN_CONDITIONS = BOOLEAN_FUNCTIONS | {
    "Condition",
    "Ref",
    "Fn::FindInMap",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
}
# fmt: off
# What CloudFormation lists, in its order.
_LISTED_FUNCTIONS = [
    "Fn::Base64", "Fn::GetAtt", "Fn::GetAZs", "Fn::ImportValue", "Fn::Join", "Fn::Split", "Fn::FindInMap",
    "Fn::Select", "Ref", "Fn::Equals", "Fn::If", "Fn::Not", "Condition", "Fn::And", "Fn::Or", "Fn::Contains",
    "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::ValueOf", "Fn::ValueOfAll", "Fn::RefAll", "Fn::Sub", "Fn::Cidr",
]
# fmt: on
EXPORT_NAME = re.compile(r"[A-Za-z0-9:-]{1,255}")


@lru_cache(maxsize=512)
def check_structure(template: Template, region: str) -> None:
    """Raises `StackError` for the first thing that `ValidateTemplate` or `CreateStack` would refuse."""
    _check_transforms(template)
    for parameter in template.parameters.values():
        check_type(parameter.type)
    _check_conditions(template)
    for resource in template.resources.values():
        # CloudFormation says Type where the template says Properties.
        _check_functions(resource.properties, template, f"/Resources/{resource.logical_id}/Type")
        _check_attributes(resource, template)
        _check_condition_names([resource.condition], resource.properties, template, "Resources")
    for output in template.outputs.values():
        _check_functions(output.value, template, f"/Outputs/{output.key}/Value")
        _check_functions(output.export_name or "", template, f"/Outputs/{output.key}/Export/Name")
        _check_export_name(output, template)
        _check_condition_names([output.condition], output.value, template, "Outputs")
    check_types([resource.type for resource in template.resources.values()], region)
    _check_references(template, region)
    waves({name: dependencies(each, template.resources) for name, each in template.resources.items()})


def _check_transforms(template: Template) -> None:
    refused = [name for name in template.transforms if name != LANGUAGE_EXTENSIONS_TRANSFORM]
    if refused:
        raise StackError(f"Transforms are not modelled by this emulation: [{', '.join(refused)}]")


def _check_conditions(template: Template) -> None:
    names = {each.name for each in references(template.conditions)}
    names -= set(template.parameters) | PSEUDO_PARAMETERS
    if names:
        raise StackError(
            f"Template format error: Unresolved dependencies [{', '.join(sorted(names))}]. Cannot "
            "reference resources in the "
            "Conditions block of the template"
        )
    for _, name, _ in _walk(template.conditions, "/Conditions"):
        if name == "Fn::ImportValue":
            raise StackError("Template error: Cannot use Fn::ImportValue in Conditions.")
        if name not in _IN_CONDITIONS:
            raise StackError(
                "Template format error: Conditions can only be boolean operations on parameters and other conditions"
            )


def _check_attributes(resource: Resource, template: Template) -> None:
    """The attributes of a resource that take functions only where the language extensions say so."""
    if LANGUAGE_EXTENSIONS_TRANSFORM in template.transforms:
        return
    for member, value in (
        ("DeletionPolicy", resource.deletion_policy),
        ("UpdateReplacePolicy", resource.update_replace_policy),
    ):
        if not isinstance(value, str):
            raise StackError(f"Template format error: Every {member} member must be a string.")


def _walk(value: Any, place: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every intrinsic function in the value with its place, outermost first."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walk(each, f"{place}/{index}")
    elif isinstance(value, dict):
        function = function_of(value)
        if function is not None:
            yield place, *function
        for key, each in value.items():
            yield from _walk(each, f"{place}/{key}")


def _check_functions(value: Any, template: Template, place: str) -> None:
    for null in _nulls(value, place):
        raise StackError(f"[{null}] 'null' values are not allowed in templates")
    for _, name, argument in _walk(value, place):
        if name != "Condition":
            _check_function(name, argument, template)


def _check_function(name: str, argument: Any, template: Template) -> None:
    """Raises `StackError` for a function that may not stand in a resource or an output, or not with such arguments."""
    extended = LANGUAGE_EXTENSIONS_TRANSFORM in template.transforms
    if name == "Fn::Transform":
        macro = argument.get("Name", "") if isinstance(argument, dict) else argument
        raise StackError(f"Transforms are not modelled by this emulation: [{macro}]")
    if name in BOOLEAN_FUNCTIONS | RULE_FUNCTIONS:
        raise StackError(f"Template error: {name} cannot be partially collapsed")
    if name not in SUPPORTED_FUNCTIONS or (name in LANGUAGE_EXTENSIONS and not extended):
        listed = _LISTED_FUNCTIONS + (sorted(LANGUAGE_EXTENSIONS) if extended else [])
        raise StackError(
            f"Template format error: Encountered unsupported function: {name} Supported functions are: "
            f"[{', '.join(listed)}]"
        )
    check_arguments(name, argument)
    if name == "Fn::FindInMap":
        _check_find_in_map(argument, template, extended)
    elif name == "Fn::ImportValue" and _depends_on_more_than_parameters(argument, template):
        raise StackError(
            "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or "
            "Fn::GetAZs"
        )


def _check_find_in_map(argument: Any, template: Template, extended: bool) -> None:
    if len(argument) == 4 and not extended:
        raise StackError(
            f"{arguments.FIND_IN_MAP} (a DefaultValue needs the transform {LANGUAGE_EXTENSIONS_TRANSFORM})"
        )
    if isinstance(argument[0], str) and argument[0] not in template.mappings and len(argument) == 3:
        raise StackError(
            f"Template error: Mapping named '{argument[0]}' is not present in the 'Mappings' section of template."
        )


def _depends_on_more_than_parameters(value: Any, template: Template) -> bool:
    if any(name in ("Fn::ImportValue", "Fn::GetAZs") for _, name, _ in _walk(value)):
        return True
    return any(each.attribute or each.name in template.resources for each in references(value))


def _check_export_name(output: OutputDeclaration, template: Template) -> None:
    name = output.export_name
    if name is None:
        return
    refused = f"Template format error: Output {output.key} is malformed. The Name field of every Export member must "
    if _depends_on_more_than_parameters(name, template):
        raise StackError(refused + "not depend on any resources, imported values, or Fn::GetAZs.")
    if isinstance(name, str) and not EXPORT_NAME.fullmatch(name):
        raise StackError(refused + "be specified and consist only of alphanumeric characters, colons, or hyphens.")


def _nulls(value: Any, place: str) -> Iterator[str]:
    """The places where nothing stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _nulls(each, f"{place}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _nulls(each, f"{place}/{index}")
    elif value is None:
        yield place


def _check_condition_names(names: Iterable[str], value: Any, template: Template, block: str) -> None:
    used = [name for name in names if name]
    for _, name, argument in _walk(value):
        if name == "Fn::If" and isinstance(argument, list) and argument and isinstance(argument[0], str):
            used.append(argument[0])
    for name in used:
        if name not in template.conditions:
            raise StackError(
                f"Template format error: Unresolved condition dependency {name} in the {block} block of the template"
            )


def _check_references(template: Template, region: str) -> None:
    _check_block(template, region, "Resources", [each.properties for each in template.resources.values()])
    wanted = {name for each in template.resources.values() for name in each.depends_on}
    missing = sorted(wanted - set(template.resources))
    if missing:
        raise unresolved(missing, "Resources")
    _check_block(
        template, region, "Outputs", [[each.value, each.export_name or ""] for each in template.outputs.values()]
    )


def _check_block(template: Template, region: str, block: str, values: list[Any]) -> None:
    missing: dict[str, None] = {}
    for reference in references(values):
        if reference.attribute:
            _check_attribute(reference, template, region)
        elif reference.name not in {*template.parameters, *template.resources, *PSEUDO_PARAMETERS}:
            missing[reference.name] = None
    if missing:
        raise unresolved(list(missing), block)


def _check_attribute(reference: Reference, template: Template, region: str) -> None:
    resource = template.resources.get(reference.name)
    if resource is None and not reference.in_sub:
        raise StackError(f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}")
    known = resource is not None and (
        reference.attribute == "*" or has_attribute(known_type(resource.type, region), reference.attribute)
    )
    if known:
        return
    if reference.in_sub:
        raise StackError(
            "Template error: instance of Fn::Sub references invalid resource attribute "
            f"{reference.name}.{reference.attribute}"
        )
    raise StackError(
        f"Template error: resource {reference.name} does not support attribute type {reference.attribute} in Fn::GetAtt"
    )


def has_attribute(kind: ResourceType, name: str) -> bool:
    """Whether Fn::GetAtt knows the attribute."""
    return name in kind.attributes or any(
        known.endswith(".*") and name.startswith(known[:-1]) for known in kind.attributes
    )


def check_active(template: Template, conditions: Mapping[str, bool]) -> tuple[str, ...]:
    """The logical ids of the resources that the conditions let be, in template order.

    Raises `StackError` if one of them, or an active output, needs a resource that is not among them.
    """
    active = {
        name: each for name, each in template.resources.items() if not each.condition or conditions[each.condition]
    }
    if not active:
        raise StackError("Template format error: At least one Resources member must be defined.")
    outputs = [
        [each.value, each.export_name or ""]
        for each in template.outputs.values()
        if not each.condition or conditions[each.condition]
    ]
    for block, values in (("Resources", [each.properties for each in active.values()]), ("Outputs", outputs)):
        names = dict.fromkeys(each.name for each in references(values, conditions))
        missing = [name for name in names if name in template.resources and name not in active]
        if missing:
            raise unresolved(missing, block)
    return tuple(active)
