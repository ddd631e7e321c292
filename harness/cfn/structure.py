"""Checks that every reference of a template leads somewhere, before any value is known. Raises in
CloudFormation's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

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
from harness.cfn.template import Template

# The one transform that is plain computation; everything else runs somebody's macro.
LANGUAGE_EXTENSIONS_TRANSFORM = "AWS::LanguageExtensions"


@lru_cache(maxsize=512)
def check_structure(template: Template, region: str) -> None:
    """Raises `StackError` for the first thing that `ValidateTemplate` or `CreateStack` would refuse."""
    _check_transforms(template)
    for parameter in template.parameters.values():
        check_type(parameter.type)
    _check_conditions(template)
    for resource in template.resources.values():
        _check_functions(resource.properties, template, f"/Resources/{resource.logical_id}/Properties")
        _check_condition_names([resource.condition], resource.properties, template, "Resources")
    for output in template.outputs.values():
        _check_functions([output.value, output.export_name or ""], template, f"/Outputs/{output.key}")
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


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every intrinsic function in the value, outermost first."""
    if isinstance(value, list):
        for each in value:
            yield from _walk(each)
    elif isinstance(value, dict):
        function = function_of(value)
        if function is not None:
            yield function
        for each in value.values():
            yield from _walk(each)


def _check_functions(value: Any, template: Template, place: str) -> None:
    if _holds_null(value):
        raise StackError(f"Template format error: [{place}] 'null' values are not allowed in templates")
    extended = LANGUAGE_EXTENSIONS_TRANSFORM in template.transforms
    for name, argument in _walk(value):
        if name == "Condition":
            continue
        if name not in SUPPORTED_FUNCTIONS or (name in LANGUAGE_EXTENSIONS and not extended):
            supported = sorted(SUPPORTED_FUNCTIONS - {"Ref"} - (frozenset() if extended else LANGUAGE_EXTENSIONS))
            raise StackError(
                f"Template format error: Encountered unsupported function: {name} Supported functions are: "
                f"[{', '.join(supported)}]"
            )
        if name == "Fn::FindInMap" and isinstance(argument, list) and argument:
            if len(argument) == 4 and not extended:
                raise StackError(
                    "Template error: every Fn::FindInMap object requires three parameters, the map name, "
                    "map key and the "
                    f"attribute for return value (a DefaultValue needs the transform {LANGUAGE_EXTENSIONS_TRANSFORM})"
                )
            if isinstance(argument[0], str) and argument[0] not in template.mappings and len(argument) == 3:
                raise StackError(
                    f"Template error: Mapping named '{argument[0]}' is not present in the 'Mappings' "
                    "section of template."
                )


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_null(each) for each in value.values())
    if isinstance(value, list):
        return any(_holds_null(each) for each in value)
    return value is None


def _check_condition_names(names: Iterable[str], value: Any, template: Template, block: str) -> None:
    used = [name for name in names if name]
    for name, argument in _walk(value):
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
    if resource is None:
        raise StackError(f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}")
    kind = known_type(resource.type, region)
    if reference.attribute != "*" and not has_attribute(kind, reference.attribute):
        raise StackError(
            f"Template error: resource {reference.name} does not support attribute type "
            f"{reference.attribute} in Fn::GetAtt"
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
