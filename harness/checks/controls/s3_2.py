"""Control S3.2; see the class."""

from __future__ import annotations

from harness.checks.publicaccess import NotPublic


class PublicRead(NotPublic):
    """Neither its policy nor its ACL lets everyone read."""

    id = "E9332"
    control = "S3.2"
    shortdesc = "Nobody of the public may read in a bucket"
    description = shortdesc
    acls = ("PublicRead", "PublicReadWrite", "AuthenticatedRead")
    actions = ("s3:GetObject", "s3:ListBucket")
    does = "read"
