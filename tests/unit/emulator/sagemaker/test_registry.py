"""The model registry as an account of its own uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant

IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/platform/inference:1"


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Error code and message of a call that must be refused."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def sagemaker(tenant: Tenant) -> Any:
    """An account whose registry has the group `credit`, and whose bucket has one archive."""
    client = tenant.client("sagemaker")
    client.create_model_package_group(
        ModelPackageGroupName="credit", ModelPackageGroupDescription="Defaults", Tags=[{"Key": "team", "Value": "risk"}]
    )
    s3 = tenant.client("s3")
    s3.create_bucket(Bucket=f"models-{tenant.id}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=f"models-{tenant.id}", Key="run/model.tar.gz", Body=b"archive")
    return client


def specification(tenant: Tenant, key: str = "run/model.tar.gz") -> dict[str, Any]:
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://models-{tenant.id}/{key}"}
    return {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


def register(sagemaker: Any, tenant: Tenant, **more: Any) -> str:
    given = {"ModelPackageGroupName": "credit", "InferenceSpecification": specification(tenant), **more}
    return str(sagemaker.create_model_package(**given)["ModelPackageArn"])


def test_versions_are_numbered_by_group_and_wait_for_approval(sagemaker: Any, tenant: Tenant) -> None:
    first, second = register(sagemaker, tenant), register(sagemaker, tenant)
    assert first == f"arn:aws:sagemaker:eu-west-1:{tenant.id}:model-package/credit/1"
    shown = sagemaker.describe_model_package(ModelPackageName=second)
    assert shown["ModelPackageVersion"] == 2
    assert shown["ModelPackageGroupName"] == "credit"
    assert shown["ModelApprovalStatus"] == "PendingManualApproval"
    assert shown["ModelPackageStatus"] == "Completed"
    assert shown["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{tenant.id}:root"


def test_the_number_of_a_deleted_version_is_not_given_again(sagemaker: Any, tenant: Tenant) -> None:
    sagemaker.delete_model_package(ModelPackageName=register(sagemaker, tenant))
    assert register(sagemaker, tenant).endswith("/credit/2")


def test_a_version_keeps_all_that_it_was_registered_with(sagemaker: Any, tenant: Tenant) -> None:
    file = {"ContentType": "application/json", "S3Uri": f"s3://models-{tenant.id}/run/evaluation/metrics.json"}
    given = {
        "ModelMetrics": {"ModelQuality": {"Statistics": file}},
        "DriftCheckBaselines": {"ModelDataQuality": {"Statistics": file, "Constraints": file}},
        "CustomerMetadataProperties": {"platform:approval": "automatic"},
        "MetadataProperties": {"CommitId": "abc", "GeneratedBy": "arn:aws:sagemaker:eu-west-1:1:pipeline/p"},
        "SourceUri": f"s3://models-{tenant.id}/run",
        "ModelPackageDescription": "the first",
    }
    shown = sagemaker.describe_model_package(ModelPackageName=register(sagemaker, tenant, **given))
    assert {name: shown[name] for name in given} == given
    assert shown["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE


def test_an_archive_that_is_not_there_is_not_registered(sagemaker: Any, tenant: Tenant) -> None:
    missing = specification(tenant, "other/model.tar.gz")
    code, message = refusal(
        sagemaker.create_model_package, ModelPackageGroupName="credit", InferenceSpecification=missing
    )
    assert (code, message) == (
        "ValidationException",
        f"Could not find model data at s3://models-{tenant.id}/other/model.tar.gz.",
    )
    assert sagemaker.list_model_packages(ModelPackageGroupName="credit")["ModelPackageSummaryList"] == []


def test_an_approval_says_who_gave_it_and_why(sagemaker: Any, tenant: Tenant) -> None:
    arn = register(sagemaker, tenant)
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="better than the last"
    )
    shown = sagemaker.describe_model_package(ModelPackageName=arn)
    assert (shown["ModelApprovalStatus"], shown["ApprovalDescription"]) == ("Approved", "better than the last")
    assert shown["LastModifiedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{tenant.id}:root"
    assert shown["LastModifiedTime"] >= shown["CreationTime"]


def test_metadata_is_merged_and_removed_by_key(sagemaker: Any, tenant: Tenant) -> None:
    arn = register(sagemaker, tenant, CustomerMetadataProperties={"a": "1", "b": "2"})
    sagemaker.update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties={"c": "3"}, CustomerMetadataPropertiesToRemove=["a"]
    )
    shown = sagemaker.describe_model_package(ModelPackageName=arn)
    assert shown["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_the_newest_approved_version_is_found_by_status_and_order(sagemaker: Any, tenant: Tenant) -> None:
    arns = [register(sagemaker, tenant) for _ in range(4)]
    for arn in arns[:3]:
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sagemaker.update_model_package(ModelPackageArn=arns[2], ModelApprovalStatus="Rejected")
    newest = sagemaker.list_model_packages(
        ModelPackageGroupName="credit",
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    assert [each["ModelPackageArn"] for each in newest["ModelPackageSummaryList"]] == [arns[1]]
    following = sagemaker.list_model_packages(
        ModelPackageGroupName="credit",
        ModelApprovalStatus="Approved",
        SortOrder="Descending",
        MaxResults=1,
        NextToken=newest["NextToken"],
    )
    assert [each["ModelPackageArn"] for each in following["ModelPackageSummaryList"]] == [arns[0]]
    assert "NextToken" not in following


def test_lists_are_filtered_by_name_and_time(sagemaker: Any, tenant: Tenant) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    groups = sagemaker.list_model_package_groups(NameContains="cred")["ModelPackageGroupSummaryList"]
    assert [each["ModelPackageGroupName"] for each in groups] == ["credit"]
    created = sagemaker.describe_model_package(ModelPackageName=register(sagemaker, tenant))["CreationTime"]
    second = timedelta(seconds=1)  # requests carry whole seconds
    for after, expected in ((created - second, 1), (created + second, 0)):
        found = sagemaker.list_model_packages(ModelPackageGroupName="credit", CreationTimeAfter=after)
        assert len(found["ModelPackageSummaryList"]) == expected


def test_packages_outside_groups_are_listed_apart(sagemaker: Any, tenant: Tenant) -> None:
    register(sagemaker, tenant)
    sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=specification(tenant))
    names = {}
    for kind in ("Versioned", "Unversioned", "Both"):
        found = sagemaker.list_model_packages(ModelPackageType=kind)["ModelPackageSummaryList"]
        names[kind] = [each["ModelPackageName"] for each in found]
    assert names == {"Versioned": ["credit"], "Unversioned": ["alone"], "Both": ["credit", "alone"]}
    assert "ModelApprovalStatus" not in sagemaker.describe_model_package(ModelPackageName="alone")


def test_a_group_with_versions_is_not_deleted(sagemaker: Any, tenant: Tenant) -> None:
    arn = register(sagemaker, tenant)
    assert refusal(sagemaker.delete_model_package_group, ModelPackageGroupName="credit")[0] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="credit")
    code, message = refusal(sagemaker.describe_model_package_group, ModelPackageGroupName="credit")
    assert code == "ValidationException"
    assert message.endswith("model-package-group/credit does not exist.")


def test_several_versions_are_described_at_once_and_the_missing_are_named(sagemaker: Any, tenant: Tenant) -> None:
    arn = register(sagemaker, tenant)
    missing = arn.replace("credit/1", "credit/7")
    answer = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, missing])
    assert answer["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert answer["BatchDescribeModelPackageErrorMap"][missing]["ErrorCode"] == "ValidationException"


def test_groups_and_versions_carry_tags(sagemaker: Any, tenant: Tenant) -> None:
    group = f"arn:aws:sagemaker:eu-west-1:{tenant.id}:model-package-group/credit"
    sagemaker.add_tags(ResourceArn=group, Tags=[{"Key": "stage", "Value": "dev"}])
    sagemaker.delete_tags(ResourceArn=group, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=group)["Tags"] == [{"Key": "stage", "Value": "dev"}]


def test_a_request_that_says_too_little_or_too_much_is_refused(sagemaker: Any) -> None:
    both = refusal(sagemaker.create_model_package, ModelPackageGroupName="credit", ModelPackageName="x")
    assert "Exactly one" in both[1]
    nothing = refusal(sagemaker.create_model_package, ModelPackageGroupName="credit")
    assert "InferenceSpecification" in nothing[1]
    assert refusal(sagemaker.create_model_package_group, ModelPackageGroupName="credit")[1].startswith(
        "Model Package Group already exists: arn:aws:sagemaker:"
    )
    policy = refusal(
        sagemaker.put_model_package_group_policy, ModelPackageGroupName="credit", ResourcePolicy='{"Statement": 1}'
    )
    assert policy[0] == "ValidationException"
