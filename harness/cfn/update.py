"""Updates a stack: new and changed resources wave by wave, then what is no longer needed goes; back again if
one fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.cfn.changes import plan_update, with_previous_template
from harness.cfn.create import (
    INITIATED,
    RESOURCE_CANCELLED,
    cancel,
    check_beginning,
    check_exports,
    create_one,
)
from harness.cfn.delete import KEEPING, remove
from harness.cfn.difference import compare, replaces
from harness.cfn.model import (
    Outcome,
    Output,
    Provider,
    ResourceFailure,
    ResourceState,
    StackError,
    StackRequest,
    StackState,
    Surroundings,
)
from harness.cfn.operation import Clock, Operation, StackFacts, resolved_metadata, utc_now
from harness.cfn.prepare import Prepared, hidden_values, prepare
from harness.cfn.references import identify
from harness.cfn.registry import known_type
from harness.cfn.rollback import Progress, roll_back_update
from harness.cfn.stackpolicy import check_policy_body, denial
from harness.cfn.template import Resource

_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "CREATE_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
    }
)
_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


def update_stack(
    state: StackState, request: StackRequest, surroundings: Surroundings, provider: Provider, clock: Clock = utc_now
) -> Outcome:
    """The stack updated, or rolled back to what it was. An empty template in the request means the stack's own.

    Raises `StackError` for what the API refuses at the call, "No updates are to be performed." among it.
    """
    if state.status not in _UPDATABLE:
        raise StackError(f"Stack:{state.stack_id} is in {state.status} state and can not be updated.")
    for body in filter(None, (request.policy, request.policy_during_update)):
        check_policy_body(body)
    request = with_previous_template(request, state)
    prepared = prepare(request, surroundings, state)
    if plan_update(state, prepared).empty and state.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
        raise StackError("No updates are to be performed.")
    hidden = (*hidden_values(state.no_echo, state.parameters, state.resolved), *prepared.hidden)
    role_arn = request.role_arn or state.role_arn
    facts = StackFacts(state.name, state.stack_id, request.tags, role_arn, surroundings, hidden)
    resources = {each.logical_id: each for each in state.resources}
    operation = Operation(facts, provider, clock, state.generation + 1, resources)
    operation.tell_stack("UPDATE_IN_PROGRESS", "User Initiated")
    progress = Progress()
    outputs: tuple[Output, ...] = ()
    try:
        check_beginning(prepared)
        _update_all(state, operation, prepared, progress)
        reason = progress.reason
        if not reason:
            outputs = operation.outputs(prepared)
            _check_exports(state, outputs, surroundings)
    except StackError as error:
        reason = facts.masked(f"{error.message.rstrip('.')}. ")
    if reason:
        return roll_back_update(state, request, operation, progress, reason)
    return _completed(state, prepared, operation, progress, outputs)


def _check_exports(state: StackState, outputs: Sequence[Output], surroundings: Surroundings) -> None:
    own = {each.export_name: each.value for each in state.outputs if each.export_name}
    new = {each.export_name: each.value for each in outputs if each.export_name}
    check_exports(outputs, surroundings, own)
    for name, value in own.items():
        users = [each for each in surroundings.importers.get(name, ()) if each != state.name]
        if users and new.get(name) != value:
            verb = "updated" if name in new else "deleted"
            raise StackError(f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}")


def _update_all(state: StackState, operation: Operation, prepared: Prepared, progress: Progress) -> None:
    """Creates and changes resources until one fails."""
    for wave in prepared.order:
        for index, name in enumerate(wave):
            is_new = state.resource(name) is None
            failed = (
                _create(operation, prepared, progress, name)
                if is_new
                else _change(state, operation, prepared, progress, name)
            )
            if not failed:
                continue
            # What else could have begun by then is given up; what needs it has not begun.
            others = [each for each in wave[index + 1 :] if state.resource(each) is None]
            cancel(operation, prepared, others, "CREATE_FAILED", RESOURCE_CANCELLED)
            progress.failed_to_create += others
            return
    for old in state.resources:
        if old.logical_id not in prepared.resources:
            _check_removable(state, operation, prepared, progress, old)


def _check_removable(
    state: StackState, operation: Operation, prepared: Prepared, progress: Progress, old: ResourceState
) -> None:
    refused = denial(_policy(state, prepared), "Update:Delete", old.logical_id, old.type)
    if refused:
        operation.tell(old.logical_id, old.physical_id, old.type, "UPDATE_FAILED", refused)
        progress.failed_to_update.append(old.logical_id)


def _policy(state: StackState, prepared: Prepared) -> str:
    return prepared.request.policy_during_update or state.policy


def _create(operation: Operation, prepared: Prepared, progress: Progress, name: str) -> bool:
    resource = prepared.resources[name]
    shown = operation.shown(prepared, resource)
    operation.tell(name, "", resource.type, "CREATE_IN_PROGRESS", properties=shown)
    if create_one(operation, prepared, name) is not None:
        progress.failed_to_create.append(name)
        return True
    progress.created.append(name)
    return False


def _change(state: StackState, operation: Operation, prepared: Prepared, progress: Progress, name: str) -> bool:
    """Brings an existing resource to what the template says. Returns whether that failed."""
    resource, current = prepared.resources[name], operation.resources[name]
    kind = known_type(resource.type, operation.facts.surroundings.region)
    shown = operation.shown(prepared, resource)
    try:
        properties = operation.resolved(prepared, resource)
    except ResourceFailure as failure:
        operation.tell(name, current.physical_id, current.type, "UPDATE_FAILED", str(failure), shown)
        progress.failed_to_update.append(name)
        return True
    differences = compare(kind, current.properties, properties)
    retagged = bool(kind.tag_property) and dict(state.tags) != dict(operation.facts.tags)
    if not differences and not retagged:
        progress.declared[name] = current
        operation.resources[name] = _with_declarations(operation, prepared, resource, current)
        return False
    replacing = replaces(differences)
    reason = _REPLACING if replacing else ""
    operation.tell(name, current.physical_id, current.type, "UPDATE_IN_PROGRESS", reason, shown)
    generation = operation.generation if replacing else current.generation
    try:
        refused = denial(
            _policy(state, prepared), "Update:Replace" if replacing else "Update:Modify", name, resource.type
        )
        if refused:
            raise ResourceFailure(refused)
        request = operation.request_for(name, resource.type, properties, generation)
        if replacing:
            old = operation.request_for(name, current.type, current.properties, current.generation)
            if identify(kind, request).physical_id == identify(kind, old).physical_id:
                raise ResourceFailure(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
                    f"{current.physical_id} and update the stack again."
                )
            made = operation.provider.create(request)
        else:
            made = operation.provider.update(request, current)
    except ResourceFailure as failure:
        operation.tell(name, current.physical_id, current.type, "UPDATE_FAILED", str(failure), shown)
        progress.failed_to_update.append(name)
        return True
    (progress.replaced if replacing else progress.changed)[name] = current
    new = operation.state_of(prepared, resource, properties, made, "UPDATE_COMPLETE", generation)
    operation.resources[name] = new
    if replacing:
        operation.tell(name, new.physical_id, new.type, "UPDATE_IN_PROGRESS", INITIATED, shown)
    operation.tell(name, new.physical_id, new.type, "UPDATE_COMPLETE", properties=shown)
    return False


def _with_declarations(
    operation: Operation, prepared: Prepared, resource: Resource, current: ResourceState
) -> ResourceState:
    """The resource untouched, with the policies, dependencies and metadata that the new template declares."""
    return replace(
        current,
        deletion_policy=prepared.policy(resource, "DeletionPolicy"),
        update_replace_policy=prepared.policy(resource, "UpdateReplacePolicy"),
        depends_on=tuple(sorted(prepared.needs[resource.logical_id])),
        metadata=resolved_metadata(resource, operation.scope(prepared)),
    )


def _completed(
    state: StackState,
    prepared: Prepared,
    operation: Operation,
    progress: Progress,
    outputs: tuple[Output, ...],
) -> Outcome:
    request = prepared.request
    operation.tell_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    gone = {each.logical_id: each for each in state.resources if each.logical_id not in prepared.resources}
    # What goes asks the template that had it; what is replaced asks the new one, as PolicyAction of a change set tells.
    policies = {
        **{name: each.deletion_policy for name, each in gone.items()},
        **{name: operation.resources[name].update_replace_policy for name in progress.replaced},
    }
    remove(operation, {**gone, **progress.replaced}, lambda each: policies[each.logical_id] not in KEEPING)
    kept = {name: operation.resources[name] for name in prepared.resources}
    operation.tell_stack("UPDATE_COMPLETE")
    new = replace(
        state,
        status="UPDATE_COMPLETE",
        template=request.template,
        parameters=prepared.values.supplied,
        resolved=prepared.values.resolved,
        resources=tuple(kept.values()),
        outputs=outputs,
        reason="",
        description=prepared.template.description,
        tags=dict(request.tags),
        capabilities=request.capabilities,
        notification_arns=request.notification_arns,
        role_arn=operation.facts.role_arn,
        policy=request.policy or state.policy,
        imports=prepared.imports,
        no_echo=prepared.no_echo,
        generation=operation.generation,
        updated=operation.events[-1].at,
    )
    return Outcome(new, tuple(operation.events))
