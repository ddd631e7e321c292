"""Control SageMaker.12; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelBiasIsolation(controlshapes.Setting):
    """A job that reads data calls nobody."""

    id = "E9312"
    control = "SageMaker.12"
    types = ("AWS::SageMaker::ModelBiasJobDefinition",)
    path = ("NetworkConfig", "EnableNetworkIsolation")
    wanted = ("true",)
    shortdesc = "Model bias job definitions have network isolation"
    description = shortdesc
    remedy = "set NetworkConfig.EnableNetworkIsolation to true"
