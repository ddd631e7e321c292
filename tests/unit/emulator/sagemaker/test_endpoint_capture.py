"""Data capture: what went in and what came out, as monitors read it."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from harness.emulator import background
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.archives import adder
from tests.unit.emulator.sagemaker.hosting import RIGHTS, Host, allow, host


def capture(account: Host, percentage: int = 100, **more: Any) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": f"s3://{account.bucket}/captured/",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        **more,
    }


def serve(account: Host, config: dict[str, Any]) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(1)), DataCaptureConfig=config))


def captured(account: Host) -> list[tuple[str, dict[str, Any]]]:
    """Key of the file and record, of every captured request."""
    assert background.wait_until_idle(10)
    s3: Any = account.tenant.client("s3")
    found = []
    for each in s3.list_objects_v2(Bucket=account.bucket, Prefix="captured/").get("Contents", ()):
        text = s3.get_object(Bucket=account.bucket, Key=each["Key"])["Body"].read().decode()
        found += [(each["Key"], json.loads(line)) for line in text.splitlines()]
    return found


def test_a_request_and_its_answer_are_recorded_as_text(tenant: Tenant) -> None:
    account = host(tenant)
    serve(account, capture(account))
    account.ask("1,2", InferenceId="42")
    ((key, line),) = captured(account)
    assert re.fullmatch(r"captured/live/adder/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key)
    assert line["captureData"] == {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "2,3", "encoding": "CSV"},
    }
    assert line["eventVersion"] == "0"
    assert line["eventMetadata"]["inferenceId"] == "42"
    assert set(line["eventMetadata"]) == {"eventId", "inferenceTime", "inferenceId"}


def test_types_that_nobody_listed_are_recorded_in_base_64(tenant: Tenant) -> None:
    account = host(tenant)
    serve(account, capture(account, CaptureContentTypeHeader={"JsonContentTypes": ["application/json"]}))
    account.ask("1")
    ((_, line),) = captured(account)
    written = line["captureData"]["endpointInput"]
    assert (written["encoding"], base64.b64decode(written["data"])) == ("BASE64", b"1")


def test_only_the_asked_share_of_requests_and_side_is_recorded(tenant: Tenant) -> None:
    account = host(tenant)
    serve(account, capture(account, 25, CaptureOptions=[{"CaptureMode": "Input"}]))
    for _ in range(12):
        account.ask("1")
    found = captured(account)
    assert len(found) == 3
    assert all(set(line["captureData"]) == {"endpointInput"} for _, line in found)


def test_files_are_encrypted_with_the_key_that_is_named(tenant: Tenant) -> None:
    account = host(tenant)
    key = tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    serve(account, capture(account, KmsKeyId=key))
    account.ask("1")
    ((name, _),) = captured(account)
    head = tenant.client("s3").head_object(Bucket=account.bucket, Key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    shown = account.sagemaker.describe_endpoint(EndpointName="live")["DataCaptureConfig"]
    assert (shown["CaptureStatus"], shown["KmsKeyId"]) == ("Started", key)


def test_a_capture_that_is_off_or_not_allowed_records_nothing(tenant: Tenant) -> None:
    account = host(tenant)
    serve(account, capture(account, EnableCapture=False))
    account.ask("1")
    assert captured(account) == []
    account.config("second", "adder", DataCaptureConfig=capture(account))
    account.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="second")
    account.settled()
    allow(tenant, "models", {**RIGHTS, "Action": "s3:GetObject"})
    assert account.ask("1") == "2"
    assert captured(account) == []
