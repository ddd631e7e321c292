"""Layers of images: what was uploaded is what is downloaded, and images are whole or refused."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant

CONTENT = b"a layer" * 1000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def upload(ecr: Any, content: bytes = CONTENT, digest: str = DIGEST) -> None:
    begun = ecr.initiate_layer_upload(repositoryName="models")["uploadId"]
    ecr.upload_layer_part(
        repositoryName="models", uploadId=begun, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
    )
    ecr.complete_layer_upload(repositoryName="models", uploadId=begun, layerDigests=[digest])


def manifest(digest: str) -> str:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [{"digest": digest}]})


@pytest.fixture
def ecr(tenant: Tenant) -> Any:
    client = tenant.client("ecr")
    client.create_repository(repositoryName="models")
    return client


def test_a_layer_comes_back_as_it_was_uploaded(ecr: Any) -> None:
    upload(ecr)
    address = ecr.get_download_url_for_layer(repositoryName="models", layerDigest=DIGEST)["downloadUrl"]
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == CONTENT


def test_a_layer_that_is_not_what_its_digest_says_is_refused(ecr: Any) -> None:
    with pytest.raises(ClientError, match="InvalidLayerException"):
        upload(ecr, b"something else")
    with pytest.raises(ClientError, match="LayersNotFoundException"):
        ecr.get_download_url_for_layer(repositoryName="models", layerDigest=DIGEST)


def test_a_layer_that_is_there_stays_when_it_comes_again_under_a_wrong_name(ecr: Any) -> None:
    upload(ecr)
    with pytest.raises(ClientError, match="InvalidLayerException"):
        upload(ecr, digest=f"sha256:{'0' * 64}")
    assert ecr.get_download_url_for_layer(repositoryName="models", layerDigest=DIGEST)["layerDigest"] == DIGEST


def test_an_image_is_refused_as_long_as_a_layer_is_missing(ecr: Any) -> None:
    with pytest.raises(ClientError, match="LayersNotFoundException"):
        ecr.put_image(repositoryName="models", imageTag="1", imageManifest=manifest(DIGEST))
    upload(ecr)
    ecr.put_image(repositoryName="models", imageTag="1", imageManifest=manifest(DIGEST))


def test_another_account_sees_an_image_where_the_repository_lets_it_in(
    ecr: Any, new_tenant: Callable[[], Tenant], tenant: Tenant
) -> None:
    upload(ecr)
    ecr.put_image(repositoryName="models", imageTag="1", imageManifest=manifest(DIGEST))
    other = new_tenant().client("ecr")
    asked = {"registryId": tenant.id, "repositoryName": "models", "imageIds": [{"imageTag": "1"}]}
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        other.batch_get_image(**asked)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(
        repositoryName="models", policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    assert other.batch_get_image(**asked)["images"][0]["imageManifest"] == manifest(DIGEST)
