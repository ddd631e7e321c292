"""Control SageMaker.19; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class PipelineRegistry(stackrules.Control):
    """The same as SageMaker.16, for models of several containers."""

    id = "E9319"
    control = "SageMaker.19"
    types = ("AWS::SageMaker::Model",)
    shortdesc = "Containers of an inference pipeline come from a private registry in the VPC"
    description = shortdesc
    remedy = "set ImageConfig.RepositoryAccessMode to Vpc, or say in an exception which private registry it is"

    def concerns(self, resource: ResourceState) -> bool:
        return bool(resource.properties.get("Containers"))

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number, each in enumerate(resource.properties.get("Containers") or ()):
            if stackrules.value(each, "ImageConfig", "RepositoryAccessMode") != "Vpc":
                yield ("Containers", number), f"takes container {number + 1} from no registry in the VPC"
