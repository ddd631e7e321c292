"""The model registry as other accounts use it: the group's resource policy decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.emulator.conftest import Tenant, signed
from tests.unit.emulator.sagemaker.hosting import allow
from tests.unit.emulator.sagemaker.test_registry import refusal, register, specification

READ = ("DescribeModelPackage", "ListModelPackages", "CreateModel", "BatchDescribeModelPackage")


@dataclass(frozen=True)
class Shared:
    """A registry with the group `credit`, one version in it, and an account that consumes it."""

    registry: Tenant
    consumer: Tenant
    version: str

    @property
    def group(self) -> str:
        return f"arn:aws:sagemaker:eu-west-1:{self.registry.id}:model-package-group/credit"

    @property
    def versions(self) -> str:
        return f"arn:aws:sagemaker:eu-west-1:{self.registry.id}:model-package/credit/*"

    def allow(self, *actions: str, principal: str = "", effect: str = "Allow", **more: Any) -> None:
        """Sets the group's policy: the actions for the consumer, on the group and its versions."""
        statement = {
            "Effect": effect,
            "Principal": {"AWS": principal or f"arn:aws:iam::{self.consumer.id}:root"},
            "Action": [f"sagemaker:{each}" for each in actions],
            "Resource": [self.group, self.versions],
            **more,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.registry.client("sagemaker").put_model_package_group_policy(
            ModelPackageGroupName="credit", ResourcePolicy=policy
        )


@pytest.fixture
def shared(new_tenant: Callable[[], Tenant]) -> Shared:
    registry, consumer = new_tenant(), new_tenant()
    s3 = registry.client("s3")
    s3.create_bucket(Bucket=f"models-{registry.id}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=f"models-{registry.id}", Key="run/model.tar.gz", Body=b"archive")
    client = registry.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="credit")
    return Shared(registry, consumer, register(client, registry))


def test_without_a_policy_nobody_else_reads_a_version(shared: Shared) -> None:
    sagemaker = shared.consumer.client("sagemaker")
    code, message = refusal(sagemaker.describe_model_package, ModelPackageName=shared.version)
    assert code == "AccessDeniedException"
    action = "sagemaker:DescribeModelPackage"
    assert message == (
        f"User: arn:aws:iam::{shared.consumer.id}:root is not authorized to perform: {action} "
        f"on resource: {shared.version} because no resource-based policy allows the {action} action"
    )
    assert refusal(sagemaker.list_model_packages, ModelPackageGroupName=shared.group)[0] == "AccessDeniedException"


def test_a_name_means_the_callers_own_group(shared: Shared) -> None:
    shared.allow(*READ)
    code, message = refusal(shared.consumer.client("sagemaker").list_model_packages, ModelPackageGroupName="credit")
    assert code == "ValidationException"
    assert f":{shared.consumer.id}:" in message


def test_the_policy_lets_an_account_do_what_it_names_and_no_more(shared: Shared) -> None:
    shared.allow(*READ)
    sagemaker = shared.consumer.client("sagemaker")
    found = sagemaker.list_model_packages(ModelPackageGroupName=shared.group)["ModelPackageSummaryList"]
    assert [each["ModelPackageArn"] for each in found] == [shared.version]
    assert sagemaker.describe_model_package(ModelPackageName=shared.version)["ModelPackageVersion"] == 1
    for call, parameters in (
        (sagemaker.update_model_package, {"ModelPackageArn": shared.version, "ModelApprovalStatus": "Approved"}),
        (sagemaker.delete_model_package, {"ModelPackageName": shared.version}),
        (sagemaker.describe_model_package_group, {"ModelPackageGroupName": shared.group}),
    ):
        assert refusal(call, **parameters)[0] == "AccessDeniedException"


def test_an_account_that_may_registers_versions_in_the_central_group(shared: Shared) -> None:
    shared.allow("CreateModelPackage")
    sagemaker = shared.consumer.client("sagemaker")
    bucket = f"models-{shared.registry.id}"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{shared.consumer.id}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    given = {"ModelPackageGroupName": shared.group, "InferenceSpecification": specification(shared.registry)}
    code, message = refusal(sagemaker.create_model_package, **given)
    assert (code, message.startswith("Could not access model data at s3://")) == ("ValidationException", True)
    shared.registry.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    )
    arn = sagemaker.create_model_package(**given)["ModelPackageArn"]
    assert arn == f"arn:aws:sagemaker:eu-west-1:{shared.registry.id}:model-package/credit/2"
    shown = shared.registry.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert shown["CreatedBy"]["IamIdentity"]["Arn"] == f"arn:aws:iam::{shared.consumer.id}:root"


def test_a_policy_keeps_others_from_registering_what_is_already_approved(shared: Shared) -> None:
    pending = {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}
    shared.allow("CreateModelPackage", Condition=pending)
    sagemaker = shared.consumer.client("sagemaker")
    given = {
        "ModelPackageGroupName": shared.group,
        "InferenceSpecification": specification(shared.registry),
        "SkipModelValidation": "All",
    }
    forged = refusal(sagemaker.create_model_package, **given, ModelApprovalStatus="Approved")
    unsaid = refusal(sagemaker.create_model_package, **given)
    assert {forged[0], unsaid[0]} == {"AccessDeniedException"}
    arn = sagemaker.create_model_package(**given, ModelApprovalStatus="PendingManualApproval")["ModelPackageArn"]
    assert arn.endswith("model-package/credit/2")


def test_a_denial_holds_in_the_registrys_own_account_too(shared: Shared) -> None:
    shared.allow("UpdateModelPackage", principal=f"arn:aws:iam::{shared.registry.id}:root", effect="Deny")
    code, message = refusal(
        shared.registry.client("sagemaker").update_model_package,
        ModelPackageArn=shared.version,
        ModelApprovalStatus="Approved",
    )
    assert code == "AccessDeniedException"
    assert "with an explicit deny in a resource-based policy" in message


def test_an_account_that_is_let_in_decides_which_of_its_roles_may(shared: Shared) -> None:
    shared.allow(*READ)
    consumer = shared.consumer
    arn = consumer.role("reader", {"Effect": "Allow", "Principal": {"AWS": consumer.id}, "Action": "sts:AssumeRole"})
    session = consumer.client("sts").assume_role(RoleArn=arn, RoleSessionName="jane")["Credentials"]
    keys = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    sagemaker = signed("sagemaker", consumer.url, *keys)
    code, message = refusal(sagemaker.describe_model_package, ModelPackageName=shared.version)
    assert (code, "no identity-based policy allows" in message) == ("AccessDeniedException", True)
    allow(consumer, "reader", {"Effect": "Allow", "Action": "sagemaker:DescribeModelPackage", "Resource": "*"})
    assert sagemaker.describe_model_package(ModelPackageName=shared.version)["ModelPackageVersion"] == 1


def discovered(tenant: Tenant) -> list[str]:
    answer: Any = tenant.client("sagemaker").list_model_package_groups(
        CrossAccountFilterOption="CrossAccount", MaxResults=100
    )
    return [each["ModelPackageGroupArn"] for each in answer["ModelPackageGroupSummaryList"]]


def test_a_group_is_discovered_by_accounts_that_its_policy_names(shared: Shared) -> None:
    assert shared.group not in discovered(shared.consumer)
    shared.allow("DescribeModelPackageGroup")
    assert shared.group in discovered(shared.consumer)
    assert shared.group not in discovered(shared.registry)


def test_a_role_as_principal_or_a_wildcard_makes_a_group_undiscoverable(shared: Shared) -> None:
    shared.allow("*")
    assert shared.group not in discovered(shared.consumer)
    shared.consumer.role("reader")
    shared.allow("DescribeModelPackageGroup", principal=f"arn:aws:iam::{shared.consumer.id}:role/reader")
    assert shared.group not in discovered(shared.consumer)
