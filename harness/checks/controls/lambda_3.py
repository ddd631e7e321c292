"""Control Lambda.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class FunctionVpc(controlshapes.Setting):
    """What a function calls then passes the endpoints and their policies."""

    id = "E9373"
    control = "Lambda.3"
    types = ("AWS::Lambda::Function",)
    path = ("VpcConfig", "SubnetIds")
    shortdesc = "Functions stand in the VPC"
    description = shortdesc
    remedy = "set VpcConfig to the platform's private subnets, or say in an exception why it has none"
