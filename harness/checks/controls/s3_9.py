"""Control S3.9; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class BucketAccessLog(controlshapes.Setting):
    """Without the log nobody can say who read an object."""

    id = "E9339"
    control = "S3.9"
    types = ("AWS::S3::Bucket",)
    path = ("LoggingConfiguration",)
    shortdesc = "Buckets log who accesses them"
    description = shortdesc
    remedy = "set LoggingConfiguration to the account's bucket for access logs"
