"""What the registry tells of versions: it is what approvals start deployments by."""

from __future__ import annotations

from typing import Any

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.hosting import host
from tests.unit.emulator.sagemaker.told import listen

KIND = "SageMaker Model Package State Change"


def test_a_version_is_told_when_it_is_new_and_when_it_is_updated_with_what_changed(tenant: Tenant) -> None:
    account, told = host(tenant), listen(tenant)
    sagemaker: Any = account.sagemaker
    sagemaker.create_model_package_group(ModelPackageGroupName="credit")
    container = {"Image": account.image, "ModelDataUrl": account.put("run/model.tar.gz", b"archive")}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="credit",
        InferenceSpecification={"Containers": [container]},
        CustomerMetadataProperties={"platform:approval": "automatic"},
    )["ModelPackageArn"]
    (event,) = told.events(KIND)
    assert (event["source"], event["account"], event["resources"]) == ("aws.sagemaker", tenant.id, [arn])
    detail = event["detail"]
    assert detail["ModelPackageGroupName"] == "credit"
    assert detail["ModelPackageVersion"] == 1
    assert detail["ModelPackageArn"] == arn
    assert detail["ModelPackageStatus"] == "Completed"
    assert detail["ModelApprovalStatus"] == "PendingManualApproval"
    assert detail["InferenceSpecification"]["Containers"] == [container]
    assert detail["CustomerMetadataProperties"] == {"platform:approval": "automatic"}
    assert detail["CreationTime"].endswith("Z")
    assert "UpdatedModelPackageFields" not in detail
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"a": "1"},
    )
    (event,) = told.events(KIND)
    assert event["detail"]["ModelApprovalStatus"] == "Approved"
    assert event["detail"]["UpdatedModelPackageFields"] == [
        "ModelApprovalStatus",
        "ApprovalDescription",
        "CustomerMetadataProperties",
    ]
    sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["a"])
    (event,) = told.events(KIND)
    assert event["detail"]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]
