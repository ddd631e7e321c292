"""Rule E9104; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks import embedded, stackrules
from harness.documents import buildspecs


class Buildspecs(stackrules.StackRule):
    """CodeBuild says so only when a build begins."""

    id = "E9104"
    shortdesc = "Buildspecs are valid"
    description = "The buildspec in a project is one that CodeBuild reads (version 0.2)"
    remedy = "correct the buildspec"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each buildspec that stands in a template; a path to a file of the source is none."""
        for resource in stack.of("AWS::CodeBuild::Project"):
            for path, source in _sources(resource.properties):
                text = stackrules.value(source, "BuildSpec")
                if not isinstance(text, str) or not _is_document(text.strip()):
                    continue
                try:
                    buildspecs.parse(text)
                except buildspecs.InvalidBuildspecError as error:
                    for each in error.problems:
                        yield stackrules.Broken(
                            resource.logical_id, path, f"buildspec: {each}", inside=embedded.location(each.where)
                        )


def _is_document(text: str) -> bool:
    """Whether it is no path: of several lines, or JSON."""
    return "\n" in text or text.startswith("{")


def _sources(properties: object) -> Iterator[tuple[stackrules.Location, object]]:
    yield ("Source", "BuildSpec"), stackrules.value(properties, "Source")
    for number, each in enumerate(stackrules.value(properties, "SecondarySources") or ()):
        yield ("SecondarySources", number, "BuildSpec"), each
