"""Control SageMaker.20; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelExplainabilityIsolation(controlshapes.Setting):
    """A job that reads data calls nobody."""

    id = "E9320"
    control = "SageMaker.20"
    types = ("AWS::SageMaker::ModelExplainabilityJobDefinition",)
    path = ("NetworkConfig", "EnableNetworkIsolation")
    wanted = ("true",)
    shortdesc = "Model explainability job definitions have network isolation"
    description = shortdesc
    remedy = "set NetworkConfig.EnableNetworkIsolation to true"
