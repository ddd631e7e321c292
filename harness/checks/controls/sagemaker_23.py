"""Control SageMaker.23; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class ExperimentVolumes(controlshapes.Setting):
    """Their machines keep models and requests."""

    id = "E9323"
    control = "SageMaker.23"
    types = ("AWS::SageMaker::InferenceExperiment",)
    path = ("KmsKey",)
    shortdesc = "Volumes of inference experiments are encrypted with a customer key"
    description = shortdesc
    remedy = "set KmsKey to the data key"
