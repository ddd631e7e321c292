"""Which object of a run goes where in the registry's bucket. Pure; handler.py does the copying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class IncompleteRunError(Exception):
    """Something that must be registered was not made; the message names it."""


@dataclass(frozen=True)
class Object:
    """An object in S3."""

    bucket: str
    key: str
    size: int  # bytes
    etag: str = ""


@dataclass(frozen=True)
class Copy:
    """One object to copy; `target` is its key in the registry's bucket."""

    source: Object
    target: str


# What a version is registered with; a run that lacks one of them is not registered.
_NEEDED = (
    "model.tar.gz",
    "schema.json",
    "baseline/constraints.json",
    "baseline/statistics.json",
    "evaluation/bias.json",
    "evaluation/explainability.json",
    "evaluation/metrics.json",
    "sample/records.jsonl",
)
# Rows of data lie apart from the reports, which approvers read.
_MOVED = {"sample.jsonl": "sample/records.jsonl"}
# Folders of the run that go along as they are.
FOLDERS = ("Baseline", "Evaluation")


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def copies(run: str, sources: Mapping[str, str], found: Mapping[str, Iterable[Object]]) -> list[Copy]:
    """The copies of one run. `sources`: the step's arguments, S3 URIs; `found`: argument → objects under its address.

    Raises IncompleteRunError.
    """
    wanted = [Copy(each, f"{run}/model.tar.gz") for each in found["Model"] if each.key.endswith("/model.tar.gz")]
    wanted += [Copy(each, f"{run}/schema.json") for each in found["Preprocessing"] if each.key.endswith("/schema.json")]
    for name in FOLDERS:
        prefix = f"{split_uri(sources[name])[1].rstrip('/')}/"
        wanted += [
            Copy(each, f"{run}/{_MOVED.get(path := each.key.removeprefix(prefix), f'{name.lower()}/{path}')}")
            for each in found[name]
            if each.key.startswith(prefix) and not each.key.endswith("/")
        ]
    missing = sorted({f"{run}/{name}" for name in _NEEDED} - {each.target for each in wanted})
    if missing:
        raise IncompleteRunError(f"the run did not make {', '.join(missing)}")
    return wanted


def addresses(run: str, bucket: str) -> dict[str, str]:
    """Output parameters of the step: where everything lies now."""
    root = f"s3://{bucket}/{run}"
    return {
        "Model": f"{root}/model.tar.gz",
        "Schema": f"{root}/schema.json",
        "Evaluation": f"{root}/evaluation",
        "Baseline": f"{root}/baseline",
        "Sample": f"{root}/sample/records.jsonl",
    }
