"""Every operation that the delivery services model, by service. What is missing here is refused by name."""

from __future__ import annotations

from collections.abc import Mapping

from moto.core.responses import BaseResponse

from harness.emulator.delivery import connections
from harness.emulator.delivery.builds import operations as builds
from harness.emulator.delivery.builds import projects, reports
from harness.emulator.delivery.packages import operations as packages
from harness.emulator.delivery.pipelines import approvals, definitions, executions, jobs
from harness.emulator.delivery.service import response_class

RESPONSES: Mapping[str, type[BaseResponse]] = {
    "codeartifact": response_class("codeartifact", packages.OPERATIONS, "ValidationException", by_path=True),
    "codebuild": response_class(
        "codebuild", {**builds.OPERATIONS, **projects.OPERATIONS, **reports.OPERATIONS}, "InvalidInputException"
    ),
    "codepipeline": response_class(
        "codepipeline",
        {**approvals.OPERATIONS, **definitions.OPERATIONS, **executions.OPERATIONS, **jobs.OPERATIONS},
        "ValidationException",
    ),
    **{
        name: response_class(name, connections.operations(name), "ValidationException") for name in connections.SERVICES
    },
}
