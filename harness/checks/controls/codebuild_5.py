"""Control CodeBuild.5; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class BuildPrivileged(controlshapes.Setting):
    """A privileged build reaches the devices of its host."""

    id = "E9365"
    control = "CodeBuild.5"
    types = ("AWS::CodeBuild::Project",)
    path = ("Environment", "PrivilegedMode")
    wanted = ("false",)
    default = "false"
    shortdesc = "Builds do not run in privileged mode"
    description = shortdesc
    remedy = "set Environment.PrivilegedMode to false"
