"""Version steps: how far one version is from another, and which comes next. Knows no product."""

from __future__ import annotations

import enum


class Step(enum.IntEnum):
    """How much of a version number moves."""

    NONE = 0
    PATCH = 1  # nothing that a launcher can see
    MINOR = 2  # something that a launcher can see
    MAJOR = 3  # something that breaks a launch, an update, or whoever relies on the stack

    @property
    def noun(self) -> str:
        """As in "a minor version"."""
        return self.name.lower()


def version_key(version: str) -> tuple[int, ...]:
    """Sorts versions as semver does: 1.10.0 after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def step_between(older: str, newer: str) -> Step:
    """The step from one version to a newer one; NONE if it is not newer."""
    before, after = version_key(older), version_key(newer)
    if after <= before:
        return Step.NONE
    if after[0] > before[0]:
        return Step.MAJOR
    return Step.MINOR if after[1] > before[1] else Step.PATCH


def next_version(version: str, step: Step) -> str:
    """The version that lies that step further."""
    major, minor, patch = version_key(version)
    following = {
        Step.NONE: (major, minor, patch),
        Step.PATCH: (major, minor, patch + 1),
        Step.MINOR: (major, minor + 1, 0),
        Step.MAJOR: (major + 1, 0, 0),
    }
    return ".".join(map(str, following[step]))
