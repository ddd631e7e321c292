"""What no role may ever do, and that each line of the boundary is what forbids it."""

from __future__ import annotations

import pytest

from tests.unit.foundation.evaluation import ACCOUNT, REGISTRY, Request, boundary, role_arn, within

MODEL = f"arn:aws:sagemaker:eu-west-1:{REGISTRY}:model-package/churn/3"
GROUP = f"arn:aws:sagemaker:eu-west-1:{REGISTRY}:model-package-group/churn"
PROFILE = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:user-profile/d-1/ana"
BOUNDARY = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/platform-boundary"}
APPROVED = {"sagemaker:ModelApprovalStatus": "Approved"}
PENDING = {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}
WORKER = "platform/pipeline-X1"  # a role that a product made

# One call per denial that nothing else in the boundary would stop.
REFUSED = {
    "OnlyApproversDecideAboutModels": Request("sagemaker:UpdateModelPackage", MODEL, APPROVED),
    "ModelsAreRegisteredPending": Request("sagemaker:CreateModelPackage", MODEL, APPROVED),
    "OnlyLaunchesShapeStudioAndGroups": Request("sagemaker:PutModelPackageGroupPolicy", GROUP),
    "OnlyLaunchesTagProfiles": Request("sagemaker:AddTags", PROFILE, {"aws:TagKeys": ("Platform:Persona",)}),
    "OnlyPersonasOpenStudio": Request("sagemaker:CreatePresignedDomainUrl", PROFILE),
    "NoStepIntoPlatformRoles": Request("sts:AssumeRole", role_arn("platform-approver")),
    "OnlyThePublisherHandsOnPlatformRoles": Request("iam:PassRole", role_arn("platform-launch-studio-domain")),
    "OnlyThePublisherMakesConstraints": Request(
        "servicecatalog:CreateConstraint", f"arn:aws:catalog:eu-west-1:{ACCOUNT}:product/prod-abcdefghijklm"
    ),
    "OnlyLaunchesHandleApproverRoles": Request("iam:PassRole", role_arn("platform/approver/studio-X1")),
    "OnlyLaunchesMakeDeliveryRoles": Request("iam:CreateRole", role_arn("platform/delivery/mine"), BOUNDARY),
    "NoRoleWithoutBoundary": Request("iam:CreateRole", role_arn("platform/mine")),
    "BoundaryStays": Request("iam:DeleteRolePermissionsBoundary", role_arn("platform/mine")),
    "PlatformIsOffLimits": Request("iam:CreateRole", role_arn("platform-launch-mine"), BOUNDARY),
    "ContractIsOffLimits": Request(
        "ssm:PutParameter", f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/platform/iam/boundary-arn"
    ),
    "NoLocalIdentities": Request("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/me"),
    "AccountStaysInTheOrganization": Request("organizations:LeaveOrganization"),
    "NoWayToTheInternet": Request(
        "ec2:AttachInternetGateway", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:internet-gateway/igw-1"
    ),
    "NoPublicAcl": Request("s3:PutObject", "arn:aws:s3:::any/key", {"s3:x-amz-acl": "public-read"}),
    "NoNotebookOnTheInternet": Request(
        "sagemaker:CreateNotebookInstance", "*", {"sagemaker:DirectInternetAccess": "Enabled"}
    ),
}


def test_every_denial_has_a_case() -> None:
    assert {each["Sid"] for each in boundary() if each["Effect"] == "Deny"} == set(REFUSED)


@pytest.mark.parametrize("sid", sorted(REFUSED))
def test_a_role_of_a_product_is_refused_whatever_its_policies_say(sid: str) -> None:
    assert not within(boundary(), WORKER, REFUSED[sid])


@pytest.mark.parametrize("sid", sorted(REFUSED))
def test_without_that_one_statement_it_would_pass(sid: str) -> None:
    assert within(boundary(without=sid), WORKER, REFUSED[sid])


@pytest.mark.parametrize(
    "request_",
    [
        Request("sagemaker:CreateModelPackage", MODEL, PENDING),
        Request("sagemaker:UpdateModelPackage", MODEL, {"sagemaker:CustomerMetadataProperties/k": "v"}),
        Request("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/a"),
        Request(
            "sagemaker:AddTags", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/a", {"aws:TagKeys": ("cost",)}
        ),
        Request("s3:PutObject", "arn:aws:s3:::any/key"),
        Request(
            "iam:PassRole", role_arn("platform/developer/studio-X1"), {"iam:PassedToService": "sagemaker.amazonaws.com"}
        ),
        Request("sts:AssumeRole", "arn:aws:iam::222222222222:role/platform/deployment-X1"),
        Request("ssm:GetParameters", f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/platform/network/vpc-id"),
        Request("sagemaker:CreateNotebookInstance", "*", {"sagemaker:DirectInternetAccess": "Disabled"}),
    ],
    ids=lambda each: str(each.action),
)
def test_ordinary_work_of_a_product_is_left_alone(request_: Request) -> None:
    assert within(boundary(), WORKER, request_)


@pytest.mark.parametrize("principal", ["platform-launch-studio-domain", "platform-launch-anything"])
def test_a_launch_makes_roles_profiles_and_its_part_of_the_contract(principal: str) -> None:
    for request in (
        Request("iam:CreateRole", role_arn("platform/approver/studio-X1"), BOUNDARY),
        Request("iam:PutRolePolicy", role_arn("platform/approver/studio-X1"), BOUNDARY),
        Request("iam:PassRole", role_arn("platform/approver/studio-X1")),
        Request("sagemaker:CreateUserProfile", PROFILE),
        Request("sagemaker:AddTags", PROFILE, {"aws:TagKeys": ("platform:persona", "platform:user")}),
        Request("ssm:PutParameter", f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/platform/studio/domain-id"),
    ):
        assert within(boundary(), principal, request), request


def test_a_launch_makes_no_role_without_the_boundary_and_no_platform_role() -> None:
    launch = "platform-launch-studio-domain"
    assert not within(boundary(), launch, Request("iam:CreateRole", role_arn("platform/approver/x")))
    other = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/of-my-own"}
    assert not within(boundary(), launch, Request("iam:CreateRole", role_arn("platform/x"), other))
    assert not within(boundary(), launch, Request("iam:CreateRole", role_arn("platform-approver"), BOUNDARY))
    assert not within(boundary(), launch, Request("iam:UpdateAssumeRolePolicy", role_arn("platform-lead"), BOUNDARY))


def test_only_the_approver_and_approvers_profiles_decide() -> None:
    for status in ("Approved", "Rejected", "PendingManualApproval"):
        decision = Request("sagemaker:UpdateModelPackage", MODEL, {"sagemaker:ModelApprovalStatus": status})
        assert within(boundary(), "platform-approver", decision)
        assert within(boundary(), "platform/approver/studio-X1", decision)
        for other in ("platform-lead", "platform-developer", "platform-launch-studio-domain", "platform/developer/x"):
            assert not within(boundary(), other, decision), other


def test_the_publisher_names_launch_roles_in_constraints() -> None:
    for sid in ("OnlyThePublisherHandsOnPlatformRoles", "OnlyThePublisherMakesConstraints"):
        assert within(boundary(), "platform-publisher", REFUSED[sid])
        assert not within(boundary(), "platform-launch-studio-domain", REFUSED[sid])


def test_studio_is_opened_by_personas_and_from_inside_by_developers_only() -> None:
    request = REFUSED["OnlyPersonasOpenStudio"]
    for principal in ("platform-developer", "platform-approver", "platform/developer/studio-X1"):
        assert within(boundary(), principal, request), principal
    for principal in ("platform-lead", "platform/approver/studio-X1", "platform/mlflow/studio-X1", WORKER):
        assert not within(boundary(), principal, request), principal


def test_not_even_an_approver_registers_an_approved_version() -> None:
    assert not within(boundary(), "platform-approver", Request("sagemaker:CreateModelPackage", MODEL, APPROVED))
