"""Control ECR.1; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class RepositoryScanning(controlshapes.Setting):
    """An image that nobody scans is trusted unseen."""

    id = "E9391"
    control = "ECR.1"
    types = ("AWS::ECR::Repository",)
    path = ("ImageScanningConfiguration", "ScanOnPush")
    wanted = ("true",)
    default = "false"
    shortdesc = "Images are scanned"
    description = shortdesc
    remedy = "set ImageScanningConfiguration.ScanOnPush to true"
