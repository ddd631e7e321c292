"""Control Lambda.5; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class FunctionZones(stackrules.Control):
    """The platform's private subnets lie in different zones: two are two zones. It is about functions in the VPC."""

    id = "E9375"
    control = "Lambda.5"
    types = ("AWS::Lambda::Function",)
    shortdesc = "Functions in the VPC stand in more than one zone"
    description = shortdesc
    remedy = "give VpcConfig.SubnetIds the platform's subnets"

    def concerns(self, resource: ResourceState) -> bool:
        return bool(stackrules.value(resource.properties, "VpcConfig", "SubnetIds"))

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        subnets = stackrules.value(resource.properties, "VpcConfig", "SubnetIds")
        if len(set(subnets)) < 2:
            yield ("VpcConfig", "SubnetIds"), "stands in one subnet"
