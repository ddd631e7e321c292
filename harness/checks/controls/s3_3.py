"""Control S3.3; see the class."""

from __future__ import annotations

from harness.checks.publicaccess import NotPublic


class PublicWrite(NotPublic):
    """Neither its policy nor its ACL lets everyone write."""

    id = "E9333"
    control = "S3.3"
    shortdesc = "Nobody of the public may write in a bucket"
    description = shortdesc
    acls = ("PublicReadWrite",)
    actions = ("s3:PutObject", "s3:DeleteObject")
    does = "write"
