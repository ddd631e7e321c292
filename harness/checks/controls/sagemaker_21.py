"""Control SageMaker.21; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class NotebookKey(controlshapes.Setting):
    """The volume holds what people copied to it."""

    id = "E9321"
    control = "SageMaker.21"
    types = ("AWS::SageMaker::NotebookInstance",)
    path = ("KmsKeyId",)
    shortdesc = "Notebook instances are encrypted with a customer key"
    description = shortdesc
    remedy = "set KmsKeyId to the data key"
