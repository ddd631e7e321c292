"""Control SNS.1; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class TopicKey(controlshapes.Setting):
    """Messages name models, runs and accounts."""

    id = "E9381"
    control = "SNS.1"
    types = ("AWS::SNS::Topic",)
    path = ("KmsMasterKeyId",)
    shortdesc = "Topics are encrypted"
    description = shortdesc
    remedy = "set KmsMasterKeyId to a customer key that the publishing services may use"
