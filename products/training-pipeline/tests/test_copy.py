"""What goes to the registry, and that nothing there is replaced: with the emulated S3."""

from __future__ import annotations

from typing import Any

import pytest

from model_copy.handler import OccupiedError, copy, copy_run
from model_copy.plan import Copy, IncompleteRunError, Object, addresses, copies, split_uri
from tests.unit.emulator.conftest import Tenant, emulator, new_tenant, tenant

__all__ = ["emulator", "new_tenant", "tenant"]  # fixtures

RUN = {
    "Run": "run1",
    "Model": "s3://training/runs/run1/model/job-1/output/model.tar.gz",
    "Evaluation": "s3://training/runs/run1/evaluation",
    "Baseline": "s3://training/runs/run1/baseline",
    "Preprocessing": "s3://training/runs/run1/preprocessing",
}
MADE = {
    "runs/run1/model/job-1/output/model.tar.gz": b"model",
    "runs/run1/evaluation/metrics.json": b"metrics",
    "runs/run1/evaluation/bias.json": b"bias",
    "runs/run1/evaluation/explainability.json": b"explainability",
    "runs/run1/evaluation/report.html": b"report",
    "runs/run1/evaluation/sample.jsonl": b"sample",
    "runs/run1/baseline/statistics.json": b"statistics",
    "runs/run1/baseline/constraints.json": b"constraints",
    "runs/run1/preprocessing/schema.json": b"schema",
    "runs/run1/preprocessing/preprocessing.json": b"preprocessing",
}


@pytest.fixture
def s3(tenant: Tenant) -> Any:
    """A client, with a bucket `training` that holds a whole run, and an empty bucket `registry`."""
    client = tenant.client("s3")
    for name in ("training", "registry"):
        client.create_bucket(Bucket=_own(tenant, name), CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key, body in MADE.items():
        client.put_object(Bucket=_own(tenant, "training"), Key=key, Body=body)
    return client


def _own(tenant: Tenant, name: str) -> str:
    return f"{name}-{tenant.id}"  # names of buckets are taken once for all accounts


def _run(tenant: Tenant) -> dict[str, str]:
    return {name: value.replace("s3://training/", f"s3://{_own(tenant, 'training')}/") for name, value in RUN.items()}


def _held(s3: Any, bucket: str) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


def test_a_run_lies_in_the_registry_by_the_names_that_others_count_on(s3: Any, tenant: Tenant) -> None:
    registry = _own(tenant, "registry")
    assert copy_run(s3, _run(tenant), registry) == {
        "Model": f"s3://{registry}/run1/model.tar.gz",
        "Schema": f"s3://{registry}/run1/schema.json",
        "Evaluation": f"s3://{registry}/run1/evaluation",
        "Baseline": f"s3://{registry}/run1/baseline",
        "Sample": f"s3://{registry}/run1/sample/records.jsonl",
    }
    assert _held(s3, registry) == {
        "run1/model.tar.gz": b"model",
        "run1/schema.json": b"schema",
        "run1/evaluation/metrics.json": b"metrics",
        "run1/evaluation/bias.json": b"bias",
        "run1/evaluation/explainability.json": b"explainability",
        "run1/evaluation/report.html": b"report",
        "run1/sample/records.jsonl": b"sample",
        "run1/baseline/statistics.json": b"statistics",
        "run1/baseline/constraints.json": b"constraints",
    }


def test_a_second_try_finds_its_own_copies(s3: Any, tenant: Tenant) -> None:
    first = copy_run(s3, _run(tenant), _own(tenant, "registry"))
    assert copy_run(s3, _run(tenant), _own(tenant, "registry")) == first


def test_what_lies_there_is_not_replaced(s3: Any, tenant: Tenant) -> None:
    registry = _own(tenant, "registry")
    s3.put_object(Bucket=registry, Key="run1/model.tar.gz", Body=b"another")
    with pytest.raises(OccupiedError, match=r"run1/model.tar.gz is there already and is something else"):
        copy_run(s3, _run(tenant), registry)
    assert _held(s3, registry)["run1/model.tar.gz"] == b"another"


def test_a_large_object_is_copied_in_parts(s3: Any, tenant: Tenant) -> None:
    size, part = 12 * 1024**2, 5 * 1024**2
    body = bytes(range(256)) * (size // 256)
    source, registry = _own(tenant, "training"), _own(tenant, "registry")
    etag = s3.put_object(Bucket=source, Key="large", Body=body)["ETag"].strip('"')
    wanted = Copy(Object(source, "large", size, etag), "run1/model.tar.gz")
    copy(s3, wanted, registry, part=part)
    assert s3.get_object(Bucket=registry, Key="run1/model.tar.gz")["Body"].read() == body
    copy(s3, wanted, registry, part=part)  # a second try
    assert not s3.list_multipart_uploads(Bucket=registry).get("Uploads")


def test_an_empty_object_is_copied_too(s3: Any, tenant: Tenant) -> None:
    source, registry = _own(tenant, "training"), _own(tenant, "registry")
    etag = s3.put_object(Bucket=source, Key="empty", Body=b"")["ETag"].strip('"')
    wanted = Copy(Object(source, "empty", 0, etag), "run1/evaluation/empty")
    copy(s3, wanted, registry)
    copy(s3, wanted, registry)  # a second try
    assert _held(s3, registry) == {"run1/evaluation/empty": b""}


@pytest.mark.parametrize("missing", ["runs/run1/evaluation/metrics.json", "runs/run1/preprocessing/schema.json"])
def test_a_run_that_lacks_something_is_not_registered(missing: str) -> None:
    def below(uri: str) -> list[Object]:
        _, prefix = split_uri(uri)
        return [Object("training", key, 1) for key in MADE if key.startswith(prefix) and key != missing]

    sources = {name: uri for name, uri in RUN.items() if name != "Run"}
    with pytest.raises(IncompleteRunError, match=missing.rpartition("/")[2]):
        copies("run1", sources, {name: below(uri) for name, uri in sources.items()})


def test_a_folder_whose_name_begins_alike_does_not_go_along() -> None:
    found = {name: [] for name in ("Model", "Preprocessing", "Baseline")} | {
        "Evaluation": [Object("training", "runs/run1/evaluation-old/metrics.json", 1)]
    }
    with pytest.raises(IncompleteRunError, match=r"evaluation/metrics.json"):
        copies("run1", RUN, found)


def test_addresses_are_below_the_runs_own_id() -> None:
    assert all(each.startswith("s3://registry/run1/") for each in addresses("run1", "registry").values())
