"""Control SageMaker.16; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes


class ModelRegistry(controlshapes.Setting):
    """Multi-container models are SageMaker.19's."""

    id = "E9316"
    control = "SageMaker.16"
    types = ("AWS::SageMaker::Model",)
    path = ("PrimaryContainer", "ImageConfig", "RepositoryAccessMode")
    wanted = ("Vpc",)
    shortdesc = "A model's container comes from a private registry in the VPC"
    description = shortdesc
    remedy = "set ImageConfig.RepositoryAccessMode to Vpc, or say in an exception which private registry it is"

    def concerns(self, resource: ResourceState) -> bool:
        return "PrimaryContainer" in resource.properties
