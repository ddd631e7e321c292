"""What an update would do, computed before anything is done: the change set, and whether there is anything to
do at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.cfn.difference import PropertyChange, compare
from harness.cfn.dynamic import FUTURE, resolve_plain
from harness.cfn.graph import references
from harness.cfn.intrinsics import Scope, resolve, text
from harness.cfn.masking import masked_value
from harness.cfn.model import ResourceState, StackError, StackRequest, StackState, Surroundings
from harness.cfn.operation import LiveResources, outputs_of, resolved_metadata
from harness.cfn.prepare import Prepared, hidden_values, prepare
from harness.cfn.registry import ResourceType, known_type
from harness.cfn.schema import coerce_properties
from harness.cfn.template import Resource, Template, parse_template

Replacement = Literal["True", "False", "Conditional", ""]
KNOWN_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"  # CloudFormation's text for a value that only the change will tell


@dataclass(frozen=True)
class Detail:
    """One reason why a resource changes, in the terms of the API's ResourceChangeDetail."""

    attribute: str  # "Properties", "Metadata", "Tags", "DeletionPolicy" or "UpdateReplacePolicy"
    name: str = ""  # the property
    recreation: str = "Never"
    evaluation: str = "Static"  # "Dynamic": known only when the change is made
    source: str = "DirectModification"
    cause: str = ""  # the parameter or resource that causes it
    before: Any = None  # the value as it may be shown; None: there is none
    after: Any = None


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    action: Literal["Add", "Modify", "Remove", "Import"]
    logical_id: str
    type: str
    physical_id: str = ""
    replacement: Replacement = ""
    details: tuple[Detail, ...] = ()
    policy_action: str = ""
    before: Mapping[str, Any] | None = None  # the properties as they may be shown; None where there is no resource
    after: Mapping[str, Any] | None = None

    def as_api(self, with_values: bool = False) -> dict[str, Any]:
        """The change in the shape of DescribeChangeSet's `Changes` members. `with_values`: IncludePropertyValues."""
        found: dict[str, Any] = {
            "Action": self.action,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type,
            "Scope": list(dict.fromkeys(each.attribute for each in self.details)),
            "Details": [shown for each in self.details for shown in _detail_as_api(each, with_values)],
        }
        optional = {
            "PhysicalResourceId": self.physical_id,
            "Replacement": self.replacement,
            "PolicyAction": self.policy_action,
        }
        found.update({key: value for key, value in optional.items() if value})
        if with_values:
            contexts = {"BeforeContext": self.before, "AfterContext": self.after}
            shown = {key: json.dumps({"Properties": value}) for key, value in contexts.items() if value is not None}
            found.update(shown)
        return {"Type": "Resource", "ResourceChange": found}


def _detail_as_api(detail: Detail, with_values: bool) -> list[dict[str, Any]]:
    target = {"Attribute": detail.attribute}
    if detail.name:
        target |= {"Name": detail.name, "RequiresRecreation": detail.recreation}
    if detail.name and with_values:
        target |= _target_values(detail)
    found: dict[str, Any] = {"Target": target, "Evaluation": detail.evaluation, "ChangeSource": detail.source}
    if detail.cause:
        found["CausingEntity"] = detail.cause
    if detail.source != "ParameterReference":
        return [found]
    # User guide, "Example change sets": before it, the same is told as a change that may come of itself.
    return [{"Target": target, "Evaluation": "Dynamic", "ChangeSource": "DirectModification"}, found]


def _target_values(detail: Detail) -> dict[str, str]:
    values = {"BeforeValue": detail.before, "AfterValue": detail.after}
    kind = "Add" if detail.before is None else "Remove" if detail.after is None else "Modify"
    shown = {key: _shown_text(value) for key, value in values.items() if value is not None}
    return {"Path": f"/Properties/{detail.name}", "AttributeChangeType": kind, **shown}


def _shown_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else text(value)


@dataclass(frozen=True)
class Plan:
    """All changes, in the order of the template, removals last; and whether the stack itself changes (outputs,
    tags)."""

    changes: tuple[Change, ...]
    stack_changes: bool

    @property
    def empty(self) -> bool:
        """Whether an update would do nothing."""
        return not self.changes and not self.stack_changes


def change_set(request: StackRequest, surroundings: Surroundings, state: StackState | None = None) -> Plan:
    """What the request would do to the stack, or to a new one. Raises `StackError` as the update itself would."""
    if state is None:
        prepared = _begun(prepare(request, surroundings))
        return Plan(_additions(prepared), True)
    return plan_update(state, _begun(prepare(with_previous_template(request, state), surroundings, state)))


def _additions(prepared: Prepared) -> tuple[Change, ...]:
    future = _Future((), prepared)
    future.unknown.update(prepared.resources)
    scope = replace(prepared.scope, resources=future)
    return tuple(
        Change("Add", name, each.type, after=_shown(_resolved(each, scope), prepared.hidden))
        for name, each in prepared.resources.items()
    )


def _resolved(resource: Resource, scope: Scope) -> dict[str, Any]:
    """The properties, with a marker in the place of what cannot be known yet."""
    properties: dict[str, Any] = {}
    for name, value in resource.properties.items():
        try:
            found = resolve_plain(resolve({name: value}, scope), scope.surroundings)
        except StackError:  # a function over a value that is not known yet
            found = {name: f"{FUTURE}{name}{FUTURE}"}
        properties.update(found)
    return properties


def _shown(value: Any, hidden: Sequence[str]) -> Any:
    """The value as a change set may show it: NoEcho masked, what comes later named as such."""
    if isinstance(value, Mapping):
        return {key: _shown(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, hidden) for each in value]
    return KNOWN_LATER if isinstance(value, str) and FUTURE in value else masked_value(value, hidden)


def _begun(prepared: Prepared) -> Prepared:
    if prepared.failure:
        raise StackError(prepared.failure)
    return prepared


def with_previous_template(request: StackRequest, state: StackState) -> StackRequest:
    """The request with the stack's own template if it brings none (UsePreviousTemplate)."""
    return request if request.template else replace(request, template=state.template)


def plan_update(state: StackState, prepared: Prepared) -> Plan:
    """The changes that lead from the stack as it is to the prepared request.

    Raises `StackError` where a resource would change its type.
    """
    before = parse_template(state.template)
    retyped = [
        name for name, each in prepared.resources.items() if (old := state.resource(name)) and old.type != each.type
    ]
    if retyped:
        raise StackError(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(retyped)}]"
        )
    planner = _Planner(state, prepared, before)
    changes = [change for wave in prepared.order for name in wave if (change := planner.change(name))]
    position = {name: index for index, name in enumerate(prepared.resources)}
    changes.sort(key=lambda change: position[change.logical_id])
    for old in state.resources:
        if old.logical_id not in prepared.resources:
            action = "Retain" if old.deletion_policy == "RetainExceptOnCreate" else old.deletion_policy
            before = _shown(old.properties, planner.hidden)
            changes.append(
                Change("Remove", old.logical_id, old.type, old.physical_id, policy_action=action, before=before)
            )
    return Plan(tuple(changes), _stack_changes(state, prepared, planner.scope()))


def _stack_changes(state: StackState, prepared: Prepared, scope: Scope) -> bool:
    if dict(state.tags) != dict(prepared.request.tags):
        return True
    try:
        return set(outputs_of(prepared, scope)) != set(state.outputs)
    except StackError:
        return True  # it will be told by the update itself


class _Future(LiveResources):
    """Ref and Fn::GetAtt where some resources do not exist yet."""

    def __init__(self, resources: Sequence[ResourceState], prepared: Prepared) -> None:
        super().__init__({each.logical_id: each for each in resources})
        self.unknown: set[str] = set()
        self._prepared = prepared

    def ref(self, logical_id: str) -> Any:
        return f"{FUTURE}{logical_id}{FUTURE}" if logical_id in self.unknown else super().ref(logical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        if logical_id not in self.unknown:
            return super().attribute(logical_id, name)
        marker = f"{FUTURE}{logical_id}.{name}{FUTURE}"
        kind = known_type(self._prepared.resources[logical_id].type, self._prepared.scope.surroundings.region)
        pointer = kind.attributes.get(name, "").removeprefix("/properties/")
        return [marker] if kind.node(tuple(pointer.split("/"))).get("type") == "array" else marker


class _Planner:
    """Goes through the resources in dependency order and remembers which will be new."""

    def __init__(self, state: StackState, prepared: Prepared, before: Template) -> None:
        self._state = state
        self._prepared = prepared
        self._before = before
        self._future = _Future(state.resources, prepared)
        self.hidden = (*hidden_values(state.no_echo, state.parameters, state.resolved), *prepared.hidden)
        self._region = prepared.scope.surroundings.region
        self._new_parameters = {
            name
            for name, value in prepared.values.resolved.items()
            if name in state.resolved and state.resolved[name] != value
        }

    def scope(self) -> Scope:
        return replace(self._prepared.scope, resources=self._future)

    def change(self, name: str) -> Change | None:
        resource = self._prepared.resources[name]
        old = self._state.resource(name)
        if old is None:
            self._future.unknown.add(name)
            after = _shown(_resolved(resource, self.scope()), self.hidden)
            return Change("Add", name, resource.type, after=after)
        kind = known_type(resource.type, self._region)
        new = coerce_properties(kind, _resolved(resource, self.scope()))
        differences = compare(kind, old.properties, new)
        others = self._others(resource, old, kind)
        if not differences and not others:
            return None
        before, after = _shown(old.properties, self.hidden), _shown(new, self.hidden)
        details = [
            replace(self._detail(resource, each), before=before.get(each.name), after=after.get(each.name))
            for each in differences
        ]
        details += others
        replacement = _replacement(details)
        policy = ""
        if replacement != "False":
            self._future.unknown.add(name)
            policy = f"ReplaceAnd{self._prepared.policy(resource, 'UpdateReplacePolicy')}"
        return Change(
            "Modify", name, resource.type, old.physical_id, replacement, tuple(details), policy, before, after
        )

    def _others(self, resource: Resource, old: ResourceState, kind: ResourceType) -> list[Detail]:
        details = []
        if dict(resolved_metadata(resource, self.scope())) != dict(old.metadata):
            details.append(Detail("Metadata"))
        if self._prepared.policy(resource, "DeletionPolicy") != old.deletion_policy:
            details.append(Detail("DeletionPolicy"))
        if self._prepared.policy(resource, "UpdateReplacePolicy") != old.update_replace_policy:
            details.append(Detail("UpdateReplacePolicy"))
        if kind.tag_property and dict(self._state.tags) != dict(self._prepared.request.tags):
            details.append(Detail("Tags"))
        return details

    def _detail(self, resource: Resource, change: PropertyChange) -> Detail:
        value = resource.properties.get(change.name)
        detail = Detail("Properties", change.name, change.recreation)
        before = self._before.resources.get(resource.logical_id)
        if before is not None and before.properties.get(change.name) == value:
            for each in references(value, self._prepared.scope.conditions):
                if each.name in self._new_parameters:
                    return replace(detail, source="ParameterReference", cause=each.name)
        for each in references(value, self._prepared.scope.conditions):
            if each.name in self._future.unknown:
                source = "ResourceAttribute" if each.attribute else "ResourceReference"
                cause = f"{each.name}.{each.attribute}" if each.attribute else each.name
                return replace(detail, evaluation="Dynamic", source=source, cause=cause)
        return detail


def _replacement(details: list[Detail]) -> Replacement:
    if any(each.recreation == "Always" and each.evaluation == "Static" for each in details):
        return "True"
    return "Conditional" if any(each.recreation != "Never" for each in details) else "False"
