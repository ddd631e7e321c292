"""Control DynamoDB.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class DaxEncryption(controlshapes.Setting):
    """A cache holds the same data as its table."""

    id = "E9403"
    control = "DynamoDB.3"
    types = ("AWS::DAX::Cluster",)
    path = ("SSESpecification", "SSEEnabled")
    wanted = ("true",)
    default = "false"
    shortdesc = "DAX clusters are encrypted at rest"
    description = shortdesc
    remedy = "set SSESpecification.SSEEnabled to true"
