"""Control SageMaker.10; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelExplainabilityEncryption(controlshapes.Setting):
    """Data between the machines of a job is encrypted like all data on its way."""

    id = "E9310"
    control = "SageMaker.10"
    types = ("AWS::SageMaker::ModelExplainabilityJobDefinition",)
    path = ("NetworkConfig", "EnableInterContainerTrafficEncryption")
    wanted = ("true",)
    shortdesc = "Model explainability job definitions have encryption between containers"
    description = shortdesc
    remedy = "set NetworkConfig.EnableInterContainerTrafficEncryption to true"
