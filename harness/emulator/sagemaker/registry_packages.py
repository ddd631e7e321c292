"""Model packages: versions of a group and packages on their own; approval, lists, and the events that tell of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from harness.emulator import clock
from harness.emulator.awserror import RefusedError
from harness.emulator.events import bus
from harness.emulator.sagemaker import artifacts, errors, paging, registry, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import Place, arn
from harness.emulator.sagemaker.notices import iso, plain
from harness.emulator.sagemaker.registry import PACKAGE, Package
from harness.emulator.sagemaker.store import LOCK

_KEPT = (
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "SourceAlgorithmSpecification",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
)
_SET_BY_UPDATE = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
_SUMMARIZED = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
_IN_BATCH = {*_SUMMARIZED, "InferenceSpecification"} - {"ModelPackageName", "ModelLifeCycle"}
_MOST_METADATA = 50  # entries of CustomerMetadataProperties


def _create(call: Call) -> Answer:
    for unknown in ("ValidationSpecification", "ManagedStorageType"):
        if call.get(unknown):
            raise errors.not_modelled(f"{unknown} of CreateModelPackage")
    name, group = call.get("ModelPackageName"), call.get("ModelPackageGroupName")
    if bool(name) == bool(group):
        raise errors.validation("Exactly one of ModelPackageName and ModelPackageGroupName must be given.")
    if not call.given("InferenceSpecification", "SourceAlgorithmSpecification", "SourceUri", "ModelCard"):
        raise errors.validation(
            "One of InferenceSpecification, SourceAlgorithmSpecification and SourceUri is required."
        )
    if name and call.get("ModelApprovalStatus"):
        raise errors.validation("ModelApprovalStatus is for the versions of a model package group only.")
    place = registry.place_of_group(call, str(group)) if group else None
    if place is not None:
        _must_exist_for(call, place)
    if call.get("SkipModelValidation") != "All":
        _look_at_archives(call, call.given("InferenceSpecification", "AdditionalInferenceSpecifications"))
    package = _register(call, place)
    tags.open_for(package.arn, call.get("Tags"))
    _tell(package)
    return {"ModelPackageArn": package.arn}


def _must_exist_for(call: Call, place: Place) -> None:
    group = registry.group_at(place)
    following = arn(place.account_id, place.region, PACKAGE, f"{place.name}/{group.last + 1 if group else 1}")
    registry.must_allow(call, "sagemaker:CreateModelPackage", place, place.name, following)
    if group is None:
        raise errors.validation(f"ModelPackageGroup {place.arn} does not exist.")


def _register(call: Call, place: Place | None) -> Package:
    given = call.given(*_KEPT)
    given.setdefault("ModelPackageRegistrationType", "Registered")
    given.setdefault("CertifyForMarketplace", False)
    given.setdefault("SkipModelValidation", "None")
    account = place.account_id if place else call.account_id
    with LOCK:
        held = registry.registry_of(account, call.region)
        if place is None:
            name = key = str(call["ModelPackageName"])
            group, version = "", 0
            if key in held.packages:
                raise errors.validation(f"Model package already exists: {held.packages[key].arn}")
        else:
            owner = held.groups[place.name]
            owner.last += 1
            name = group = owner.name
            version, key = owner.last, f"{owner.name}/{owner.last}"
            given.setdefault("ModelApprovalStatus", "PendingManualApproval")
        user = registry.user_of(call)
        package = Package(arn(account, call.region, PACKAGE, key), name, group, version, clock.now(), user, given)
        held.packages[key] = package
    return package


def _look_at_archives(call: Call, specifications: Mapping[str, Any]) -> None:
    """Raises ValidationException for an archive that is not there, as far as the caller can see."""
    uris = list(_archives(specifications))
    if not uris:
        return
    s3 = artifacts.client_of(call)
    for uri in uris:
        try:
            artifacts.look(s3, uri)
        except artifacts.UnreadableArchiveError as error:
            verb = "find" if error.absent else "access"
            raise errors.validation(f"Could not {verb} model data at {uri}.") from None


def _archives(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _archives(each)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name == "ModelDataUrl":
                yield str(each)
            else:
                yield from _archives(each)


def described(package: Package) -> dict[str, Any]:
    """A model package as DescribeModelPackage shows it."""
    shown = {
        "ModelPackageName": package.name,
        "ModelPackageGroupName": package.group or None,
        "ModelPackageVersion": package.version or None,
        "ModelPackageArn": package.arn,
        "CreationTime": package.created,
        "CreatedBy": package.created_by,
        "LastModifiedTime": package.modified,
        "LastModifiedBy": package.modified_by,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        **package.given,
    }
    return {name: value for name, value in shown.items() if value is not None}


def find(call: Call, text: str, action: str) -> Package:
    """The package that a caller means, for that action. Raises AccessDeniedException, ValidationException."""
    place = registry.place_of_package(call, text)
    registry.must_allow(call, action, place, place.name.rpartition("/")[0], place.arn)
    package = registry.package_at(place)
    if package is None:
        raise errors.validation(f"ModelPackage {place.arn} does not exist.")
    return package


def _describe(call: Call) -> Answer:
    shown = described(find(call, str(call["ModelPackageName"]), "sagemaker:DescribeModelPackage"))
    if call.get("IncludedData") == "MetadataOnly":
        shown.pop("ModelCard", None)
    return shown


def _batch_describe(call: Call) -> Answer:
    found, failed = {}, {}
    for each in call["ModelPackageArnList"]:
        try:
            package = described(find(call, str(each), "sagemaker:BatchDescribeModelPackage"))
        except RefusedError as error:
            failed[each] = {"ErrorCode": str(error.code), "ErrorResponse": str(error.message)}
        else:
            found[each] = {name: package[name] for name in _IN_BATCH if name in package}
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": failed}


def _list(call: Call) -> Answer:
    group, kind = call.get("ModelPackageGroupName"), call.get("ModelPackageType", "Unversioned")
    if group:
        place = registry.place_of_group(call, str(group))
        every = arn(place.account_id, place.region, PACKAGE, f"{place.name}/*")
        registry.must_allow(call, "sagemaker:ListModelPackages", place, place.name, place.arn, every)
        if registry.group_at(place) is None:
            raise errors.validation(f"ModelPackageGroup {place.arn} does not exist.")
        held = registry.registry_of(place.account_id, place.region).packages.values()
        packages = [each for each in held if each.group == place.name]
    else:
        held = registry.registry_of(call.account_id, call.region).packages.values()
        packages = [each for each in held if kind == "Both" or bool(each.version) == (kind == "Versioned")]
    status = call.get("ModelApprovalStatus")
    summaries = [
        {name: value for name, value in described(each).items() if name in _SUMMARIZED}
        for each in packages
        if status in (None, each.approval)
    ]
    shown, token = paging.listed(summaries, call.parameters, "ModelPackageName", "Ascending")
    return {"ModelPackageSummaryList": shown, "NextToken": token}


def _update(call: Call) -> Answer:
    package = find(call, str(call["ModelPackageArn"]), "sagemaker:UpdateModelPackage")
    if call.get("ModelApprovalStatus") and not package.version:
        raise errors.validation(f"ModelApprovalStatus of {package.arn} cannot be set: it belongs to no group.")
    if specification := call.given("InferenceSpecification", "AdditionalInferenceSpecificationsToAdd"):
        _look_at_archives(call, specification)
    with LOCK:
        held, key = _kept(package)
        given, changed = _changed(call, held[key].given)
        package = dataclasses.replace(held[key], given=given, modified=clock.now(), modified_by=registry.user_of(call))
        held[key] = package
    _tell(package, changed)
    return {"ModelPackageArn": package.arn}


def _kept(package: Package) -> tuple[dict[str, Package], str]:
    """Where a package is kept: the packages of its registry, and its key there."""
    place = registry.place_of(package.arn)
    return registry.registry_of(place.account_id, place.region).packages, place.name


def _changed(call: Call, before: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What the package says after an update, and the names of what the update touched, as its event tells them."""
    touched = call.given(*_SET_BY_UPDATE)
    given = {**before, **touched}
    names = ["sourceUri" if name == "SourceUri" else name for name in touched]
    added, removed = call.get("CustomerMetadataProperties"), call.get("CustomerMetadataPropertiesToRemove", ())
    if added is not None or removed:
        kept = {**before.get("CustomerMetadataProperties", {}), **(added or {})}
        given["CustomerMetadataProperties"] = {key: value for key, value in kept.items() if key not in removed}
        if len(given["CustomerMetadataProperties"]) > _MOST_METADATA:
            raise errors.validation(f"CustomerMetadataProperties may hold {_MOST_METADATA} entries at most.")
        names.append("CustomerMetadataProperties")
    if more := call.get("AdditionalInferenceSpecificationsToAdd"):
        given["AdditionalInferenceSpecifications"] = [*before.get("AdditionalInferenceSpecifications", ()), *more]
        names.append("AdditionalInferenceSpecifications")
    return given, names


def _delete(call: Call) -> Answer:
    package = find(call, str(call["ModelPackageName"]), "sagemaker:DeleteModelPackage")
    with LOCK:
        held, key = _kept(package)
        held.pop(key, None)
        tags.close_for(package.arn)
    return {}


def _tell(package: Package, updated: list[str] | None = None) -> None:
    """The event of a package that is new (no names) or was updated, in the account of the registry."""
    detail = {name: plain(value, iso) for name, value in described(package).items()}
    if package.version:
        del detail["ModelPackageName"]  # the event of a version has none
    if updated is not None:
        detail["UpdatedModelPackageFields"] = updated
    place = registry.place_of(package.arn)
    detail_type = "SageMaker Model Package State Change"
    bus.publish(place.account_id, place.region, "aws.sagemaker", detail_type, detail, [package.arn])


OPERATIONS = {
    "CreateModelPackage": _create,
    "DescribeModelPackage": _describe,
    "BatchDescribeModelPackage": _batch_describe,
    "ListModelPackages": _list,
    "UpdateModelPackage": _update,
    "DeleteModelPackage": _delete,
}
