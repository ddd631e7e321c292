"""Control Athena.1; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class WorkgroupEncryption(controlshapes.Setting):
    """Results are copies of the data."""

    id = "E9441"
    control = "Athena.1"
    types = ("AWS::Athena::WorkGroup",)
    path = ("WorkGroupConfiguration", "ResultConfiguration", "EncryptionConfiguration")
    shortdesc = "Results of queries are encrypted"
    description = shortdesc
    remedy = "set WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration"
