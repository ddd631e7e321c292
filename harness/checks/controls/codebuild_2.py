"""Control CodeBuild.2; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules

_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class BuildVariables(stackrules.Control):
    """Variables are shown in the console and to whoever may look at the project."""

    id = "E9362"
    control = "CodeBuild.2"
    types = ("AWS::CodeBuild::Project",)
    shortdesc = "Builds have no credentials in plain variables"
    description = shortdesc
    remedy = "give the project's role the right, or take the value from Secrets Manager"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number, each in enumerate(
            stackrules.value(resource.properties, "Environment", "EnvironmentVariables") or ()
        ):
            if each.get("Type", "PLAINTEXT") == "PLAINTEXT" and each.get("Name") in _CREDENTIALS:
                yield ("Environment", "EnvironmentVariables", number), f"has {each['Name']} as plain text"
