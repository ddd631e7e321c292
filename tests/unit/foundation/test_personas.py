"""The five personas (N4) and whose Studio profile they open (N5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.foundation import reading
from tests.unit.foundation.evaluation import ACCOUNT, REGISTRY, Request, identity, may, role_arn, within

PERSONAS = ("Lead", "Developer", "Approver", "Support", "Repair")
MODEL = f"arn:aws:sagemaker:eu-west-1:{REGISTRY}:model-package/churn/3"
PIPELINE = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:pipeline/train"
PROFILE = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:user-profile/d-1/ana"
APPROVED = {"sagemaker:ModelApprovalStatus": "Approved"}
NOW = {"aws:CurrentTime": "2026-11-21T12:00:00Z"}
LATER, EARLIER = "2026-11-21T18:00:00Z", "2026-11-21T11:59:59Z"


def role(persona: str) -> dict[str, Any]:
    return dict(reading.template("spoke")["Resources"][persona]["Properties"])


def writes(persona: str) -> set[str]:
    """Actions that the persona is given and that change something, by IAM's own access levels."""
    found = set()
    for statement in reading.statements("spoke"):
        if statement.where.split()[1] == persona and statement.kind == "identity" and statement.allows:
            for action in statement.actions:
                details = reading.known(action)
                assert details is not None, action
                if "Read" not in details["accessLevel"] and "List" not in details["accessLevel"]:
                    found.add(action)
    return found


def profile(persona: str, user: str, signed_in: str | None) -> Request:
    tags = {"sagemaker:ResourceTag/platform:persona": persona, "sagemaker:ResourceTag/platform:user": user}
    session = {"aws:PrincipalTag/user": signed_in} if signed_in else {}
    return Request("sagemaker:CreatePresignedDomainUrl", PROFILE, {**tags, **session})


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_role_has_the_name_that_products_and_portfolios_use(persona: str) -> None:
    assert role(persona)["RoleName"] == f"platform-{persona.lower()}"


@pytest.mark.parametrize("status", ["Approved", "Rejected"])
@pytest.mark.parametrize("persona", PERSONAS)
def test_only_the_approver_decides_about_a_model(persona: str, status: str) -> None:
    request = Request("sagemaker:UpdateModelPackage", MODEL, {"sagemaker:ModelApprovalStatus": status, **NOW})
    assert may(persona, request, RepairUntil=LATER) is (persona == "Approver")


@pytest.mark.parametrize("persona", ["Lead", "Developer", "Support", "Repair"])
@pytest.mark.parametrize(
    "request_",
    [
        Request("sagemaker:UpdateModelPackage", MODEL, APPROVED),
        Request("sagemaker:UpdateModelPackage", MODEL),
        Request("sagemaker:CreateModelPackage", MODEL, APPROVED),
        Request("sagemaker:PutModelPackageGroupPolicy", MODEL.replace("model-package", "model-package-group")),
        Request(
            "iam:PassRole", role_arn("platform/approver/studio-X1"), {"iam:PassedToService": "sagemaker.amazonaws.com"}
        ),
        Request("iam:PassRole", role_arn("platform-launch-studio-domain")),
        Request("sts:AssumeRole", role_arn("platform-approver")),
        Request("sts:AssumeRole", "arn:aws:iam::222222222223:role/platform/approver/studio-X1"),
    ],
    ids=lambda each: f"{each.action} {each.resource.rpartition(':')[2]}",
)
def test_whoever_may_not_decide_is_denied_even_with_an_administrators_policy(persona: str, request_: Request) -> None:
    administrator = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [*identity(persona), administrator]
    request = Request(request_.action, request_.resource, {**request_.context, **NOW})
    assert not within(statements, f"platform-{persona.lower()}", request, RepairUntil=LATER)


def test_a_developer_opens_their_own_developer_profile_only() -> None:
    assert may("Developer", profile("developer", "ana", "ana"))
    assert not may("Developer", profile("developer", "ben", "ana"))
    assert not may("Developer", profile("approver", "ana", "ana"))
    assert not may("Developer", profile("developer", "ana", None))


def test_an_approver_opens_their_own_approver_profile_only() -> None:
    assert may("Approver", profile("approver", "ana", "ana"))
    assert not may("Approver", profile("approver", "ben", "ana"))
    assert not may("Approver", profile("developer", "ana", "ana"))


def test_a_lead_opens_no_profile() -> None:
    assert not may("Lead", profile("developer", "ana", "ana"))
    assert not may("Lead", profile("approver", "ana", "ana"))


def test_a_developer_runs_and_deploys_pipelines_with_developers_roles() -> None:
    sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    mine = PIPELINE.replace("train", "dev-train")
    for action in ("CreatePipeline", "UpdatePipeline", "DeletePipeline", "AddTags"):
        assert may("Developer", Request(f"sagemaker:{action}", mine))
        assert not may("Developer", Request(f"sagemaker:{action}", PIPELINE)), "a product's pipeline has its own role"
    assert may("Developer", Request("sagemaker:StartPipelineExecution", PIPELINE))
    assert may("Developer", Request("iam:PassRole", role_arn("platform/developer/studio-X1"), sagemaker))
    assert not may("Developer", Request("iam:PassRole", role_arn("platform/registry-X1"), sagemaker))
    lambda_ = {"iam:PassedToService": "lambda.amazonaws.com"}
    assert not may("Developer", Request("iam:PassRole", role_arn("platform/developer/studio-X1"), lambda_))


def test_a_lead_launches_and_manages_products_and_triggers_releases() -> None:
    product = f"arn:aws:catalog:eu-west-1:{REGISTRY}:product/prod-abcdefghijklm"
    own = {"servicecatalog:accountLevel": "self"}
    assert may("Lead", Request("servicecatalog:ProvisionProduct", product))
    assert may("Lead", Request("servicecatalog:UpdateProvisionedProduct", "*", own))
    assert may("Lead", Request("servicecatalog:TerminateProvisionedProduct", "*", own))
    assert may(
        "Lead", Request("codepipeline:StartPipelineExecution", f"arn:aws:codepipeline:eu-west-1:{ACCOUNT}:release")
    )
    assert not may("Lead", Request("servicecatalog:CreateProduct", product))


def test_the_approver_does_nothing_else() -> None:
    reports = {"kms:Decrypt"}  # which IAM counts as a write
    assert writes("Approver") == {"sagemaker:CreatePresignedDomainUrl", "sagemaker:UpdateModelPackage"} | reports


def test_support_writes_nowhere_outside_its_duties() -> None:
    assert writes("Support") == {
        "cloudwatch:DisableAlarmActions",
        "cloudwatch:EnableAlarmActions",
        "codepipeline:RetryStageExecution",
        "sagemaker:DeleteApp",
        "sagemaker:RetryPipelineExecution",
        "sagemaker:StopPipelineExecution",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:StopTransformJob",
        "support:AddCommunicationToCase",
        "support:CreateCase",
    }


def test_support_reads_no_data_and_no_secret() -> None:
    given = {
        action for each in identity("Support") if each["Effect"] == "Allow" for action in reading.texts(each["Action"])
    }
    assert not given & {
        "s3:GetObject",
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "sqs:ReceiveMessage",
        "dynamodb:GetItem",
    }


def test_repair_ends_at_the_stated_moment() -> None:
    rule = Request("events:DisableRule", f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/retrain", NOW)
    assert may("Repair", rule, RepairUntil=LATER)
    assert not may("Repair", rule, RepairUntil=EARLIER)


def test_by_default_nobody_is_a_repair_engineer() -> None:
    moment = reading.template("spoke")["Parameters"]["RepairUntil"]["Default"]
    assert moment < NOW["aws:CurrentTime"]
    for statement in reading.statements("spoke"):
        if statement.kind == "trust" and statement.where.split()[1] == "Repair":
            assert statement.data["Condition"]["DateLessThan"] == {"aws:CurrentTime": {"Ref": "RepairUntil"}}


@pytest.mark.parametrize("persona", PERSONAS)
def test_signing_in_takes_the_personas_own_permission_set_and_nobody_elses_user_tag(persona: str) -> None:
    saml, account, center = reading.branches(role(persona)["AssumeRolePolicyDocument"]["Statement"][0])
    assert saml["Condition"]["StringEquals"] == {"aws:RequestTag/mfa": "true"}
    assert saml["Condition"]["StringLike"]["aws:RequestTag/user"] == "?*"
    (pattern,) = reading.texts(center["Condition"]["ArnLike"]["aws:PrincipalArn"])
    assert pattern.endswith(f"AWSReservedSSO_platform-{persona.lower()}_*")
    operator = "StringEquals" if persona in ("Developer", "Approver") else "StringEqualsIfExists"
    assert center["Condition"][operator]["aws:RequestTag/user"] == "${aws:PrincipalTag/user}"
    assert account["Condition"]["StringEquals"]["aws:PrincipalAccount"] == {"Ref": "AWS::AccountId"}


def test_signing_in_without_a_provider_is_a_choice_that_nobody_makes_by_default() -> None:
    assert reading.template("spoke")["Parameters"]["SignIn"]["Default"] == "identity-center"
