"""Control ECR.3; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class RepositoryLifecycle(controlshapes.Setting):
    """Old images cost, and hold old vulnerabilities."""

    id = "E9393"
    control = "ECR.3"
    types = ("AWS::ECR::Repository",)
    path = ("LifecyclePolicy", "LifecyclePolicyText")
    shortdesc = "Repositories have a lifecycle policy"
    description = shortdesc
    remedy = "set LifecyclePolicy"
