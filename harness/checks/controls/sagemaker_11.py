"""Control SageMaker.11; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class DataQualityIsolation(controlshapes.Setting):
    """A job that reads data calls nobody."""

    id = "E9311"
    control = "SageMaker.11"
    types = ("AWS::SageMaker::DataQualityJobDefinition",)
    path = ("NetworkConfig", "EnableNetworkIsolation")
    wanted = ("true",)
    shortdesc = "Data quality job definitions have network isolation"
    description = shortdesc
    remedy = "set NetworkConfig.EnableNetworkIsolation to true"
