"""Facts about Model registry only: who may do what (P1 P2 N4), and what a launch makes of the choices."""

from __future__ import annotations

from typing import Any

import pytest

from harness.cfn.model import StackError, StackState
from tests.products import launched
from tests.products.authorize import allowed

NAME = "model-registry"
DEV, PREPROD, PROD = "444444444441", "444444444442", "444444444443"
TEAM = {"ModelGroup": "churn", "DevAccountId": DEV, "PreprodAccountId": PREPROD, "ProdAccountId": PROD}
VERSION = f"arn:aws:sagemaker:{launched.REGION}:{launched.ACCOUNT}:model-package/churn/7"
OTHER = f"arn:aws:sagemaker:{launched.REGION}:{launched.ACCOUNT}:model-package/fraud/7"


def _launch(**parameters: Any) -> StackState:
    return launched.launch(NAME, {**TEAM, **parameters})


def _group(account: str, action: str, resource: str = VERSION, **context: str) -> bool:
    policy = launched.properties(_launch(), "Group")["ModelPackageGroupPolicy"]
    return _lets_in(policy["Statement"], account, f"sagemaker:{action}", resource, context)


def _lets_in(statements: Any, account: str, action: str, resource: str, context: dict[str, str]) -> bool:
    root = f"arn:aws:iam::{account}:root"
    own = [each for each in statements if each["Principal"] == "*" or root in _many(each["Principal"].get("AWS", []))]
    return allowed(own, action, resource, {"aws:PrincipalAccount": account, **context})


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("account", [DEV, PREPROD, PROD])
def test_each_account_of_the_team_reads_and_uses_versions_of_this_group_only(account: str) -> None:
    for action in ("DescribeModelPackage", "ListModelPackages", "CreateModel"):
        assert _group(account, action)
        assert not _group(account, action, OTHER)


def test_other_accounts_see_nothing() -> None:
    assert not _group("333333333333", "DescribeModelPackage")
    assert not _group("333333333333", "CreateModelPackage")


def test_dev_and_prod_propose_and_preprod_does_not() -> None:
    pending = {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}
    assert _group(DEV, "CreateModelPackage", **pending)
    assert _group(PROD, "CreateModelPackage", **pending)
    assert not _group(PREPROD, "CreateModelPackage", **pending)


@pytest.mark.parametrize("context", [{}, {"sagemaker:ModelApprovalStatus": "Approved"}])
def test_nothing_is_born_approved(context: dict[str, str]) -> None:
    assert not _group(DEV, "CreateModelPackage", **context)


@pytest.mark.parametrize("account", [DEV, PREPROD, PROD])
@pytest.mark.parametrize("role", ["platform-approver", "platform/approver/studio"])
def test_approvers_of_the_team_decide(account: str, role: str) -> None:
    who = {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/{role}"}
    assert _group(account, "UpdateModelPackage", **who, **{"sagemaker:ModelApprovalStatus": "Approved"})
    assert _group(account, "UpdateModelPackage", **who, **{"sagemaker:ModelApprovalStatus": "Rejected"})
    assert not _group(account, "UpdateModelPackage", **who)  # a decision and nothing else


@pytest.mark.parametrize("role", ["platform-lead", "platform-developer", "platform/developer/studio", "admin"])
def test_nobody_else_decides_whatever_their_account_allows(role: str) -> None:
    who = {"aws:PrincipalArn": f"arn:aws:iam::{DEV}:role/{role}", "sagemaker:ModelApprovalStatus": "Approved"}
    assert not _group(DEV, "UpdateModelPackage", **who)


def test_principals_are_accounts_with_actions_by_name_or_the_group_could_not_be_found() -> None:
    for statement in launched.properties(_launch(), "Group")["ModelPackageGroupPolicy"]["Statement"]:
        assert all(each.endswith(":root") for each in _many(statement["Principal"]["AWS"]))
        assert not [action for action in _many(statement["Action"]) if "*" in action]


def _bucket(account: str, action: str, key: str, **context: str) -> bool:
    state = _launch()
    statements = launched.properties(state, "BucketPolicy")["PolicyDocument"]["Statement"]
    resource = f"arn:aws:s3:::{state.output('BucketName')}" + (f"/{key}" if key else "")
    given = {"aws:SecureTransport": "true", "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true", **context}
    understood = [each for each in statements if "NumericLessThan" not in each.get("Condition", {})]
    return _lets_in(understood, account, f"s3:{action}", resource, given)


def test_dev_and_prod_write_what_a_run_leaves_and_nothing_else() -> None:
    for account in (DEV, PROD):
        assert _bucket(account, "PutObject", "run1/model.tar.gz")
        assert _bucket(account, "PutObject", "run1/evaluation/report.html")
        assert not _bucket(account, "PutObject", "index.html")
        assert not _bucket(account, "DeleteObject", "run1/model.tar.gz")
    assert not _bucket(PREPROD, "PutObject", "run1/model.tar.gz")


def test_what_lies_there_is_replaced_by_nobody() -> None:
    state = _launch()
    statements = launched.properties(state, "BucketPolicy")["PolicyDocument"]["Statement"]
    (never,) = [each for each in statements if each["Sid"] == "NeverReplaced"]
    assert (never["Effect"], never["Principal"], never["Action"]) == ("Deny", "*", "s3:PutObject")
    assert never["Condition"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }


def test_the_team_reads_artifacts_and_strangers_do_not() -> None:
    assert all(_bucket(account, "GetObject", "run1/model.tar.gz") for account in (DEV, PREPROD, PROD))
    assert not _bucket("333333333333", "GetObject", "run1/model.tar.gz")


def test_the_key_opens_to_the_team_through_s3_only() -> None:
    statements = launched.properties(_launch(), "Key")["KeyPolicy"]["Statement"]
    through_s3 = {"kms:ViaService": f"s3.{launched.REGION}.amazonaws.com"}
    assert _lets_in(statements, PREPROD, "kms:Decrypt", "*", through_s3)
    assert _lets_in(statements, DEV, "kms:GenerateDataKey", "*", through_s3)
    assert not _lets_in(statements, PREPROD, "kms:GenerateDataKey", "*", through_s3)
    assert not _lets_in(statements, DEV, "kms:Decrypt", "*", {})
    assert not _lets_in(statements, "333333333333", "kms:Decrypt", "*", through_s3)


def test_news_of_this_group_go_to_each_account_and_what_fails_is_kept() -> None:
    rule = launched.properties(_launch(), "News")
    assert rule["EventPattern"]["detail"] == {"ModelPackageGroupName": ["churn"]}
    buses = {each["Arn"] for each in rule["Targets"]}
    assert buses == {f"arn:aws:events:{launched.REGION}:{each}:event-bus/default" for each in (DEV, PREPROD, PROD)}
    assert all(each["DeadLetterConfig"]["Arn"] for each in rule["Targets"])


def test_without_a_threshold_no_role_here_decides() -> None:
    state = _launch()
    assert state.resource("Approve") is None
    assert [each.logical_id for each in state.resources if each.type == "AWS::IAM::Role"] == ["NewsRole"]


def test_the_approving_function_approves_this_group_and_never_rejects() -> None:
    state = _launch(AutomaticApprovalThreshold="0.97")
    assert launched.properties(state, "ApproveRole")["Path"] == "/platform/approver/"
    statements = launched.permissions(state, "ApproveRole")
    decides = "sagemaker:UpdateModelPackage"
    assert allowed(statements, decides, VERSION, {"sagemaker:ModelApprovalStatus": "Approved"})
    assert not allowed(statements, decides, VERSION, {"sagemaker:ModelApprovalStatus": "Rejected"})
    assert not allowed(statements, decides, OTHER, {"sagemaker:ModelApprovalStatus": "Approved"})
    assert not allowed(statements, "sagemaker:CreateModelPackage", VERSION)


def test_artifacts_stay_for_ever_unless_a_time_is_chosen() -> None:
    def expiry(**parameters: Any) -> list[int]:
        rules = launched.properties(_launch(**parameters), "Bucket")["LifecycleConfiguration"]["Rules"]
        return [int(each["ExpirationInDays"]) for each in rules if "ExpirationInDays" in each]

    assert expiry() == []
    assert expiry(ArtifactDays="3653") == [3653]


def test_a_team_has_three_accounts() -> None:
    with pytest.raises(StackError, match="dev and prod are different accounts"):
        launched.try_launch(NAME, {**TEAM, "ProdAccountId": DEV})


def test_the_longest_name_fits_into_every_bucket_that_is_made_of_it() -> None:
    pattern = launched.template(NAME)["Parameters"]["ModelGroup"]
    for beginning in ("inference", "training", "models"):
        assert len(f"{beginning}-{launched.ACCOUNT}-ap-southeast-1-{'a' * pattern['MaxLength']}") <= 63
