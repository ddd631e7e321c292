"""Control SageMaker.24; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes


class ExperimentData(controlshapes.Setting):
    """The control is about experiments that capture data."""

    id = "E9324"
    control = "SageMaker.24"
    types = ("AWS::SageMaker::InferenceExperiment",)
    path = ("DataStorageConfig", "KmsKey")
    shortdesc = "Data that inference experiments capture is encrypted with a customer key"
    description = shortdesc
    remedy = "set DataStorageConfig.KmsKey to the data key"

    def concerns(self, resource: ResourceState) -> bool:
        return "DataStorageConfig" in resource.properties
