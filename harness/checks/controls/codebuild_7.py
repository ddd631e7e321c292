"""Control CodeBuild.7; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ReportEncryption(controlshapes.Setting):
    """The control is about reports that are exported to S3."""

    id = "E9367"
    control = "CodeBuild.7"
    types = ("AWS::CodeBuild::ReportGroup",)
    path = ("ExportConfig", "S3Destination", "EncryptionDisabled")
    wanted = ("false",)
    default = "false"
    shortdesc = "Exports of report groups are encrypted"
    description = shortdesc
    remedy = "leave out ExportConfig.S3Destination.EncryptionDisabled"
