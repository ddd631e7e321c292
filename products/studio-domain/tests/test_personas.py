"""What the developer's and the approver's roles of Studio environment may do, asked request by request (N4, N5, N8)."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from harness.cfn.model import StackState
from tests.products import launched
from tests.products.authorize import Context, allowed

NAME = "studio-domain"
ARN = f"arn:aws:sagemaker:{launched.REGION}:{launched.ACCOUNT}"
VERSION = f"{ARN}:model-package/churn/7"
CENTRAL_VERSION = f"arn:aws:sagemaker:{launched.REGION}:{launched.HUB}:model-package/churn/7"
GROUP = f"{ARN}:model-package-group/churn"
JANE = {"sagemaker:DomainId": "d-abc", "sagemaker:UserProfileName": "jane-doe"}
FULL = {"Mlflow": "Enabled", "DataBuckets": "loans,scores", "DockerAccess": "ENABLED", "InstanceOffer": "Gpu"}


@functools.cache
def _state(environment: str = "dev", **parameters: str) -> StackState:
    return launched.launch(NAME, parameters, environment)


def _developer(
    action: str, resource: str = "*", context: Context | None = None, state: StackState | None = None
) -> bool:
    """With every option on, where not said otherwise: the most that a developer ever gets."""
    return allowed(launched.permissions(state or _state(**FULL), "DeveloperRole"), action, resource, context)


def _approver(action: str, resource: str = "*", context: Context | None = None) -> bool:
    return allowed(launched.permissions(_state(**FULL), "ApproverRole"), action, resource, context)


def _job(state: StackState, **changes: Any) -> dict[str, Any]:
    """The condition keys of a request for a training job that keeps all rules."""
    context = {
        "sagemaker:VpcSubnets": [launched.SUBNETS[0]],
        "sagemaker:VpcSecurityGroupIds": [state.output("SecurityGroupId")],
        "sagemaker:OutputKmsKeyArn": state.output("KeyArn"),
        "sagemaker:VolumeKmsKeyArn": state.output("KeyArn"),
        "sagemaker:InterContainerTrafficEncryption": "true",
        "sagemaker:InstanceTypes": ["ml.m5.xlarge"],
    }
    context.update({f"sagemaker:{key}": value for key, value in changes.items()})
    return {key: value for key, value in context.items() if value is not None}


@pytest.mark.parametrize("status", ["Approved", "Rejected", "PendingManualApproval"])
@pytest.mark.parametrize("version", [VERSION, CENTRAL_VERSION])
def test_a_developer_decides_about_no_version(status: str, version: str) -> None:
    assert not _developer("sagemaker:UpdateModelPackage", version, {"sagemaker:ModelApprovalStatus": status})


@pytest.mark.parametrize("context", [{}, {"sagemaker:ModelApprovalStatus": "Approved"}])
def test_a_developer_registers_no_version_that_is_born_approved(context: Context) -> None:
    assert not _developer("sagemaker:CreateModelPackage", VERSION, context)


def test_a_developer_proposes_versions() -> None:
    pending = {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}
    assert _developer("sagemaker:CreateModelPackage", VERSION, pending)
    assert _developer("sagemaker:CreateModelPackageGroup", GROUP)


@pytest.mark.parametrize("action", ["PutModelPackageGroupPolicy", "DeleteModelPackageGroupPolicy"])
def test_a_developer_hands_no_decision_to_others(action: str) -> None:
    assert not _developer(f"sagemaker:{action}", GROUP)


def test_a_developer_passes_only_the_own_role_and_only_to_sagemaker() -> None:
    state = _state(**FULL)
    own, approver = str(state.output("DeveloperRoleArn")), str(state.output("ApproverRoleArn"))
    to_sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert _developer("iam:PassRole", own, to_sagemaker)
    assert not _developer("iam:PassRole", own, {"iam:PassedToService": "lambda.amazonaws.com"})
    assert not _developer("iam:PassRole", approver, to_sagemaker)
    assert not _developer("iam:PassRole", f"arn:aws:iam::{launched.ACCOUNT}:role/platform-approver", to_sagemaker)
    assert not _developer("iam:PassRole", f"{own}-of-somebody-else", to_sagemaker)


def test_a_developer_becomes_nobody_else() -> None:
    for role in ("platform-approver", "platform-launch-studio-domain", "platform/approver/studio"):
        assert not _developer("sts:AssumeRole", f"arn:aws:iam::{launched.ACCOUNT}:role/{role}")
    profile = f"{ARN}:user-profile/d-abc/ada-lovelace"
    for action in ("CreatePresignedDomainUrl", "CreateUserProfile", "UpdateUserProfile", "UpdateDomain"):
        assert not _developer(f"sagemaker:{action}", profile, JANE)


def test_a_session_of_studio_opens_its_own_workspaces_and_never_an_approvers_profile() -> None:
    opens = "sagemaker:CreatePresignedDomainUrl"
    persona = "sagemaker:ResourceTag/platform:persona"
    mine, johns = f"{ARN}:user-profile/d-abc/jane-doe", f"{ARN}:user-profile/d-abc/john-roe"
    assert _developer(opens, mine, {**JANE, persona: "developer"})
    assert not _developer(opens, johns, {**JANE, persona: "developer"})
    assert not _developer(opens, mine, {persona: "developer"})  # a job's session has no profile
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [everything, *launched.permissions(_state(**FULL), "DeveloperRole")]
    assert allowed(statements, opens, johns, {persona: "developer"})
    assert not allowed(statements, opens, johns, {persona: "approver"})
    assert not allowed(statements, opens, johns)


def test_a_developer_writes_no_tag_that_opens_a_profile() -> None:
    profile = f"{ARN}:user-profile/d-abc/jane-doe"
    assert not _developer("sagemaker:AddTags", profile)
    assert not _developer("sagemaker:DeleteTags", profile)
    assert _developer("sagemaker:AddTags", f"{ARN}:space/d-abc/mine", {"sagemaker:TaggingAction": "CreateSpace"})


def test_a_developer_changes_own_pipelines_and_runs_any() -> None:
    mine, products = f"{ARN}:pipeline/dev-churn", f"{ARN}:pipeline/churn-training"
    for action in ("CreatePipeline", "UpdatePipeline", "DeletePipeline"):
        assert _developer(f"sagemaker:{action}", mine)
        assert not _developer(f"sagemaker:{action}", products)
    assert _developer("sagemaker:StartPipelineExecution", products)


def test_a_developer_launches_templates_of_studio_and_no_other_product() -> None:
    product = f"arn:aws:catalog:{launched.REGION}:{launched.HUB}:product/prod-abcdefghijklm"
    marked = {"aws:ResourceTag/sagemaker:studio-visibility": "true"}
    assert _developer("servicecatalog:ProvisionProduct", product, marked)
    assert not _developer("servicecatalog:ProvisionProduct", product)
    assert not _developer("servicecatalog:ProvisionProduct", product, marked, _state(ProjectAccess="Disabled"))


@pytest.mark.parametrize(
    "service", ["iam", "sts", "lambda", "codebuild", "codepipeline", "states", "events", "cloudformation", "glue"]
)
def test_a_developer_runs_nothing_through_another_service(service: str) -> None:
    """The exceptions give no role: passing the own one, a token for packages, the scaling service's own role."""
    given = {
        action
        for statement in launched.permissions(_state(**FULL), "DeveloperRole")
        if statement["Effect"] == "Allow"
        for action in _many(statement["Action"])
        if action.split(":")[0] == service
    }
    assert given <= {"iam:CreateServiceLinkedRole", "iam:PassRole", "sts:GetServiceBearerToken"}


def test_a_job_inside_the_vpc_with_a_key_is_allowed() -> None:
    state = _state()
    for action in ("CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob"):
        assert _developer(f"sagemaker:{action}", f"{ARN}:training-job/x", _job(state), state)


@pytest.mark.parametrize(
    "changes",
    [
        {"VpcSubnets": None},
        {"VpcSubnets": ["subnet-0fedcba9876543210"]},
        {"VpcSubnets": [launched.SUBNETS[0], "subnet-0fedcba9876543210"]},
        {"VpcSecurityGroupIds": None},
        {"VpcSecurityGroupIds": ["sg-0fedcba9876543210"]},
        {"OutputKmsKeyArn": None},
        {"OutputKmsKeyArn": f"arn:aws:kms:{launched.REGION}:999999999999:key/elsewhere"},
        {"VolumeKmsKeyArn": None},
        {"InterContainerTrafficEncryption": None},
        {"InterContainerTrafficEncryption": "false"},
    ],
    ids=str,
)
def test_a_job_that_breaks_one_rule_is_refused(changes: dict[str, Any]) -> None:
    state = _state()
    assert not _developer("sagemaker:CreateTrainingJob", f"{ARN}:training-job/x", _job(state, **changes), state)


def test_a_job_on_local_disks_needs_no_volume_key() -> None:
    state = _state()
    local = _job(state, VolumeKmsKeyArn=None, InstanceTypes=["ml.g5.xlarge"])
    assert _developer("sagemaker:CreateTrainingJob", f"{ARN}:training-job/x", local, state)
    mixed = _job(state, VolumeKmsKeyArn=None, InstanceTypes=["ml.g5.xlarge", "ml.m5.xlarge"])
    assert not _developer("sagemaker:CreateTrainingJob", f"{ARN}:training-job/x", mixed, state)


def test_batch_transform_and_endpoints_that_scale_are_there_for_trials() -> None:
    state = _state()
    key = {
        "sagemaker:OutputKmsKeyArn": str(state.output("KeyArn")),
        "sagemaker:VolumeKmsKeyArn": str(state.output("KeyArn")),
    }
    assert _developer("sagemaker:CreateTransformJob", f"{ARN}:transform-job/x", key)
    for action in ("CreateEndpoint", "UpdateEndpoint", "InvokeEndpoint"):
        assert _developer(f"sagemaker:{action}", f"{ARN}:endpoint/dev-trial")
        assert not _developer(f"sagemaker:{action}", f"{ARN}:endpoint/churn-live")
    target = f"arn:aws:application-autoscaling:{launched.REGION}:{launched.ACCOUNT}:scalable-target/0a1b"
    for namespace, expected in (("sagemaker", True), ("dynamodb", False)):
        context = {"application-autoscaling:service-namespace": namespace}
        assert _developer("application-autoscaling:RegisterScalableTarget", target, context) is expected


def test_scaling_a_trial_makes_its_alarms_and_the_services_own_role_and_no_other() -> None:
    alarm = f"arn:aws:cloudwatch:{launched.REGION}:{launched.ACCOUNT}:alarm:TargetTracking-endpoint/"
    assert _developer("cloudwatch:PutMetricAlarm", f"{alarm}dev-trial/variant/all-AlarmHigh-0a1b")
    assert not _developer("cloudwatch:PutMetricAlarm", f"{alarm}churn-live/variant/all-AlarmHigh-0a1b")
    scaling = "sagemaker.application-autoscaling.amazonaws.com"
    role = f"arn:aws:iam::{launched.ACCOUNT}:role/aws-service-role/{scaling}/"
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    action = "iam:CreateServiceLinkedRole"
    assert _developer(action, role + name, {"iam:AWSServiceName": scaling})
    assert not _developer(action, role + name, {"iam:AWSServiceName": "ecs.application-autoscaling.amazonaws.com"})
    assert not _developer(action, role + "Another", {"iam:AWSServiceName": scaling})


@pytest.mark.parametrize("environment", ["preprod", "prod"])
def test_outside_dev_a_developer_makes_no_endpoint(environment: str) -> None:
    state = _state(environment)
    assert not _developer("sagemaker:CreateEndpoint", f"{ARN}:endpoint/dev-trial", {}, state)


@pytest.mark.parametrize(
    ("offer", "instance", "expected"),
    [
        ("Small", "ml.m5.2xlarge", True),
        ("Small", "ml.m5.4xlarge", False),
        ("Standard", "ml.m5.4xlarge", True),
        ("Standard", "ml.m5.24xlarge", False),
        ("Standard", "ml.g5.xlarge", False),
        ("Gpu", "ml.g5.xlarge", True),
        ("Gpu", "ml.p4d.24xlarge", False),
    ],
)
def test_a_developer_opens_own_workspaces_in_the_sizes_on_offer(offer: str, instance: str, expected: bool) -> None:
    owner = f"{ARN}:user-profile/d-abc/jane-doe"
    app = f"{ARN}:app/d-abc/mine/JupyterLab/default"
    context = {
        **JANE,
        "sagemaker:OwnerUserProfileArn": owner,
        "sagemaker:SpaceSharingType": "Private",
        "sagemaker:InstanceTypes": [instance],
    }
    state = _state(InstanceOffer=offer)
    assert _developer("sagemaker:CreateApp", app, context, state) is expected
    assert not _developer(
        "sagemaker:CreateApp", app, {**context, "sagemaker:OwnerUserProfileArn": owner.replace("jane", "john")}, state
    )


def test_a_workspace_is_not_reached_from_a_laptop() -> None:
    context = {
        **JANE,
        "sagemaker:OwnerUserProfileArn": f"{ARN}:user-profile/d-abc/jane-doe",
        "sagemaker:SpaceSharingType": "Private",
    }
    space = f"{ARN}:space/d-abc/mine"
    assert _developer("sagemaker:CreateSpace", space, context)
    assert not _developer("sagemaker:CreateSpace", space, {**context, "sagemaker:RemoteAccess": "ENABLED"})
    assert not _developer("sagemaker:StartSession", space, context)


def test_a_developer_reads_the_teams_data_and_nobody_elses() -> None:
    assert _developer("s3:GetObject", "arn:aws:s3:::loans/2026/a.csv")
    assert _developer("s3:ListBucket", "arn:aws:s3:::scores")
    assert not _developer("s3:PutObject", "arn:aws:s3:::loans/2026/a.csv")
    assert not _developer("s3:GetObject", "arn:aws:s3:::loans-of-others/a.csv")
    assert not _developer("s3:GetObject", "arn:aws:s3:::loans/2026/a.csv", {}, _state())


@pytest.mark.parametrize("version", [VERSION, CENTRAL_VERSION])
@pytest.mark.parametrize(
    ("status", "expected"), [("Approved", True), ("Rejected", True), ("PendingManualApproval", False)]
)
def test_an_approver_approves_and_rejects(version: str, status: str, expected: bool) -> None:
    context = {"sagemaker:ModelApprovalStatus": status}
    assert _approver("sagemaker:UpdateModelPackage", version, context) is expected
    assert _approver("sagemaker:DescribeModelPackage", version)


def test_an_approver_reads_reports_and_no_data() -> None:
    bucket = f"arn:aws:s3:::{_state(**FULL).output('WorkBucketName')}"
    assert _approver("s3:GetObject", f"{bucket}/work/churn/evaluation.json")
    assert _approver("s3:GetObject", f"{bucket}/work/churn/report.html")
    for key in ("work/churn/train.csv", "work/churn/model.tar.gz", "mlflow/1/metrics.json"):
        assert not _approver("s3:GetObject", f"{bucket}/{key}")


def test_an_approver_changes_nothing_else() -> None:
    given = {
        action
        for statement in launched.permissions(_state(**FULL), "ApproverRole")
        if statement["Effect"] == "Allow"
        for action in _many(statement["Action"])
    }
    reads = ("BatchDescribe", "Describe", "Get", "List", "Query", "Search")
    writes = {action for action in given if not action.partition(":")[2].startswith(reads)}
    assert writes == {"kms:Decrypt", "sagemaker:UpdateModelPackage"}
    assert not _approver("s3:PutObject", "arn:aws:s3:::any/file")


@pytest.mark.parametrize(
    "action",
    [
        "CreateApp",
        "CreateSpace",
        "CreateTrainingJob",
        "CreateProcessingJob",
        "CreatePipeline",
        "StartPipelineExecution",
    ],
)
def test_nobodys_code_runs_as_an_approver(action: str) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}  # whatever were attached later
    statements = [everything, *launched.permissions(_state(**FULL), "ApproverRole")]
    assert not allowed(statements, f"sagemaker:{action}", f"{ARN}:anything/x")


@pytest.mark.parametrize(
    ("action", "context"),
    [
        ("sagemaker:UpdateModelPackage", {"sagemaker:ModelApprovalStatus": "Approved"}),
        ("sagemaker:CreateModelPackage", {"sagemaker:ModelApprovalStatus": "Approved"}),
        ("sagemaker:PutModelPackageGroupPolicy", {}),
        ("sagemaker:UpdateUserProfile", {}),
        ("sts:AssumeRole", {}),
    ],
)
def test_no_policy_attached_later_lets_a_developer_decide(action: str, context: Context) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    assert allowed([everything], action, VERSION, context)
    assert not allowed([everything, *launched.permissions(_state(**FULL), "DeveloperRole")], action, VERSION, context)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
