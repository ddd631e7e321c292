"""Control DynamoDB.6; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class TableProtection(controlshapes.Setting):
    """One call deletes a table with all items."""

    id = "E9406"
    control = "DynamoDB.6"
    types = ("AWS::DynamoDB::Table",)
    path = ("DeletionProtectionEnabled",)
    wanted = ("true",)
    default = "false"
    shortdesc = "Tables are protected from deletion"
    description = shortdesc
    remedy = "set DeletionProtectionEnabled to true, or say in an exception what its loss means"
