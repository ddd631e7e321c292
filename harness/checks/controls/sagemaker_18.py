"""Control SageMaker.18; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes, stackrules


class OnlineStoreKey(controlshapes.Setting):
    """Stores in memory have no such setting and are not meant."""

    id = "E9318"
    control = "SageMaker.18"
    types = ("AWS::SageMaker::FeatureGroup",)
    path = ("OnlineStoreConfig", "SecurityConfig", "KmsKeyId")
    shortdesc = "Online stores with standard storage are encrypted with a customer key"
    description = shortdesc
    remedy = "set OnlineStoreConfig.SecurityConfig.KmsKeyId to the data key"

    def concerns(self, resource: ResourceState) -> bool:
        return (
            stackrules.is_true(stackrules.value(resource.properties, "OnlineStoreConfig", "EnableOnlineStore"))
            and stackrules.value(resource.properties, "OnlineStoreConfig", "StorageType") != "InMemory"
        )
