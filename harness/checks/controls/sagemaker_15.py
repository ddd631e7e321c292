"""Control SageMaker.15; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes, stackrules


class ModelBiasEncryption(controlshapes.Setting):
    """The control is about definitions with two or more instances; one has no traffic between containers."""

    id = "E9315"
    control = "SageMaker.15"
    types = ("AWS::SageMaker::ModelBiasJobDefinition",)
    path = ("NetworkConfig", "EnableInterContainerTrafficEncryption")
    wanted = ("true",)
    shortdesc = "Model bias job definitions of several machines have encryption between containers"
    description = shortdesc
    remedy = "set NetworkConfig.EnableInterContainerTrafficEncryption to true"

    def concerns(self, resource: ResourceState) -> bool:
        return int(stackrules.value(resource.properties, "JobResources", "ClusterConfig", "InstanceCount") or 1) > 1
