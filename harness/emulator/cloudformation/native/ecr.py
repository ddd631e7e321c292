"""ECR repositories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list


class Repository(Handler):
    """AWS::ECR::Repository."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("RepositoryName") or generated_name(request, 256, lower=True))
        encryption = {_lower(key): value for key, value in (given.get("EncryptionConfiguration") or {}).items()}
        api.call(
            "ecr",
            "create_repository",
            repositoryName=name,
            encryptionConfiguration=encryption or None,
            tags=tag_list(request) or None,
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        name = physical_id
        mutability = given.get("ImageTagMutability", "MUTABLE")
        api.call("ecr", "put_image_tag_mutability", repositoryName=name, imageTagMutability=mutability)
        scans = bool((given.get("ImageScanningConfiguration") or {}).get("ScanOnPush", False))
        api.call(
            "ecr",
            "put_image_scanning_configuration",
            repositoryName=name,
            imageScanningConfiguration={"scanOnPush": scans},
        )
        if policy := given.get("RepositoryPolicyText"):
            text = policy if isinstance(policy, str) else json.dumps(policy)
            api.call("ecr", "set_repository_policy", repositoryName=name, policyText=text)
        elif before.get("RepositoryPolicyText"):
            api.attempt("ecr", "delete_repository_policy", repositoryName=name)
        if lifecycle := (given.get("LifecyclePolicy") or {}).get("LifecyclePolicyText"):
            api.call("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=lifecycle)
        elif before.get("LifecyclePolicy"):
            api.attempt("ecr", "delete_lifecycle_policy", repositoryName=name)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        force = bool(properties.get("EmptyOnDelete", False))
        api.attempt("ecr", "delete_repository", repositoryName=physical_id, force=force)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        account, region = api.account_id, api.region
        return {
            "Arn": f"arn:{request.partition}:ecr:{region}:{account}:repository/{physical_id}",
            "RepositoryUri": f"{account}.dkr.ecr.{region}.amazonaws.com/{physical_id}",
        }


def _lower(key: str) -> str:
    return key[0].lower() + key[1:]


HANDLERS: Mapping[str, Handler] = {"AWS::ECR::Repository": Repository()}
