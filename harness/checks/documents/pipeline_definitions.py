"""Rule E9100; see the class."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.checks import embedded, stackrules
from harness.documents import pipelines


class PipelineDefinitions(stackrules.StackRule):
    """A pipeline that SageMaker would refuse, or that would fail at its third step, is told before it is launched."""

    id = "E9100"
    shortdesc = "Definitions of SageMaker pipelines are valid"
    description = (
        "Structure, step graph, parameters and properties of a pipeline's definition; each step's Arguments are a "
        "request that the API takes"
    )
    remedy = "correct the definition"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each definition."""
        path = ("PipelineDefinition", "PipelineDefinitionBody")
        for resource in stack.of("AWS::SageMaker::Pipeline"):
            body = stackrules.value(resource.properties, *path)
            if body is not None:  # else it lies in S3, where nothing of ours puts one
                text = body if isinstance(body, str) else json.dumps(body)
                yield from embedded.told(resource.logical_id, path, pipelines.problems(text))
