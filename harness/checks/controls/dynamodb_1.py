"""Control DynamoDB.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class TableCapacity(stackrules.Control):
    """On demand, or with a scaling policy for what is read and written."""

    id = "E9401"
    control = "DynamoDB.1"
    types = ("AWS::DynamoDB::Table",)
    shortdesc = "Tables grow with demand"
    description = shortdesc
    remedy = "set BillingMode to PAY_PER_REQUEST"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        if resource.properties.get("BillingMode") == "PAY_PER_REQUEST":
            return
        scaled = {
            str(each.properties.get("ScalableDimension"))
            for each in stack.of("AWS::ApplicationAutoScaling::ScalableTarget")
            if each.properties.get("ResourceId") == f"table/{resource.ref or resource.physical_id}"
        }
        if scaled != {"dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"}:
            yield ("BillingMode",), "does not grow with what is read and written"
