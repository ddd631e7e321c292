"""Control SageMaker.8; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class NotebookPlatform(controlshapes.Setting):
    """Others get no security updates. The one value is the control's own parameter (2026-11)."""

    id = "E9308"
    control = "SageMaker.8"
    types = ("AWS::SageMaker::NotebookInstance",)
    path = ("PlatformIdentifier",)
    wanted = ("notebook-al2023-v1",)
    shortdesc = "Notebook instances run on a supported platform"
    description = shortdesc
    remedy = "set PlatformIdentifier to notebook-al2023-v1"
