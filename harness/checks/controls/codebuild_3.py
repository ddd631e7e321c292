"""Control CodeBuild.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class BuildLogEncryption(controlshapes.Setting):
    """Logs tell what a build saw."""

    id = "E9363"
    control = "CodeBuild.3"
    types = ("AWS::CodeBuild::Project",)
    path = ("LogsConfig", "S3Logs", "EncryptionDisabled")
    wanted = ("false",)
    default = "false"
    shortdesc = "Logs of builds in S3 are encrypted"
    description = shortdesc
    remedy = "leave out LogsConfig.S3Logs.EncryptionDisabled"
