"""Control SageMaker.1; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class NotebookInternet(controlshapes.Setting):
    """Without it, data leaves only by the ways that the VPC has."""

    id = "E9301"
    control = "SageMaker.1"
    types = ("AWS::SageMaker::NotebookInstance",)
    path = ("DirectInternetAccess",)
    wanted = ("Disabled",)
    default = "Enabled"
    shortdesc = "Notebook instances have no internet access of their own"
    description = shortdesc
    remedy = "set DirectInternetAccess to Disabled, with a SubnetId"
