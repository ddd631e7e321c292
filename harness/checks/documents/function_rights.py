"""Rule E9108; see the class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checks import functions, resources, runtime, stackrules
from harness.checks.functions import Acting, Function
from harness.checks.written import as_written
from harness.documents.code import rights
from harness.documents.code.boto import Call
from harness.documents.code.values import OTHER_ROLE, OWN_ROLE
from harness.errors import Place
from harness.iam import UnreadablePolicyError

Location = stackrules.Location


class FunctionRights(stackrules.StackRule):
    """What its role lacks, a function is refused when it first needs it.

    Each call is asked of the policies of the role that it is made as, the function's or one that it assumes, on the
    resource that its arguments name. What nobody knows before it runs (an event's content, a condition) may be allowed.
    Of several values that an argument may have one must be allowed: which goes with which role is not followed.
    """

    id = "E9108"
    shortdesc = "Functions have the rights that they use"
    description = (
        "The role of a function, or the one that it assumes, allows what its code calls, on the resources that the "
        "calls name, and what its configuration makes Lambda do"
    )
    remedy = "allow it in the role's policy, on the resources that are meant"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Calls and configurations that no statement of the role allows."""
        for function in functions.functions(stack):
            if function.role is None or not function.can_be_read:
                continue
            try:
                for each in _judged(function, functions.acting(stack, function.role), stack):
                    problem, remedy = as_written(each.problem, stack), as_written(each.remedy, stack)
                    yield replace(each, problem=problem, remedy=remedy)
            except UnreadablePolicyError as error:
                remedy = "correct the policy"
                yield stackrules.Broken(function.role.logical_id, (), f"it cannot be judged: {error}", remedy=remedy)


def _judged(function: Function, own: Acting, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
    name = function.resource.logical_id
    here = functions.here(stack, function)
    for call in sorted(function.calls.calls, key=lambda each: each.place):
        for role in _roles(call, own, here, stack):
            yield from _call(name, call, role, here)
    for action, place in sorted(function.calls.needed):
        if lacking := own.lacking(action):
            problem = f"{name} needs {action}, but {lacking} does not allow it"
            yield stackrules.Broken(name, (), problem, place=place, remedy=_allow(action, "*"))
    for use in runtime.uses(function.resource, stack):
        if lacking := own.lacking(use.action, use.resource):
            problem = f"{use.why} of {name} needs {use.action}{_on(use.resource)}, but {lacking} does not allow it"
            yield stackrules.Broken(name, use.path, problem, remedy=_allow(use.action, use.resource))


def _roles(call: Call, own: Acting, here: resources.Here, stack: stackrules.Stack) -> Iterator[Acting]:
    """Who makes the call, as far as it is known."""
    if call.role == OWN_ROLE:
        yield own
    elif call.role != OTHER_ROLE:
        found = (functions.known_role(stack, arn) for arn in here.texts([call.role]))
        yield from (each for each in found if each is not None)


def _call(name: str, call: Call, role: Acting, here: resources.Here) -> Iterator[stackrules.Broken]:
    calls = f"{name} calls {call.operation} of {call.service}"
    try:
        needed = set(rights.of_call(call.service, call.operation).needed)
    except rights.UnknownRightError as error:
        yield stackrules.Broken(name, (), str(error), place=call.place, remedy="say which: # needs …")
        return
    if resources.passed(call, here):
        needed.add(resources.PASSES)
    for action in sorted(needed):
        if lacking := role.lacking(action):
            arn = "*" if call.role else _one(resources.about(call, action, here)[0])
            yield _broken(name, call.place, f"{calls}, but {lacking} does not allow {action}", _allow(action, arn))
            continue
        for arns in resources.about(call, action, here):
            found = [role.lacking(action, arn) for arn in arns]
            if all(found):
                problem = f"{calls}{_on(*arns)}, where {found[0]} does not allow {action}"
                yield _broken(name, call.place, problem, _allow(action, _one(arns)))


def _broken(name: str, place: Place, problem: str, remedy: str) -> stackrules.Broken:
    return stackrules.Broken(name, (), problem, place=place, remedy=remedy)


def _one(arns: tuple[str, ...]) -> str:
    return arns[0] if len(arns) == 1 else "*"


def _on(*arns: str) -> str:
    return "" if arns == ("*",) else f" on {' or '.join(arns[:2])}{' or …' if len(arns) > 2 else ''}"


def _allow(action: str, arn: str) -> str:
    where = "the resources that are meant" if arn == "*" else arn
    return f"allow {action} in the role's policy on {where}, or take out what needs it"
