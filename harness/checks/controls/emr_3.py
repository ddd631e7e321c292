"""Control EMR.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ClusterAtRest(controlshapes.Setting):
    """Of a cluster the setting lies in its security configuration."""

    id = "E9413"
    control = "EMR.3"
    types = ("AWS::EMR::SecurityConfiguration",)
    path = ("SecurityConfiguration", "EncryptionConfiguration", "EnableAtRestEncryption")
    wanted = ("true",)
    default = "false"
    shortdesc = "Clusters encrypt data at rest"
    description = shortdesc
    remedy = "set EncryptionConfiguration.EnableAtRestEncryption to true"
