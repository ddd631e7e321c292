"""Control EMR.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class ClusterSubnet(stackrules.Control):
    """A cluster stands in the platform's private subnets, where nothing gets a public address."""

    id = "E9411"
    control = "EMR.1"
    types = ("AWS::EMR::Cluster",)
    shortdesc = "Primary nodes of clusters have no public address"
    description = shortdesc
    remedy = "set Instances.Ec2SubnetId to a private subnet of the platform"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        instances = resource.properties.get("Instances") or {}
        if not instances.get("Ec2SubnetId") and not instances.get("Ec2SubnetIds"):
            yield ("Instances",), "names no subnet"
