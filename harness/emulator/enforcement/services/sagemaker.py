"""SageMaker, and its endpoints: what jobs, pipelines, models and Studio's things ask for.

Source of the condition keys: Service Authorization Reference, Amazon SageMaker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Context, Table

_SERVICE = "sagemaker.amazonaws.com"
_GROUP_OF = ("model-package/", "model-package-group/")
# Condition key → the members of a request that hold it, wherever they stand.
_ONE = {
    "sagemaker:AppNetworkAccessType": ("AppNetworkAccessType",),
    "sagemaker:DirectInternetAccess": ("DirectInternetAccess",),
    "sagemaker:FileSystemAccessMode": ("FileSystemAccessMode",),
    "sagemaker:FileSystemDirectoryPath": ("DirectoryPath",),
    "sagemaker:FileSystemId": ("FileSystemId",),
    "sagemaker:FileSystemType": ("FileSystemType",),
    "sagemaker:ModelApprovalStatus": ("ModelApprovalStatus",),
    "sagemaker:RootAccess": ("RootAccess",),
    "sagemaker:MinimumInstanceMetadataServiceVersion": ("MinimumInstanceMetadataServiceVersion",),
    "sagemaker:MaxRuntimeInSeconds": ("MaxRuntimeInSeconds",),
    "sagemaker:KeepAlivePeriod": ("KeepAlivePeriodInSeconds",),
    "sagemaker:AcceleratorTypes": ("AcceleratorType",),
    "sagemaker:ServerlessMaxConcurrency": ("MaxConcurrency",),
    "sagemaker:ServerlessMemorySize": ("MemorySizeInMB",),
    "sagemaker:PipelineVersionId": ("PipelineVersionId",),
    "sagemaker:TargetModel": ("TargetModel",),
}
_MANY = {
    "sagemaker:InstanceTypes": ("InstanceType",),
    "sagemaker:VpcSubnets": ("Subnets", "SubnetIds", "SubnetId"),
    "sagemaker:VpcSecurityGroupIds": ("SecurityGroupIds", "SecurityGroups"),
    "sagemaker:CustomerMetadataPropertiesToRemove": ("CustomerMetadataPropertiesToRemove",),
}
_YES_OR_NO = {
    "sagemaker:EnableRemoteDebug": ("EnableRemoteDebug",),
    "sagemaker:InterContainerTrafficEncryption": ("EnableInterContainerTrafficEncryption",),
    "sagemaker:NetworkIsolation": ("EnableNetworkIsolation",),
}


def _found(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """What the members of those names hold, however deep; the entries of lists one by one."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key in names:
                yield from each if isinstance(each, list) else [each]
            else:
                yield from _found(each, names)
    elif isinstance(value, list):
        for each in value:
            yield from _found(each, names)


def _keys(asked: Asked) -> Context:
    given = asked.parameters
    one: Context = {key: next((str(each) for each in _found(given, names)), None) for key, names in _ONE.items()}
    many: Context = {key: tuple(dict.fromkeys(map(str, _found(given, names)))) for key, names in _MANY.items()}
    switched: Context = {
        key: next((str(each).lower() for each in _found(given, names)), None) for key, names in _YES_OR_NO.items()
    }
    metadata = asked.get("CustomerMetadataProperties") or {}
    described: Context = {f"sagemaker:CustomerMetadataProperties/{key}": str(each) for key, each in metadata.items()}
    # Keys for what a job writes stand under its outputs; all others are for volumes.
    outputs = [value for name, value in given.items() if "Output" in name]
    rest = [value for name, value in given.items() if "Output" not in name] + [_own_key(given)]
    output_key = next((str(each) for each in _found(outputs, ("KmsKeyId", "OutputKmsKeyId"))), None)
    volume_key = next(
        (str(each) for each in _found(rest, ("VolumeKmsKeyId", "KmsKeyId", "TransformVolumeKmsKeyId"))), None
    )
    keys_: Context = {f"sagemaker:OutputKmsKey{suffix}": output_key for suffix in ("", "Arn")}
    keys_ |= {f"sagemaker:VolumeKmsKey{suffix}": volume_key for suffix in ("", "Arn")}
    return {**one, **many, **switched, **described, **keys_}


def _own_key(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"VolumeKmsKeyId": given["KmsKeyId"]} if given.get("KmsKeyId") else {}


def group_of(arn: str) -> str:
    """The name of the model package group that an ARN is of; empty for other resources."""
    resource = arn.split(":", 5)[5]
    kind = next((each for each in _GROUP_OF if resource.startswith(each)), None)
    return resource.removeprefix(kind).partition("/")[0] if kind else ""


# The policy of a group is its versions' too.
_policy = own.policy(
    "sagemaker",
    "get_model_package_group_policy",
    "ModelPackageGroupName",
    ["ResourcePolicy"],
    group_of,
    of=":model-package",
)


def _group(asked: Asked) -> list[str]:
    name = asked.text("ModelPackageGroupName")
    if not name or name.startswith("arn:"):
        return [name] if name else []
    return [own.arn_of("sagemaker", asked.region, asked.caller.account_id, f"model-package-group/{name}")]


def _versions(asked: Asked) -> list[str]:
    """Versions of a group by their ARNs or names; those that are listed or only being registered, by their group."""
    given = asked.get("ModelPackageArnList") or [asked.text("ModelPackageArn") or asked.text("ModelPackageName")]
    names = [str(each) for each in given if each]
    if groups := _group(asked):
        return [groups[0].replace(":model-package-group/", ":model-package/") + "/*"]
    return [
        name
        if name.startswith("arn:")
        else own.arn_of("sagemaker", asked.region, asked.caller.account_id, f"model-package/{name}")
        for name in names
    ]


def _tagged(asked: Asked) -> list[str]:
    """Tags are given, taken and listed by the ARN of any kind of resource."""
    return [asked.text("ResourceArn")]


def _any_domain(asked: Asked) -> list[str]:
    """A domain that is only being made has no id yet."""
    return [own.arn_of("sagemaker", asked.region, asked.caller.account_id, "domain/*")]


_tags = own.tags("sagemaker", "list_tags", "ResourceArn", "Tags")

TABLE = Table(
    prefix="sagemaker",
    kinds={"model-package": _versions, "model-package-group": _group},
    resources={"CreateDomain": _any_domain, **dict.fromkeys(("AddTags", "DeleteTags", "ListTags"), _tagged)},
    variables={
        f"{kind}JobDefinitionName": ("JobDefinitionName",)
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    },
    roles=dict.fromkeys(("RoleArn", "ExecutionRole", "ExecutionRoleArn", "DefaultExecutionRole"), _SERVICE),
    keys=_keys,
    families=(
        "sagemaker:customermetadataproperties/",
        "sagemaker:currentcustomermetadataproperties/",  # of what is not registered yet
        "sagemaker:taggingaction",
        "sagemaker:searchvisibilitycondition",
    ),
    tags=lambda arn: {} if "*" in arn else _tags(arn),
    policy=_policy,
    tagging="AddTags",
)
