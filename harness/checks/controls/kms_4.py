"""Control KMS.4; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes


class KeyRotation(controlshapes.Setting):
    """Keys for signing, of imported material and of custom stores do not rotate by themselves."""

    id = "E9354"
    control = "KMS.4"
    types = ("AWS::KMS::Key",)
    path = ("EnableKeyRotation",)
    wanted = ("true",)
    default = "false"
    shortdesc = "Keys are rotated"
    description = shortdesc
    remedy = "set EnableKeyRotation to true"

    def concerns(self, resource: ResourceState) -> bool:
        symmetric = resource.properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        return bool(symmetric and resource.properties.get("Origin", "AWS_KMS") == "AWS_KMS")
