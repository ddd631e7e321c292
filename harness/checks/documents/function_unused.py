"""Rule E9109; see the class."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterator

from harness.checks import functions, policies, runtime, stackrules
from harness.documents.code import rights


class FunctionUnusedRights(stackrules.StackRule):
    """What a role may and its functions never do is what somebody else would do with it (N8).

    A right whose use the code does not show is declared there: `# needs service:Action: why`.
    """

    id = "E9109"
    shortdesc = "Functions have no rights that they do not use"
    description = "Every action that the role of a function allows is used by its code, or by Lambda for it"
    remedy = "take it out, or say where the code uses it: # needs service:Action: why"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Actions that no function with the role uses."""
        roles = {each.logical_id: each for each in stack.of("AWS::IAM::Role")}
        of_role: dict[str, list[functions.Function]] = defaultdict(list)
        for function in functions.functions(stack):
            if function.role is not None:
                of_role[function.role.logical_id].append(function)
        for name, users in of_role.items():
            if not all(each.can_be_read for each in users) or not _for_lambda_alone(roles[name].properties):
                continue
            used = {action for each in users for action in _used(each, stack)}
            services = {action.partition(":")[0] for action in used} | {"lambda"}
            for granted in functions.grants(stack, roles[name]):
                for number, pattern in enumerate(policies.listed(granted.statement.get("Action"))):
                    if _is_used(pattern, granted.statement, used, services):
                        continue
                    path = (*granted.path, "Action", *([number] if _is_list(granted.statement) else []))
                    problem = f"{name} allows {pattern}, which {' and '.join(_names(users))} never uses"
                    yield stackrules.Broken(granted.logical_id, path, problem)


def _used(function: functions.Function, stack: stackrules.Stack) -> Iterator[str]:
    for call in function.calls.calls:
        try:
            known = rights.of_call(call.service, call.operation)
        except rights.UnknownRightError:  # told by E9108
            continue
        yield from known.needed | known.possible
    yield from (action for action, _ in function.calls.needed)
    yield from (action for action, _ in runtime.uses(function.resource, stack))


def _is_used(pattern: str, statement: object, used: set[str], services: set[str]) -> bool:
    if any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for action in used):
        return True
    # A key is used by a service on the function's behalf, when the function calls that one.
    if not pattern.startswith("kms:"):
        return False
    via = stackrules.value(statement, "Condition", "StringEquals", "kms:ViaService")
    return via is None or any(each.partition(".")[0] in services for each in policies.listed(via))


def _for_lambda_alone(role: object) -> bool:
    trusted = policies.stated(stackrules.value(role, "AssumeRolePolicyDocument"))
    named = [each for one in trusted for each in policies.listed(stackrules.value(one, "Principal", "Service"))]
    return named == ["lambda.amazonaws.com"]


def _is_list(statement: object) -> bool:
    return isinstance(stackrules.value(statement, "Action"), list)


def _names(users: list[functions.Function]) -> list[str]:
    return sorted(each.resource.logical_id for each in users)
