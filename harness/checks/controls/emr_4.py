"""Control EMR.4; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ClusterInTransit(controlshapes.Setting):
    """Nodes exchange rows of data."""

    id = "E9414"
    control = "EMR.4"
    types = ("AWS::EMR::SecurityConfiguration",)
    path = ("SecurityConfiguration", "EncryptionConfiguration", "EnableInTransitEncryption")
    wanted = ("true",)
    default = "false"
    shortdesc = "Clusters encrypt data on its way"
    description = shortdesc
    remedy = "set EncryptionConfiguration.EnableInTransitEncryption to true"
