"""Control SageMaker.4; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class VariantInstances(stackrules.Control):
    """Two instances stand in two zones. Serverless variants have none and are not meant."""

    id = "E9304"
    control = "SageMaker.4"
    types = ("AWS::SageMaker::EndpointConfig",)
    shortdesc = "Production variants begin with more than one instance"
    description = shortdesc
    remedy = "set InitialInstanceCount to 2 or more, or say in an exception who needs no second one"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number, each in enumerate(resource.properties.get("ProductionVariants") or ()):
            path = ("ProductionVariants", number, "InitialInstanceCount")
            if "ServerlessConfig" not in each and int(each.get("InitialInstanceCount", 1)) < 2:
                yield path, f"begins with one instance of variant {each.get('VariantName')}"
