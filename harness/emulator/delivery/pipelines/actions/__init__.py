"""What the providers of actions do: one function each, from a context to the first step of the action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.emulator.delivery.pipelines.actions import approval, build, function, sources, stack, upload

PROVIDERS: Mapping[tuple[str, str], Callable[[Any], Any]] = {
    ("Source", "S3"): sources.from_s3,
    ("Source", "CodeStarSourceConnection"): sources.from_connection,
    ("Build", "CodeBuild"): build.start,
    ("Test", "CodeBuild"): build.start,
    ("Deploy", "CloudFormation"): stack.start,
    ("Deploy", "S3"): upload.start,
    ("Invoke", "Lambda"): function.start,
    ("Approval", "Manual"): approval.start,
}
