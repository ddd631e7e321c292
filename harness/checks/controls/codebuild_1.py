"""Control CodeBuild.1; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules

_CREDENTIALS = re.compile(r"\w+://[^/@]+@")


class BuildSource(stackrules.Control):
    """An address is shown wherever the project is."""

    id = "E9361"
    control = "CodeBuild.1"
    types = ("AWS::CodeBuild::Project",)
    shortdesc = "Addresses of sources hold no credentials"
    description = shortdesc
    remedy = "use a connection or a source credential, and no user or password in the address"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        given = resource.properties.get("SecondarySources") or ()
        paths: list[stackrules.Location] = [
            ("Source",),
            *(("SecondarySources", number) for number in range(len(given))),
        ]
        for path in paths:
            address = stackrules.value(resource.properties, *path, "Location")
            if _CREDENTIALS.match(str(address or "")):
                yield (*path, "Location"), "has credentials in the address of its source"
