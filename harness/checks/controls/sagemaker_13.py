"""Control SageMaker.13; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelQualityEncryption(controlshapes.Setting):
    """Data between the machines of a job is encrypted like all data on its way."""

    id = "E9313"
    control = "SageMaker.13"
    types = ("AWS::SageMaker::ModelQualityJobDefinition",)
    path = ("NetworkConfig", "EnableInterContainerTrafficEncryption")
    wanted = ("true",)
    shortdesc = "Model quality job definitions have encryption between containers"
    description = shortdesc
    remedy = "set NetworkConfig.EnableInterContainerTrafficEncryption to true"
