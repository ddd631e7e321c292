"""Everything that CloudFormation decides at the call, before a resource is touched: is this request
acceptable, and what is to be made?"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.cfn.capabilities import check_capabilities
from harness.cfn.conditions import evaluate_conditions
from harness.cfn.dynamic import check_written, written
from harness.cfn.graph import dependencies, waves
from harness.cfn.intrinsics import Scope, function_of, resolve, taken_branch
from harness.cfn.masking import MASK
from harness.cfn.model import StackError, StackRequest, StackState, Surroundings
from harness.cfn.parameters import ParameterValues, resolve_parameters
from harness.cfn.rules import check_rules
from harness.cfn.structure import check_active, check_structure
from harness.cfn.template import Resource, Template, check_policy, parse_template

_MOST_TAGS = 50
_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


@dataclass(frozen=True)
class Prepared:
    """An accepted request: what is known before anything is made."""

    request: StackRequest
    stack_id: str
    template: Template
    values: ParameterValues
    scope: Scope  # without resources
    resources: Mapping[str, Resource]  # the active ones
    needs: Mapping[str, frozenset[str]]
    order: tuple[tuple[str, ...], ...]  # waves of logical ids
    imports: tuple[str, ...]
    failure: str = ""  # why the stack fails before its first resource: found only after the call was answered

    @property
    def shown_scope(self) -> Scope:
        """The scope with NoEcho values masked, for what may be shown."""
        masks = dict.fromkeys(self.no_echo, MASK)
        return replace(self.scope, parameters={**self.scope.parameters, **masks}) if masks else self.scope

    @property
    def no_echo(self) -> tuple[str, ...]:
        """The parameters that must never be shown."""
        return tuple(name for name, each in self.template.parameters.items() if each.no_echo)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The values that must never be shown."""
        return hidden_values(self.no_echo, self.values.supplied, self.values.resolved)

    def policy(self, resource: Resource, member: str) -> str:
        """The DeletionPolicy or UpdateReplacePolicy that applies.

        CloudFormation user guide, DeletionPolicy: the default is Delete, save for DB clusters and instances
        outside of one.
        """
        stated = resource.deletion_policy if member == "DeletionPolicy" else resource.update_replace_policy
        value = resolve(stated, self.scope)
        if value:
            check_policy(resource.logical_id, resource.type, member, value)
            return str(value)
        lone_database = resource.type == "AWS::RDS::DBInstance" and "DBClusterIdentifier" not in resource.properties
        keeps = member == "DeletionPolicy" and (resource.type == "AWS::RDS::DBCluster" or lone_database)
        return "Snapshot" if keeps else "Delete"


def hidden_values(no_echo: Iterable[str], supplied: Mapping[str, str], resolved: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of those parameters, items of lists one by one."""
    found: dict[str, None] = {}
    for name in no_echo:
        value = resolved.get(name, "")
        for each in (supplied.get(name, ""), *(value if isinstance(value, list) else [value])):
            found[str(each)] = None
    return tuple(found)


def new_stack_id(name: str, surroundings: Surroundings) -> str:
    """The ARN of a stack, the same each time for the same name and place."""
    place = f"{surroundings.account_id}/{surroundings.region}/{name}"
    unique = uuid.UUID(bytes=hashlib.sha256(place.encode()).digest()[:16], version=4)
    around = f"{surroundings.partition}:cloudformation:{surroundings.region}:{surroundings.account_id}"
    return f"arn:{around}:stack/{name}/{unique}"


def prepare(request: StackRequest, surroundings: Surroundings, previous: StackState | None = None) -> Prepared:
    """The request, accepted. Raises `StackError` with what the API would refuse it with."""
    if not _STACK_NAME.fullmatch(request.name):
        raise StackError(
            f"1 validation error detected: Value '{request.name}' at 'stackName' failed to satisfy "
            "constraint: Member must satisfy "
            "regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    # Those of AWS itself do not count (AWS General Reference, "Tagging your resources").
    tags = sum(not key.startswith("aws:") for key in request.tags)
    if tags > _MOST_TAGS:
        raise StackError(f"Number of tags, {tags}, is greater than maximum allowed, {_MOST_TAGS}")
    template = parse_template(request.template)
    check_structure(template, surroundings.region)
    values = resolve_parameters(template, request.parameters, surroundings, previous.parameters if previous else None)
    stack_id = (previous.stack_id if previous else request.stack_id) or new_stack_id(request.name, surroundings)
    scope = Scope(
        surroundings=surroundings,
        stack_name=request.name,
        stack_id=stack_id,
        parameters=values.resolved,
        mappings=template.mappings,
        notification_arns=request.notification_arns,
    )
    check_rules(template, scope)
    check_capabilities(template, request.capabilities)
    scope = replace(scope, conditions=evaluate_conditions(template, scope))
    active = {name: template.resources[name] for name in check_active(template, scope.conditions)}
    needs = {name: dependencies(each, active, scope.conditions) for name, each in active.items()}
    references = [
        reference
        for each in active.values()
        for reference in written(each.properties, f"{each.type}/Properties", scope.conditions)
    ]
    misplaced = check_written(references, surroundings)
    imports = dict.fromkeys(_imports([_active_values(template, active, scope)], scope))
    return Prepared(
        request=request,
        stack_id=stack_id,
        template=template,
        values=values,
        scope=scope,
        resources=active,
        needs=needs,
        order=waves(needs),
        imports=tuple(imports),
        failure=values.absent or misplaced,
    )


def _active_values(template: Template, active: Mapping[str, Resource], scope: Scope) -> list[Any]:
    outputs = [each for each in template.outputs.values() if not each.condition or scope.conditions[each.condition]]
    return [*(each.properties for each in active.values()), *([each.value, each.export_name or ""] for each in outputs)]


def _imports(value: Any, scope: Scope) -> Iterator[str]:
    """The names of the exports that the value imports, in branches that are taken."""
    if isinstance(value, list):
        for each in value:
            yield from _imports(each, scope)
    elif isinstance(value, dict):
        function = function_of(value)
        if function is not None and function[0] == "Fn::ImportValue":
            yield str(resolve(function[1], scope))
        elif function is not None and function[0] == "Fn::If":
            yield from _imports(taken_branch(function[1], scope.conditions), scope)
        else:
            for each in value.values():
                yield from _imports(each, scope)
