"""Control ECR.2; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class RepositoryTags(controlshapes.Setting):
    """What was tested under a tag is what runs under it."""

    id = "E9392"
    control = "ECR.2"
    types = ("AWS::ECR::Repository",)
    path = ("ImageTagMutability",)
    wanted = ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")
    default = "MUTABLE"
    shortdesc = "Tags of images cannot be moved"
    description = shortdesc
    remedy = "set ImageTagMutability to IMMUTABLE"
