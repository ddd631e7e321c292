"""Rule E9108; see the class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.checks import functions, policies, runtime, stackrules
from harness.documents.code import rights


class FunctionRights(stackrules.StackRule):
    """What its role lacks, a function is refused when it first needs it.

    Looked at by actions: some statement must allow each action on some resource. Whether it is the right resource is
    what the emulator shows, which runs functions under their policies.
    """

    id = "E9108"
    shortdesc = "Functions have the rights that they use"
    description = "The role of a function allows what its code calls and what its configuration makes Lambda do"
    remedy = "allow it in the role's policy, on the resources that are meant"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Calls and configurations that no statement of the role allows."""
        for function in functions.functions(stack):
            if function.role is None or not function.can_be_read:
                continue
            granted = [each.statement for each in functions.grants(stack, function.role)]
            name, role = function.resource.logical_id, function.role.logical_id
            for call in sorted(function.calls.calls, key=lambda each: each.place):
                try:
                    needed = rights.of_call(call.service, call.operation).needed
                except rights.UnknownRightError as error:
                    yield stackrules.Broken(name, (), str(error), place=call.place, remedy="say which: # needs …")
                    continue
                for action in sorted(needed):
                    if not _allowed(action, granted):
                        problem = f"{name} calls {call.operation} of {call.service}, but {role} does not allow {action}"
                        yield stackrules.Broken(name, (), problem, place=call.place)
            for action, place in sorted(function.calls.needed):
                if not _allowed(action, granted):
                    yield stackrules.Broken(
                        name, (), f"{name} needs {action}, but {role} does not allow it", place=place
                    )
            for action, path in runtime.uses(function.resource, stack):
                if not _allowed(action, granted):
                    problem = f"{'.'.join(map(str, path)) or 'what calls it'} of {name} needs {action}"
                    yield stackrules.Broken(name, path, f"{problem}, but {role} does not allow it")


def _allowed(action: str, granted: list[Mapping[str, Any]]) -> bool:
    return any(policies.names_any(each, [action]) for each in granted)
