"""Facts about Studio environment only: what a launch makes of the choices, and what it never makes."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from harness.cfn.model import StackError
from tests.products import launched
from tests.products.authorize import allowed
from tests.unit.cfn.engine import FailingProvider

NAME = "studio-domain"
EXAMPLES = [example for name, example in launched.examples() if name == NAME]


def _domain(environment: str = "dev", **parameters: Any) -> dict[str, Any]:
    return dict(launched.properties(launched.launch(NAME, parameters, environment), "Domain"))


def test_nothing_is_typed_for_a_private_domain() -> None:
    domain = _domain()
    assert domain["AppNetworkAccessType"] == "VpcOnly"
    assert domain["VpcId"] == launched.VPC
    assert tuple(domain["SubnetIds"]) == launched.SUBNETS
    assert domain["AuthMode"] == "IAM"


@pytest.mark.parametrize("environment", ["dev", "preprod"])
def test_outside_production_the_way_to_the_internet_is_a_choice(environment: str) -> None:
    assert _domain(environment, NetworkMode="PublicInternetOnly")["AppNetworkAccessType"] == "PublicInternetOnly"


def test_production_never_gets_a_way_to_the_internet() -> None:
    """Either the rule refuses the launch, or, where a rule sees no SSM values, the domain is private all the same."""
    try:
        mode = _domain("prod", NetworkMode="PublicInternetOnly")["AppNetworkAccessType"]
    except StackError as error:
        assert "In production the network mode is VpcOnly" in error.message
    else:
        assert mode == "VpcOnly"


def test_production_gets_a_private_domain() -> None:
    assert _domain("prod")["AppNetworkAccessType"] == "VpcOnly"


def test_home_directories_disks_and_buckets_have_the_products_own_key() -> None:
    state = launched.launch(NAME)
    key = state.output("KeyArn")
    assert launched.properties(state, "Domain")["KmsKeyId"] == key
    for name in ("WorkBucket", "SharedBucket"):
        (rule,) = launched.properties(state, name)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        default = rule["ServerSideEncryptionByDefault"]
        assert (default["SSEAlgorithm"], default["KMSMasterKeyID"]) == ("aws:kms", key)
    assert launched.properties(state, "Key")["EnableKeyRotation"] is True


def test_the_key_serves_no_other_account_and_grants_go_to_services_only() -> None:
    statements = launched.properties(launched.launch(NAME), "Key")["KeyPolicy"]["Statement"]
    root = f"arn:aws:iam::{launched.ACCOUNT}:root"
    assert all(each["Principal"] == {"AWS": root} for each in statements)
    actions = [action for each in statements for action in _many(each["Action"])]
    assert "kms:*" not in actions
    (grants,) = [each for each in statements if "kms:CreateGrant" in _many(each["Action"])]
    assert grants["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_the_group_opens_what_studio_needs_and_no_more() -> None:
    state = launched.launch(NAME)
    group = state.output("SecurityGroupId")
    resources = {each.logical_id: each for each in state.resources}
    inside = {
        (each.type.rpartition("Group")[2], given["FromPort"], given["ToPort"])
        for each in resources.values()
        if each.type.startswith("AWS::EC2::SecurityGroup") and each.logical_id != "Group"
        for given in [each.properties]
        if given["GroupId"] == group
        and group in (given.get("SourceSecurityGroupId"), given.get("DestinationSecurityGroupId"))
    }
    assert inside == {
        (way, first, last) for way in ("Ingress", "Egress") for first, last in [(2049, 2049), (8192, 65535)]
    }
    own = resources["Group"].properties
    assert "SecurityGroupIngress" not in own
    to = ("DestinationSecurityGroupId", "DestinationPrefixListId")
    outside = {
        tuple(rule.get(key) for key in ("IpProtocol", "FromPort", "ToPort", *to)) for rule in own["SecurityGroupEgress"]
    }
    assert outside == {
        ("tcp", 443, 443, launched.CONTRACT["/platform/network/endpoint-security-group-id"], None),
        ("tcp", 443, 443, None, launched.CONTRACT["/platform/network/s3-prefix-list-id"]),
    }
    assert not [each for each in state.resources if "CidrIp" in str(each.properties)]


@pytest.mark.parametrize("settings", ["DefaultUserSettings", "DefaultSpaceSettings"])
@pytest.mark.parametrize("minutes", [60, 120, 1440])
def test_idle_workspaces_stop_and_nobody_sets_that_off(settings: str, minutes: int) -> None:
    idle = _domain(IdleMinutes=minutes)[settings]["JupyterLabAppSettings"]["AppLifecycleManagement"]["IdleSettings"]
    assert idle == {
        "LifecycleManagement": "ENABLED",
        "IdleTimeoutInMinutes": minutes,
        "MinIdleTimeoutInMinutes": 60,
        "MaxIdleTimeoutInMinutes": minutes,
    }


def test_code_editor_stops_when_idle_too() -> None:
    settings = _domain()["DefaultUserSettings"]["CodeEditorAppSettings"]["AppLifecycleManagement"]["IdleSettings"]
    assert settings["LifecycleManagement"] == "ENABLED"


def test_docker_is_off_by_default_and_takes_images_of_the_hub_only() -> None:
    assert _domain()["DomainSettings"]["DockerSettings"] == {"EnableDockerAccess": "DISABLED"}
    assert _domain(DockerAccess="ENABLED")["DomainSettings"]["DockerSettings"] == {
        "EnableDockerAccess": "ENABLED",
        "VpcOnlyTrustedAccounts": [launched.HUB],
    }
    public = _domain(DockerAccess="ENABLED", NetworkMode="PublicInternetOnly")
    assert public["DomainSettings"]["DockerSettings"] == {"EnableDockerAccess": "ENABLED"}


def test_every_call_of_a_person_carries_the_profiles_name() -> None:
    state = launched.launch(NAME)
    assert launched.properties(state, "Domain")["DomainSettings"]["ExecutionRoleIdentityConfig"] == "USER_PROFILE_NAME"
    for role in ("DeveloperRole", "ApproverRole"):
        (trust,) = launched.properties(state, role)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Action"] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
        assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": launched.ACCOUNT}}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_no_role_is_without_the_boundary_or_outside_the_platforms_path(example: Any) -> None:
    roles = [each for each in launched.launch(NAME, example.spec.parameters).resources if each.type == "AWS::IAM::Role"]
    assert len(roles) >= 2
    assert {each.properties["PermissionsBoundary"] for each in roles} == {launched.BOUNDARY}
    assert all(each.properties["Path"].startswith("/platform/") for each in roles)


def test_a_profile_without_a_role_is_a_developers_never_an_approvers() -> None:
    state = launched.launch(NAME)
    domain = launched.properties(state, "Domain")
    for settings in ("DefaultUserSettings", "DefaultSpaceSettings"):
        assert domain[settings]["ExecutionRole"] == state.output("DeveloperRoleArn")


def test_user_profiles_find_domain_and_roles_in_the_contract() -> None:
    state = launched.launch(NAME)
    written = {
        each.properties["Name"]: each.properties["Value"]
        for each in state.resources
        if each.type == "AWS::SSM::Parameter"
    }
    assert written == {
        "/platform/studio/domain-id": state.output("DomainId"),
        "/platform/studio/developer-role-arn": state.output("DeveloperRoleArn"),
        "/platform/studio/approver-role-arn": state.output("ApproverRoleArn"),
    }


def test_the_start_scripts_name_changes_with_its_content_and_studio_uses_it() -> None:
    state = launched.launch(NAME)
    script = (launched.ROOT / "products/studio-domain/src/start.sh").read_bytes()
    for app, settings in (("JupyterLab", "JupyterLabAppSettings"), ("CodeEditor", "CodeEditorAppSettings")):
        given = launched.properties(state, f"{app}Start")
        assert hashlib.sha256(script).hexdigest()[:8] in given["StudioLifecycleConfigName"]
        assert base64.b64decode(given["StudioLifecycleConfigContent"]) == script
        assert len(given["StudioLifecycleConfigContent"]) <= 16384
        resource = state.resource(f"{app}Start")
        assert resource is not None
        used = launched.properties(state, "Domain")["DefaultUserSettings"][settings]["BuiltInLifecycleConfigArn"]
        assert used == resource.attributes["StudioLifecycleConfigArn"]


def test_shared_notebooks_go_encrypted_to_a_bucket_of_their_own_and_expire() -> None:
    state = launched.launch(NAME, {"SharedNotebookDays": 30, "SharedNotebookOutput": "Allowed"})
    sharing = launched.properties(state, "Domain")["DefaultUserSettings"]["SharingSettings"]
    bucket = state.output("SharedBucketName")
    assert sharing == {
        "NotebookOutputOption": "Allowed",
        "S3OutputPath": f"s3://{bucket}/notebooks",
        "S3KmsKeyId": state.output("KeyArn"),
    }
    rules = launched.properties(state, "SharedBucket")["LifecycleConfiguration"]["Rules"]
    assert [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule] == [30]
    assert bucket != state.output("WorkBucketName")


def test_work_never_expires_by_itself() -> None:
    rules = launched.properties(launched.launch(NAME), "WorkBucket")["LifecycleConfiguration"]["Rules"]
    assert rules
    assert not [rule for rule in rules if "ExpirationInDays" in rule]


@pytest.mark.parametrize("bucket", ["WorkBucket", "SharedBucket"])
def test_buckets_are_private_versioned_logged_and_keep_within_the_account(bucket: str) -> None:
    state = launched.launch(NAME)
    given = launched.properties(state, bucket)
    assert set(given["PublicAccessBlockConfiguration"].values()) == {True}
    assert given["VersioningConfiguration"] == {"Status": "Enabled"}
    assert (
        given["LoggingConfiguration"]["DestinationBucketName"] == launched.CONTRACT["/platform/logs/access-logs-bucket"]
    )
    assert {"Key": "platform:product", "Value": NAME} in given["Tags"]
    denied = {each["Sid"] for each in launched.properties(state, f"{bucket}Policy")["PolicyDocument"]["Statement"]}
    assert denied >= {"TlsOnly", "KmsOnly", "OneKeyOnly", "OneAccountOnly"}


def test_mlflow_is_an_option_and_registers_no_models_by_itself() -> None:
    assert launched.launch(NAME).resource("MlflowApp") is None
    state = launched.launch(NAME, {"Mlflow": "Enabled"})
    app = launched.properties(state, "MlflowApp")
    assert app["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
    assert app["ArtifactStoreUri"] == f"s3://{state.output('WorkBucketName')}/mlflow"
    assert app["RoleArn"] not in (state.output("DeveloperRoleArn"), state.output("ApproverRoleArn"))


def test_projects_are_shown_unless_switched_off() -> None:
    def hidden(**parameters: Any) -> list[str]:
        return list(_domain(**parameters)["DefaultUserSettings"]["StudioWebPortalSettings"]["HiddenMlTools"])

    assert "Projects" not in hidden()
    assert "Projects" in hidden(ProjectAccess="Disabled")


@pytest.mark.parametrize(
    "kind", ["AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SageMaker::Domain", "AWS::SageMaker::MlflowApp"]
)
def test_what_holds_data_outlives_the_stack(kind: str) -> None:
    found = launched.resources(NAME, kind)
    assert found
    for resource in found.values():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"  # a launch that failed leaves nothing behind
        assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("failing", ["Domain", "MlflowApp", "DomainParameter"])
def test_a_launch_that_failed_leaves_nothing_behind(failing: str) -> None:
    outcome = launched.try_launch(NAME, {"Mlflow": "Enabled"}, provider=FailingProvider(f"create {failing}"))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert not outcome.state.resources


def test_a_key_is_deleted_only_as_the_products_own_and_with_thirty_days_to_save_it() -> None:
    (statement,) = [each for each in launched.launch_policy(NAME) if "kms:ScheduleKeyDeletion" in _many(each["Action"])]
    assert statement["Condition"] == {
        "StringEquals": {"aws:ResourceTag/platform:product": NAME},
        "NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"},
    }
    assert launched.properties(launched.launch(NAME), "Key")["PendingWindowInDays"] == 30


def test_the_launch_role_takes_no_key_that_is_anothers() -> None:
    key = f"arn:aws:kms:{launched.REGION}:{launched.ACCOUNT}:key/any"
    tags, owner = "aws:RequestTag/platform:product", "aws:ResourceTag/platform:product"
    policy = [
        {**each, "Resource": key}
        for each in launched.launch_policy(NAME)
        if "kms:TagResource" in _many(each["Action"]) or "kms:PutKeyPolicy" in _many(each["Action"])
    ]
    assert allowed(policy, "kms:TagResource", key, {tags: NAME})  # as it is made
    assert allowed(policy, "kms:PutKeyPolicy", key, {owner: NAME})
    for other in ("foundation", "studio-user-profile"):
        assert not allowed(policy, "kms:TagResource", key, {tags: NAME, owner: other})
        assert not allowed(policy, "kms:PutKeyPolicy", key, {owner: other})


def test_the_launch_role_leaves_the_group_of_the_endpoints_alone() -> None:
    group = f"arn:aws:ec2:{launched.REGION}:{launched.ACCOUNT}:security-group/sg-0a1b"
    policy = [
        {**each, "Resource": group}
        for each in launched.launch_policy(NAME)
        if each["Sid"].startswith("Ec2SecurityGroup")
    ]
    for action in ("ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", "ec2:DeleteTags"):
        assert allowed(policy, action, group)
        assert not allowed(policy, action, group, {"aws:ResourceTag/platform:product": "foundation"})


def test_nobody_talks_production_out_of_being_production() -> None:
    """The team's name is in the contract too, and is not `prod`."""
    parameters = {"NetworkMode": "PublicInternetOnly", "Environment": "/platform/account/team"}
    with pytest.raises(StackError, match="Environment"):
        launched.try_launch(NAME, parameters, "prod")


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
