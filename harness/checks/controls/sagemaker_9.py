"""Control SageMaker.9; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class DataQualityEncryption(controlshapes.Setting):
    """Data between the machines of a job is encrypted like all data on its way."""

    id = "E9309"
    control = "SageMaker.9"
    types = ("AWS::SageMaker::DataQualityJobDefinition",)
    path = ("NetworkConfig", "EnableInterContainerTrafficEncryption")
    wanted = ("true",)
    shortdesc = "Data quality job definitions have encryption between containers"
    description = shortdesc
    remedy = "set NetworkConfig.EnableInterContainerTrafficEncryption to true"
