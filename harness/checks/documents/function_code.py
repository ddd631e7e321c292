"""Rule E9107; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks import functions, stackrules
from harness.documents.code import archive


class FunctionCode(stackrules.StackRule):
    """A function that cannot be imported fails at its first call, which may be weeks after the launch."""

    id = "E9107"
    shortdesc = "Code of functions compiles and has its handler"
    description = (
        "Every module of a function's archive compiles, the handler is there and takes an event and a context, and "
        "calls of AWS can be followed to a client that has them"
    )
    remedy = "correct Handler, or the code"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each function's code."""
        for function in functions.functions(stack):
            logical_id = function.resource.logical_id
            found = list(function.archive.findings)
            wrong = archive.handler_problem(function.archive, function.handler)
            if wrong is not None and not wrong.place.path and not found:
                problem = f"{logical_id}: {wrong.problem}"
                yield stackrules.Broken(logical_id, ("Handler",), problem, remedy=wrong.remedy)
            elif not found:
                found += function.calls.findings if wrong is None else [wrong]
            for each in found:
                yield stackrules.Broken(logical_id, (), each.problem, place=each.place, remedy=each.remedy)
