"""Who a caller is, and what an unknown one is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.emulator import identity
from harness.emulator.clients import isolated_session
from harness.emulator.server import Emulator
from tests.unit.emulator.conftest import REGION, Tenant, signed


def anyone_in(account_id: str) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}, "Action": "sts:AssumeRole"}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_twelve_digits_are_the_administrator_of_that_account(tenant: Tenant) -> None:
    answer = tenant.client("sts").get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (tenant.id, f"arn:aws:iam::{tenant.id}:root")
    assert identity.caller(tenant.id).administrator


def test_accounts_do_not_see_each_others_things(new_tenant: Callable[[], Tenant]) -> None:
    one, other = new_tenant(), new_tenant()
    one.client("sqs").create_queue(QueueName="mine")
    assert "QueueUrls" in one.client("sqs").list_queues()
    assert "QueueUrls" not in other.client("sqs").list_queues()


def test_regions_do_not_see_each_others_things(tenant: Tenant) -> None:
    tenant.client("ssm").put_parameter(Name="/a", Value="x", Type="String")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        tenant.client("ssm", "eu-central-1").get_parameter(Name="/a")


def test_an_assumed_role_acts_in_its_own_account(new_tenant: Callable[[], Tenant]) -> None:
    hub, spoke = new_tenant(), new_tenant()
    role = spoke.role("platform-lead", anyone_in(hub.id))
    given = hub.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")["Credentials"]
    session = signed("sts", hub.url, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    answer = session.get_caller_identity()
    assert answer["Arn"] == f"arn:aws:sts::{spoke.id}:assumed-role/platform-lead/jane"
    who = identity.caller(given["AccessKeyId"])
    assert (who.account_id, who.principal_arn, who.administrator) == (spoke.id, role, False)


def test_a_session_keeps_its_tags_for_the_next_role(tenant: Tenant) -> None:
    tagging = {**anyone_in(tenant.id), "Action": ["sts:AssumeRole", "sts:TagSession"]}
    own_user = {"StringEquals": {"aws:RequestTag/user": "${aws:PrincipalTag/user}"}}
    first, second = tenant.role("first", tagging), tenant.role("second", {**tagging, "Condition": own_user})
    going_on = {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": second}
    tenant.client("iam").put_role_policy(
        RoleName="first", PolicyName="going-on", PolicyDocument=identity_document(going_on)
    )
    jane, bob = ([{"Key": "user", "Value": name}] for name in ("jane", "bob"))
    given = tenant.client("sts").assume_role(RoleArn=first, RoleSessionName="jane", Tags=jane)["Credentials"]
    session = signed("sts", tenant.url, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert session.assume_role(RoleArn=second, RoleSessionName="jane", Tags=jane)["Credentials"]
    with pytest.raises(ClientError, match="AccessDenied"):
        session.assume_role(RoleArn=second, RoleSessionName="jane", Tags=bob)


def test_a_role_of_a_path_is_named_with_it_and_its_session_without(tenant: Tenant) -> None:
    statement = anyone_in(tenant.id)
    tenant.client("iam").create_role(
        RoleName="run", Path="/platform/", AssumeRolePolicyDocument=identity_document(statement)
    )
    role = f"arn:aws:iam::{tenant.id}:role/platform/run"
    given = tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")
    assert given["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{tenant.id}:assumed-role/run/jane"
    assert identity.caller(given["Credentials"]["AccessKeyId"]).principal_arn == role


def identity_document(statement: dict[str, object]) -> str:
    import json

    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_role_that_does_not_exist_cannot_be_assumed(tenant: Tenant) -> None:
    role = f"arn:aws:iam::{tenant.id}:role/nobody"
    with pytest.raises(ClientError, match=f"not authorized to perform: sts:AssumeRole on resource: {role}") as error:
        tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")
    assert code_of(error) == "AccessDenied"


def test_a_role_cannot_be_assumed_by_an_account_that_it_does_not_trust(new_tenant: Callable[[], Tenant]) -> None:
    hub, spoke, stranger = new_tenant(), new_tenant(), new_tenant()
    role = spoke.role("platform-lead", anyone_in(hub.id))
    with pytest.raises(ClientError) as error:
        stranger.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")
    assert code_of(error) == "AccessDenied"


def test_a_session_cannot_be_longer_than_the_role_allows(tenant: Tenant) -> None:
    role = tenant.role("platform-lead", anyone_in(tenant.id))
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration"):
        tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="jane", DurationSeconds=7200)


def test_temporary_keys_are_nothing_without_their_token(tenant: Tenant) -> None:
    role = tenant.role("platform-lead", anyone_in(tenant.id))
    given = tenant.client("sts").assume_role(RoleArn=role, RoleSessionName="jane")["Credentials"]
    with pytest.raises(ClientError) as error:
        signed("sts", tenant.url, given["AccessKeyId"]).get_caller_identity()
    assert code_of(error) == "InvalidClientTokenId"


def test_a_session_ends(emulator: Emulator) -> None:
    who = identity.Caller("310000000000", "arn:aws:iam::310000000000:root", "arn:aws:iam::310000000000:root")
    over = identity.open_session(who, "310000000000", seconds=-1)
    with pytest.raises(ClientError) as error:
        signed("sts", emulator.url, over.access_key_id, "any", over.session_token).get_caller_identity()
    assert code_of(error) == "ExpiredToken"


def test_a_users_access_key_is_that_user_until_it_is_made_inactive(tenant: Tenant) -> None:
    iam = tenant.client("iam")
    iam.create_user(UserName="jane")
    key = iam.create_access_key(UserName="jane")["AccessKey"]
    sts = signed("sts", tenant.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{tenant.id}:user/jane"
    iam.update_access_key(UserName="jane", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError) as error:
        sts.get_caller_identity()
    assert code_of(error) == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("iam", "list_roles", "InvalidClientTokenId"),
        ("servicecatalog", "list_portfolios", "UnrecognizedClientException"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ],
)
def test_an_unknown_key_is_refused_in_the_services_own_words(
    emulator: Emulator, service: str, operation: str, code: str
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(signed(service, emulator.url, "AKIAIOSFODNN7EXAMPLE"), operation)()
    assert code_of(error) == code


def test_an_unsigned_request_is_refused(emulator: Emulator) -> None:
    client = isolated_session().create_client(
        "s3", region_name=REGION, endpoint_url=emulator.url, config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError) as error:
        client.list_objects_v2(Bucket="any-bucket")
    assert code_of(error) == "AccessDenied"


def test_a_presigned_url_acts_as_who_signed_it(tenant: Tenant) -> None:
    import urllib.request

    s3 = tenant.client("s3")
    s3.create_bucket(Bucket=f"presigned-{tenant.id}", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=f"presigned-{tenant.id}", Key="k", Body=b"text")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": f"presigned-{tenant.id}", "Key": "k"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"text"


@pytest.mark.parametrize(
    ("service", "operation", "given", "name"),
    [
        ("sts", "get_federation_token", {"Name": "jane"}, "GetFederationToken of sts"),
        (
            "cloudformation",
            "create_generated_template",
            {"GeneratedTemplateName": "g"},
            "CreateGeneratedTemplate of cloudformation",
        ),
        ("xray", "get_groups", {}, "GetGroups of xray"),
        ("codeartifact", "list_packages", {"domain": "own", "repository": "own"}, "ListPackages of codeartifact"),
        ("lambda", "get_function_recursion_config", {"FunctionName": "f"}, "GetFunctionRecursionConfig of lambda"),
        ("kms", "describe_custom_key_stores", {}, "DescribeCustomKeyStores of kms"),
        ("ec2", "create_verified_access_instance", {}, "CreateVerifiedAccessInstance of ec2"),
        (
            "sagemaker",
            "create_user_profile",
            {"DomainId": "d-1", "UserProfileName": "u"},
            "CreateUserProfile of sagemaker",
        ),
    ],
)
def test_an_operation_that_is_not_modelled_is_refused_by_name(
    tenant: Tenant, service: str, operation: str, given: dict[str, str], name: str
) -> None:
    with pytest.raises(ClientError, match=f"does not model {name}") as error:
        getattr(tenant.client(service), operation)(**given)
    assert code_of(error) == "UnsupportedOperation"
