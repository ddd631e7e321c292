"""The personas of the landscape as it is laid out: what their sessions may do in it (N4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness.catalog.load import Repository, load_repository
from harness.emulator.clients import administrator
from harness.emulator.landscape import local_landscape
from tests.support.served import copy_repository
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.enforcement.roles import Role, allow, document, refused

pytestmark = pytest.mark.unmeasured

GROUP = "credit-risk-default"


@pytest.fixture(scope="module")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, str]]:
    repository = load_repository(copy_repository(tmp_path_factory.mktemp("personas")))
    with local_landscape(repository) as emulator:
        yield repository, emulator.url


def persona(landscape: tuple[Repository, str], name: str, service: str) -> Any:
    """A client with a session of the persona in the team's development account."""
    repository, url = landscape
    account = repository.catalog.landscape.teams[0].accounts["dev"]
    return Role(Tenant(account, url), f"arn:aws:iam::{account}:role/platform-{name}").client(
        service, Tags=[{"Key": "user", "Value": "jane"}]
    )


@pytest.fixture(scope="module")
def version(landscape: tuple[Repository, str]) -> str:
    """A version of a model in the registry, which the team's accounts may see and decide about."""
    repository, url = landscape
    registry = repository.catalog.landscape.registry.account
    sagemaker, s3 = (administrator(each, registry, REGION, url) for each in ("sagemaker", "s3"))
    bucket = f"models-{registry}-{REGION}-{GROUP}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="run/model.tar.gz", Body=b"")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    base = f"arn:aws:sagemaker:{REGION}:{registry}:model-package"
    accounts = list(repository.catalog.landscape.teams[0].accounts.values())
    consumers = {
        **allow(
            "sagemaker:DescribeModelPackage",
            "sagemaker:UpdateModelPackage",
            on=[f"{base}/{GROUP}/*", f"{base}-group/{GROUP}"],
        ),
        "Principal": {"AWS": [f"arn:aws:iam::{each}:root" for each in accounts]},
    }
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=GROUP, ResourcePolicy=document(consumers))
    made = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": f"{registry}.dkr.ecr.{REGION}.amazonaws.com/platform/inference:1",
                    "ModelDataUrl": f"s3://{bucket}/run/model.tar.gz",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(made["ModelPackageArn"])


@pytest.mark.parametrize("name", ["lead", "developer", "support"])
def test_nobody_but_the_approver_decides_about_a_model(landscape: Any, version: str, name: str) -> None:
    told = refused(
        persona(landscape, name, "sagemaker").update_model_package,
        ModelPackageArn=version,
        ModelApprovalStatus="Approved",
    )
    assert told.startswith("User: arn:aws:sts::")
    assert f"assumed-role/platform-{name}/jane is not authorized to perform: sagemaker:UpdateModelPackage" in told
    assert "with an explicit deny in a" in told


def test_a_developer_is_refused_by_the_boundary_even_as_an_administrator(landscape: Any, version: str) -> None:
    repository, url = landscape
    account = repository.catalog.landscape.teams[0].accounts["dev"]
    iam = administrator("iam", account, REGION, url)
    everything = {"RoleName": "platform-developer", "PolicyName": "never"}
    before = iam.get_role_policy(**everything)["PolicyDocument"]
    iam.put_role_policy(**everything, PolicyDocument=document(allow("*")))
    try:
        told = refused(
            persona(landscape, "developer", "sagemaker").update_model_package,
            ModelPackageArn=version,
            ModelApprovalStatus="Approved",
        )
    finally:
        iam.put_role_policy(**everything, PolicyDocument=json.dumps(before))
    assert told.endswith("with an explicit deny in a permissions boundary")


def test_the_approver_decides_about_a_model_of_the_registry_and_does_nothing_else(landscape: Any, version: str) -> None:
    approver = persona(landscape, "approver", "sagemaker")
    assert approver.describe_model_package(ModelPackageName=version)["ModelApprovalStatus"] == "PendingManualApproval"
    assert approver.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    assert approver.describe_model_package(ModelPackageName=version)["ModelApprovalStatus"] == "Approved"
    refused(approver.list_training_jobs)
    refused(persona(landscape, "approver", "s3").list_buckets)


def test_a_developer_hands_no_role_of_the_platform_on(landscape: Any) -> None:
    repository, _ = landscape
    account = repository.catalog.landscape.teams[0].accounts["dev"]
    definition = json.dumps({"Version": "2020-12-01", "Steps": []})
    developer = persona(landscape, "developer", "sagemaker")
    for role in ("platform-approver", "platform/approver/studio", "platform/pipelines/train"):
        told = refused(
            developer.create_pipeline,
            PipelineName="dev-mine",
            PipelineDefinition=definition,
            RoleArn=f"arn:aws:iam::{account}:role/{role}",
            ClientRequestToken="a" * 32,
        )
        assert "iam:PassRole" in told


def test_a_lead_reads_what_the_platform_offers_and_writes_none_of_it(landscape: Any) -> None:
    lead = persona(landscape, "lead", "ssm")
    assert lead.get_parameter(Name="/platform/network/vpc-id")
    refused(lead.put_parameter, Name="/platform/network/vpc-id", Value="vpc-other", Type="String", Overwrite=True)
