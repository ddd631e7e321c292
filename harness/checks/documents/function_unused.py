"""Rule E9109; see the class."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.checks import functions, policies, resources, runtime, stackrules
from harness.checks.written import as_written
from harness.documents.code import rights
from harness.documents.code.values import OWN_ROLE
from harness.iam.wildcards import meets

Used = frozenset[tuple[str, str]]  # action and ARN, or pattern of it


class FunctionUnusedRights(stackrules.StackRule):
    """What a role may and its functions never do is what somebody else would do with it (N8).

    By action and by resource: what an argument of a call may name counts as used, all of a kind where nobody knows. A
    right whose use the code does not show is declared there: `# needs service:Action: why`.
    """

    id = "E9109"
    shortdesc = "Functions have no rights that they do not use"
    description = (
        "Every action and every resource that the role of a function allows is come to by its code, or by Lambda for it"
    )
    remedy = "take it out, or say where the code uses it: # needs service:Action: why"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Actions and resources that no function with the role uses."""
        roles = {each.logical_id: each for each in stack.of("AWS::IAM::Role")}
        of_role: dict[str, list[functions.Function]] = defaultdict(list)
        for function in functions.functions(stack):
            if function.role is not None:
                of_role[function.role.logical_id].append(function)
        for name, users in of_role.items():
            if not all(each.can_be_read for each in users) or not _for_lambda_alone(roles[name].properties):
                continue
            used = frozenset(each for user in users for each in _used(user, stack))
            who = " and ".join(sorted(each.resource.logical_id for each in users))
            for granted in functions.grants(stack, roles[name]):
                for each in _unused(name, who, granted, used):
                    yield replace(each, problem=as_written(each.problem, stack))


def _unused(role: str, who: str, granted: functions.Granted, used: Used) -> Iterator[stackrules.Broken]:
    statement = granted.statement
    actions, named = policies.listed(statement.get("Action")), policies.listed(statement.get("Resource"))
    services = {action.partition(":")[0] for action, _ in used} | {"lambda"}
    idle = [each for each in actions if not _is_used(each, named, statement, used, services)]
    for number, pattern in enumerate(actions):
        if pattern in idle:
            on = "" if not any(_covers(pattern, each) for each, _ in used) else f" on {' and '.join(named)}"
            problem = f"{role} allows {pattern}{on}, which {who} never uses{' there' if on else ''}"
            yield stackrules.Broken(granted.logical_id, (*granted.path, *_at(statement, "Action", number)), problem)
    rest = [each for each in actions if each not in idle]
    for number, resource in enumerate(named):
        if rest and not any(_is_used(each, [resource], statement, used, services) for each in rest):
            problem = f"{role} allows {' and '.join(rest)} on {resource}, which {who} never comes to"
            yield stackrules.Broken(granted.logical_id, (*granted.path, *_at(statement, "Resource", number)), problem)


def _used(function: functions.Function, stack: stackrules.Stack) -> Iterator[tuple[str, str]]:
    here = functions.here(stack, function)
    for call in function.calls.calls:
        if call.role != OWN_ROLE:
            continue
        try:
            known = rights.of_call(call.service, call.operation)
        except rights.UnknownRightError:  # told by E9108
            continue
        handing = {resources.PASSES} if resources.passed(call, here) else set()
        for action in known.needed | known.possible | handing:
            yield from ((action, arn) for arns in resources.about(call, action, here) for arn in arns)
    yield from ((action, "*") for action, _ in function.calls.needed)
    yield from ((use.action, use.resource) for use in runtime.uses(function.resource, stack))


def _is_used(pattern: str, named: list[str], statement: Any, used: Used, services: set[str]) -> bool:
    wanted = [re.sub(r"\$\{[^}]*\}", "*", each) for each in named] or ["*"]  # NotResource: whatever it leaves
    if any(_covers(pattern, action) and any(meets(each, arn) for each in wanted) for action, arn in used):
        return True
    # A key is used by a service on the function's behalf, when the function calls that one.
    if not pattern.startswith("kms:"):
        return False
    via = stackrules.value(statement, "Condition", "StringEquals", "kms:ViaService")
    return via is None or any(each.partition(".")[0] in services for each in policies.listed(via))


def _covers(pattern: str, action: str) -> bool:
    return fnmatch.fnmatchcase(action.lower(), pattern.lower())


def _for_lambda_alone(role: object) -> bool:
    trusted = policies.stated(stackrules.value(role, "AssumeRolePolicyDocument"))
    named = [each for one in trusted for each in policies.listed(stackrules.value(one, "Principal", "Service"))]
    return named == ["lambda.amazonaws.com"]


def _at(statement: Any, element: str, number: int) -> stackrules.Location:
    return (element, number) if isinstance(stackrules.value(statement, element), list) else (element,)
