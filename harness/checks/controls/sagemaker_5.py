"""Control SageMaker.5; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ModelIsolation(controlshapes.Setting):
    """A container that serves calls nobody, whatever its image holds."""

    id = "E9305"
    control = "SageMaker.5"
    types = ("AWS::SageMaker::Model",)
    path = ("EnableNetworkIsolation",)
    wanted = ("true",)
    default = "false"
    shortdesc = "Models have network isolation"
    description = shortdesc
    remedy = "set EnableNetworkIsolation to true"
