"""Control SageMaker.25; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelQualityIsolation(controlshapes.Setting):
    """A job that reads data calls nobody."""

    id = "E9325"
    control = "SageMaker.25"
    types = ("AWS::SageMaker::ModelQualityJobDefinition",)
    path = ("NetworkConfig", "EnableNetworkIsolation")
    wanted = ("true",)
    shortdesc = "Model quality job definitions have network isolation"
    description = shortdesc
    remedy = "set NetworkConfig.EnableNetworkIsolation to true"
