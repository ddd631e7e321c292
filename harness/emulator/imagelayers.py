"""Layers of container images in the emulated ECR: kept as they were uploaded, and handed out by signed addresses.

moto keeps their sizes alone, and looks for a repository in the caller's account whatever registry it names.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Repository, ecr_backends
from moto.ecr.responses import ECRResponse

from harness.emulator import acting, policy
from harness.emulator.awserror import RefusedError
from harness.emulator.clients import administrator
from harness.emulator.identity import Caller, caller_of

_OWNER = "000000000000"  # stands for AWS, in whose bucket layers lie
_SECONDS = 3600  # that an address holds
# What may be asked of another account's registry here.
_READING = {"BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"}

_backend_of_moto = ECRResponse.ecr_backend
_complete = ECRBackend.complete_layer_upload
_put = ECRBackend.put_image


def _backend(response: ECRResponse) -> Any:
    """The backend of the registry that a reading call names; moto's otherwise."""
    owner, who = response._get_param("registryId"), caller_of(response)
    operation = str(response._get_action())
    if operation not in _READING or owner in (None, who.account_id):
        return _backend_of_moto.fget(response)
    found = ecr_backends[owner][response.region]
    name = str(response._get_param("repositoryName"))
    repository = found.repositories.get(name)
    # IAM has decided for roles at the door; an administrator is let in by the repository alone.
    if repository is not None and who.administrator and not _lets_in(repository, who, f"ecr:{operation}"):
        raise RepositoryNotFoundException(name, owner)
    return found


def _lets_in(repository: Repository, who: Caller, action: str) -> bool:
    return policy.lets_in(repository.policy, policy.principal(who), action, repository.arn, policy.context_of(who))


def _address(response: ECRResponse) -> ActionResult:
    name, digest = str(response._get_param("repositoryName")), str(response._get_param("layerDigest"))
    backend = response.ecr_backend
    repository = backend.repositories.get(name)
    if repository is None:
        raise RepositoryNotFoundException(name, backend.account_id)
    if digest not in repository.layers:
        message = f"The layer with digest '{digest}' does not exist in the repository with name '{name}'"
        raise RefusedError("LayersNotFoundException", message)
    url = _s3(response.region).generate_presigned_url(
        "get_object", Params={"Bucket": _bucket(response.region), "Key": digest}, ExpiresIn=_SECONDS
    )
    return ActionResult({"downloadUrl": url, "layerDigest": digest})


def _completed(
    backend: ECRBackend, repository_name: str, upload_id: str, layer_digests: list[str], registry_id: str | None = None
) -> dict[str, Any]:
    repository = backend.repositories.get(repository_name)
    upload = repository.uploads.get(upload_id) if repository else None
    content = bytes(upload.layer_parts) if upload else b""
    before = dict(repository.layers) if repository else {}
    done: dict[str, Any] = _complete(backend, repository_name, upload_id, layer_digests, registry_id)
    digest = str(done["layerDigest"])
    if digest not in layer_digests:
        assert repository is not None
        repository.layers = before
        raise RefusedError("InvalidLayerException", f"The layer's digest is {digest}, not {', '.join(layer_digests)}")
    s3 = _s3(backend.region_name)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(
            Bucket=_bucket(backend.region_name),
            CreateBucketConfiguration={"LocationConstraint": backend.region_name},
        )
    s3.put_object(Bucket=_bucket(backend.region_name), Key=digest, Body=content)
    return done


def _put_whole(backend: ECRBackend, repository_name: str, image_manifest: str, *more: Any, **named: Any) -> Any:
    """An image whose layers are there; ECR refuses another."""
    repository = backend.repositories.get(repository_name)
    if repository is not None:
        manifest = json.loads(image_manifest)
        parts = [each for each in (manifest.get("config"), *manifest.get("layers", ())) if each]
        missing = [each["digest"] for each in parts if each["digest"] not in repository.layers]
        if missing:
            message = f"Layers with digests '{', '.join(missing)}' required for pushing image do not exist"
            raise RefusedError("LayersNotFoundException", message)
    return _put(backend, repository_name, image_manifest, *more, **named)


def _bucket(region: str) -> str:
    return f"prod-{region}-starport-layer-bucket"


def _s3(region: str) -> Any:
    return administrator("s3", _OWNER, region, acting.endpoint())


def install() -> None:
    """Puts them in their place; a second call changes nothing."""
    ECRResponse.ecr_backend = property(_backend)
    ECRResponse.get_download_url_for_layer = _address
    ECRBackend.complete_layer_upload = _completed
    ECRBackend.put_image = _put_whole
