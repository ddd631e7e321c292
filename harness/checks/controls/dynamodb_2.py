"""Control DynamoDB.2; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class TableRecovery(controlshapes.Setting):
    """A mistake of a program is undone by nothing else."""

    id = "E9402"
    control = "DynamoDB.2"
    types = ("AWS::DynamoDB::Table",)
    path = ("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
    wanted = ("true",)
    default = "false"
    shortdesc = "Tables can be restored to a point in time"
    description = shortdesc
    remedy = "set PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled to true"
