"""The file that `launch --for-each` reads: a set of launches of one product, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from harness.catalog import yamlfile
from harness.catalog.model import Model, ParameterValue, Slug, TagKey, TagValue, parameter_text
from harness.errors import Finding, KnownError
from harness.publish.launch import PROVISIONED_NAME, Wanted

Name = Annotated[str, StringConstraints(pattern=f"^{PROVISIONED_NAME}$", max_length=128)]


class Line(Model):
    """One provisioned product."""

    name: Name
    parameters: dict[str, ParameterValue] = Field(default_factory=dict)


class LaunchFile(Model):
    """`set` names what this file manages in an account: the tag of its provisioned products. No two files share it."""

    set: Slug
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    launches: Annotated[tuple[Line, ...], Field(strict=False)]


def read_launch_file(path: Path) -> tuple[LaunchFile, tuple[Wanted, ...]]:
    """The file, and its lines with parameters as text. Raises KnownError with every mistake."""
    absolute = path.resolve()
    file = yamlfile.read(absolute.parent, absolute)
    spec = yamlfile.validate(file, LaunchFile)
    names: set[str] = set()
    findings = []
    for index, line in enumerate(spec.launches):
        if line.name in names:
            place = file.place("launches", index, "name")
            findings.append(Finding(place, f"name '{line.name}' stands twice", "give each launch a name of its own"))
        names.add(line.name)
    if findings:
        raise KnownError(*findings)
    wanted = tuple(
        Wanted(
            line.name,
            tuple((key, parameter_text(value)) for key, value in line.parameters.items()),
            file.place("launches", index),
        )
        for index, line in enumerate(spec.launches)
    )
    return spec, wanted
