"""Control SageMaker.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class NotebookRoot(controlshapes.Setting):
    """Who is root there can undo what the lifecycle configuration set up."""

    id = "E9303"
    control = "SageMaker.3"
    types = ("AWS::SageMaker::NotebookInstance",)
    path = ("RootAccess",)
    wanted = ("Disabled",)
    default = "Enabled"
    shortdesc = "Users of notebook instances are not root"
    description = shortdesc
    remedy = "set RootAccess to Disabled"
