"""What an update does to a stack, resource by resource, and what is at stake: data, and names that others know.

The change set says what CloudFormation would announce; the update is carried out as well, and what it made of each
resource settles what the change set leaves open. Nothing here judges whether an update is acceptable.
"""

from __future__ import annotations

from harness.cfn.changes import Change, Plan, change_set
from harness.cfn.effects import Effect, Fate, Impact, Kind
from harness.cfn.model import Provider, ResourceState, StackRequest, StackState, Surroundings
from harness.cfn.naming import given_name
from harness.cfn.registry import known_type
from harness.cfn.stack import update_stack
from harness.cfn.stateful import held_data
from harness.cfn.template import parse_template

_FATES: dict[str, Fate] = {"Delete": "deleted", "Snapshot": "snapshot"}


def foresee(request: StackRequest, surroundings: Surroundings, state: StackState, provider: Provider) -> Impact:
    """What the update would do to the stack. Raises `StackError` as the call would, but not when nothing changes."""
    plan = change_set(request, surroundings, state)
    if plan.empty:
        kept = tuple(Effect(each.logical_id, each.type, "kept") for each in state.resources)
        return Impact(kept)
    outcome = update_stack(state, request, surroundings, provider)
    judge = _Judge(state, plan, surroundings.region)
    if outcome.state.status != "UPDATE_COMPLETE":
        failed = [each for each in outcome.events if each.status.endswith("_FAILED") and each.logical_id != state.name]
        first = [each for each in failed if "cancelled" not in each.reason] or failed
        return Impact(judge.effects(None), failures=tuple(first), reason=outcome.state.reason)
    before = {each.key: each for each in state.outputs}
    after = {each.key: each for each in outcome.state.outputs}
    exports = {each.export_name for each in outcome.state.outputs}
    return Impact(
        effects=judge.effects(outcome.state),
        outputs_lost=tuple(key for key in before if key not in after),
        outputs_changed=tuple(key for key in before if key in after and before[key].value != after[key].value),
        exports_lost=tuple(
            each.export_name for each in state.outputs if each.export_name and each.export_name not in exports
        ),
    )


class _Judge:
    """Reads the plan of one update, with what the update made of it."""

    def __init__(self, state: StackState, plan: Plan, region: str) -> None:
        self._state = state
        self._region = region
        self._template = parse_template(state.template)
        self._changes = {each.logical_id: each for each in plan.changes}
        self._certain: dict[str, bool] = {}

    def effects(self, after: StackState | None) -> tuple[Effect, ...]:
        """One for each resource before and after. `after` is None where the update failed: then the plan decides."""
        known = [self._effect(each, after) for each in self._state.resources]
        added = [Effect(each.logical_id, each.type, "added") for each in self._changes.values() if each.action == "Add"]
        return (*known, *added)

    def _effect(self, old: ResourceState, after: StackState | None) -> Effect:
        change = self._changes.get(old.logical_id)
        if change is None:
            return Effect(old.logical_id, old.type, "kept")
        if change.action == "Remove":
            return self._lost(old, "removed", (), _FATES.get(old.deletion_policy, "kept"))
        new = after.resource(old.logical_id) if after else None
        replaced = change.replacement != "False" if new is None else new.physical_id != old.physical_id
        if replaced:
            kind: Kind = "replaced" if self._is_certain(change) else "may be replaced"
            forced = (each.name for each in change.details if each.recreation != "Never")
            policy = new.update_replace_policy if new else old.update_replace_policy
            return self._lost(old, kind, tuple(dict.fromkeys(forced)), _FATES.get(policy, "kept"))
        if new is not None and _same(old, new) and all(each.evaluation == "Dynamic" for each in change.details):
            return Effect(old.logical_id, old.type, "kept")
        causes = dict.fromkeys(each.name or each.attribute for each in change.details)
        return Effect(old.logical_id, old.type, "changed", tuple(causes))

    def _lost(self, old: ResourceState, kind: Kind, causes: tuple[str, ...], fate: Fate) -> Effect:
        declared = self._template.resources[old.logical_id]
        named = given_name(known_type(old.type, self._region), declared, self._template)
        name = str(old.properties.get(named, "")) if named else ""
        return Effect(old.logical_id, old.type, kind, causes, fate, held_data().get(old.type, ""), name)

    def _is_certain(self, change: Change) -> bool:
        """Whether a replacement follows from what is known: a create-only property that differs, for itself or because
        what it refers to is new for certain."""
        name = change.logical_id
        if name not in self._certain:
            self._certain[name] = False  # a circle of causes is none
            self._certain[name] = any(
                each.recreation == "Always" and (each.evaluation == "Static" or self._is_new(each.cause))
                for each in change.details
            )
        return self._certain[name]

    def _is_new(self, cause: str) -> bool:
        change = self._changes.get(cause.partition(".")[0])
        return change is not None and (
            change.action == "Add" or (change.replacement != "False" and self._is_certain(change))
        )


def _same(old: ResourceState, new: ResourceState) -> bool:
    return (old.properties, old.metadata, old.deletion_policy, old.update_replace_policy) == (
        new.properties,
        new.metadata,
        new.deletion_policy,
        new.update_replace_policy,
    )
