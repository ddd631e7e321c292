"""Control CodeBuild.4; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class BuildLogs(stackrules.Control):
    """What a build did can be seen afterwards."""

    id = "E9364"
    control = "CodeBuild.4"
    types = ("AWS::CodeBuild::Project",)
    shortdesc = "Builds keep a log"
    description = shortdesc
    remedy = "set LogsConfig.CloudWatchLogs to a log group, ENABLED"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        config = resource.properties.get("LogsConfig") or {}
        if not any(stackrules.value(config, name, "Status") == "ENABLED" for name in ("CloudWatchLogs", "S3Logs")):
            yield ("LogsConfig",), "keeps no log"
