"""Control Lambda.7; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class FunctionTracing(controlshapes.Setting):
    """A trace shows which call failed or was slow."""

    id = "E9377"
    control = "Lambda.7"
    types = ("AWS::Lambda::Function",)
    path = ("TracingConfig", "Mode")
    wanted = ("Active",)
    default = "PassThrough"
    shortdesc = "Functions are traced"
    description = shortdesc
    remedy = "set TracingConfig.Mode to Active"
