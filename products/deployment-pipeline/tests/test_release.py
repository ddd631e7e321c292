"""A release: what it holds for each environment, and what makes a version unfit for one."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import yaml
from delivery_samples import GROUP, IMAGE, PACKAGE, PREPROD, PROD, described, settings

from model_delivery.refusal import RefusedError
from model_delivery.release import archive
from model_delivery.settings import Settings
from model_delivery.versions import version


def contents(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


def test_a_release_holds_both_stacks_and_their_parameters_for_both_environments() -> None:
    found = contents(archive(settings(), version(described())))
    assert sorted(found) == [
        "model.yaml",
        "preprod-model.json",
        "preprod-storage.json",
        "prod-model.json",
        "prod-storage.json",
        "release.json",
        "storage.yaml",
    ]
    assert json.loads(found["release.json"]) == {"ModelPackageArn": PACKAGE, "ModelVersion": 7}


@pytest.mark.parametrize(("environment", "account"), [("preprod", PREPROD), ("prod", PROD)])
def test_an_environment_serves_from_its_own_copy(environment: str, account: str) -> None:
    found = contents(archive(settings(), version(described())))
    parameters = json.loads(found[f"{environment}-model.json"])["Parameters"]
    assert parameters["ModelDataUrl"] == f"s3://serving-{account}-eu-west-1-{GROUP}/versions/7/model.tar.gz"
    assert parameters["Image"] == IMAGE


def test_a_copied_image_is_named_after_the_version() -> None:
    found = contents(archive(settings(copy_image=True), version(described())))
    parameters = json.loads(found["prod-model.json"])["Parameters"]
    assert parameters["Image"] == f"{PROD}.dkr.ecr.eu-west-1.amazonaws.com/models/{GROUP}:version-7"


def test_variables_of_the_container_are_the_versions_own() -> None:
    assert "        Environment: {} " in contents(archive(settings(), version(described())))["model.yaml"]
    container = {**described()["InferenceSpecification"]["Containers"][0], "Environment": {"B": "a: 'b'", "A": "1"}}
    found = version(described(InferenceSpecification={"Containers": [container]}))
    text = contents(archive(settings(), found))["model.yaml"]
    (line,) = [each.strip() for each in text.splitlines() if each.strip().startswith("Environment:")]
    assert yaml.safe_load(line) == {"Environment": {"A": "1", "B": "a: 'b'"}}


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"MinInstances": "3", "MaxInstances": "1"}, "MaxInstances", "3"),
        ({"MinInstances": "2", "MaxInstances": "8"}, "MaxInstances", "8"),
        ({}, "LatencyLimitMicroseconds", "250500"),
        ({}, "ShiftSeconds", "300"),
    ],
)
def test_parameters_are_in_the_units_and_bounds_of_the_stack(given: dict[str, str], name: str, expected: str) -> None:
    told = {
        "ModelGroup": GROUP,
        "Partition": "aws",
        "Pipeline": f"{GROUP}-deployment",
        "Bucket": "b",
        "TopicArn": "t",
        "Accounts": {"preprod": PREPROD, "prod": PROD},
        "CopyImage": "off",
        "Tolerance": "0.02",
        "LatencyLimitMs": "250.5",
        "ShiftMinutes": "5",
        "ReviewUrl": "https://example.com",
        "Parameters": {"MinInstances": "2", "MaxInstances": "4", **given},
    }
    read = Settings.read({"SETTINGS": json.dumps(told), "AWS_REGION": "eu-west-1"})
    assert read.parameters[name] == expected


def test_the_same_release_gives_the_same_bytes() -> None:
    found = version(described())
    assert archive(settings(), found) == archive(settings(), found)


def test_a_version_of_two_containers_is_refused() -> None:
    containers = described()["InferenceSpecification"]["Containers"] * 2
    with pytest.raises(RefusedError, match=f"Version 7 of {GROUP} has 2 containers with artifacts; a deployment takes"):
        version(described(InferenceSpecification={"Containers": containers}))
