"""Control Lambda.2; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules

_SUPPORTED = (
    "dotnet8", "dotnet9", "java11", "java17", "java21", "java25", "java8.al2", "nodejs20.x", "nodejs22.x", "nodejs24.x",
    "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "ruby3.2", "ruby3.3", "ruby3.4",
)  # fmt: skip


class FunctionRuntime(stackrules.Control):
    """Others get no security updates. The list is the control's own parameter (2026-11); images bring their own."""

    id = "E9372"
    control = "Lambda.2"
    types = ("AWS::Lambda::Function",)
    shortdesc = "Functions run on supported runtimes"
    description = shortdesc
    remedy = "set Runtime to python3.13"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        runtime = resource.properties.get("Runtime")
        if resource.properties.get("PackageType", "Zip") == "Zip" and runtime not in _SUPPORTED:
            yield ("Runtime",), f"runs on {runtime}"
