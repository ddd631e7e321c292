"""Control SageMaker.2; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class NotebookVpc(controlshapes.Setting):
    """Outside of it no rule of the network holds."""

    id = "E9302"
    control = "SageMaker.2"
    types = ("AWS::SageMaker::NotebookInstance",)
    path = ("SubnetId",)
    shortdesc = "Notebook instances stand in the VPC"
    description = shortdesc
    remedy = "set SubnetId to a private subnet of the platform"
