"""Control SNS.2; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class TopicDeliveryStatus(controlshapes.Setting):
    """Mail and text messages have no such status; an exception says so."""

    id = "E9382"
    control = "SNS.2"
    types = ("AWS::SNS::Topic",)
    path = ("DeliveryStatusLogging",)
    shortdesc = "Topics log what became of deliveries"
    description = shortdesc
    remedy = "set DeliveryStatusLogging for the protocols that have it"
