"""Control SageMaker.17; see the class."""

from __future__ import annotations

from harness.cfn.model import ResourceState
from harness.checks import controlshapes


class OfflineStoreKey(controlshapes.Setting):
    """Features are the team's data; their key is the team's."""

    id = "E9317"
    control = "SageMaker.17"
    types = ("AWS::SageMaker::FeatureGroup",)
    path = ("OfflineStoreConfig", "S3StorageConfig", "KmsKeyId")
    shortdesc = "Offline stores are encrypted with a customer key"
    description = shortdesc
    remedy = "set OfflineStoreConfig.S3StorageConfig.KmsKeyId to the data key"

    def concerns(self, resource: ResourceState) -> bool:
        return bool(resource.properties.get("OfflineStoreConfig"))
