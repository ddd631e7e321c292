"""Whom the policies of buckets let in: administrators of accounts, and those whose templates are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator import organization
from tests.unit.emulator.conftest import REGION, Tenant


def statement(sid: str, **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*", **more}


def test_a_denial_counts_for_the_accounts_administrator_where_its_conditions_hold(tenant: Tenant) -> None:
    tls = statement("TlsOnly", Condition={"Bool": {"aws:SecureTransport": "false"}})
    s3, bucket = tenant.client("s3"), shelf(tenant, tls)
    s3.put_object(Bucket=bucket, Key="key", Body=b"")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statement("Frozen")}))
    with pytest.raises(ClientError, match=r"Access ?Denied.*with an explicit deny in a resource-based policy"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"")


def shelf(owner: Tenant, *statements: dict[str, object]) -> str:
    """A bucket with an object `key`, and a policy where there are statements."""
    name = f"shelf-{owner.id}"
    s3 = owner.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="key", Body=b'{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    if statements:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def reading(bucket: str, **more: object) -> dict[str, object]:
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {**allowed, **more}


OPERATIONS: dict[str, Callable[[Any, str], Any]] = {
    "list": lambda s3, bucket: s3.list_objects_v2(Bucket=bucket),
    "read": lambda s3, bucket: s3.get_object(Bucket=bucket, Key="key"),
    "write": lambda s3, bucket: s3.put_object(Bucket=bucket, Key="key", Body=b""),
    "remove": lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="key"),
    "open": lambda s3, bucket: s3.put_bucket_policy(Bucket=bucket, Policy="{}"),
    "end": lambda s3, bucket: s3.delete_bucket(Bucket=bucket),
    "copy": lambda s3, bucket: s3.copy_object(Bucket=own(s3), Key="key", CopySource={"Bucket": bucket, "Key": "key"}),
}


def own(s3: Any) -> str:
    name = f"own-{len(s3.list_buckets()['Buckets'])}-{id(s3)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.mark.parametrize("operation", OPERATIONS)
def test_another_account_can_do_nothing_that_the_bucket_policy_does_not_allow(
    new_tenant: Callable[[], Tenant], operation: str
) -> None:
    bucket = shelf(new_tenant())
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        OPERATIONS[operation](new_tenant().client("s3"), bucket)


def test_members_of_the_organization_read_what_is_open_to_it_and_nobody_else(new_tenant: Callable[[], Tenant]) -> None:
    owner, member, stranger = new_tenant(), new_tenant(), new_tenant()
    identifier = f"o-test{owner.id}"
    organization.seed(identifier, owner.id, {}, {member.id: ("member", "")})
    bucket = f"shelf-{owner.id}"
    shelf(owner, reading(bucket, Condition={"StringEquals": {"aws:PrincipalOrgID": identifier}}))
    assert member.client("s3").get_object(Bucket=bucket, Key="key")["Body"].read()
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        member.client("s3").put_object(Bucket=bucket, Key="key", Body=b"")
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        stranger.client("s3").get_object(Bucket=bucket, Key="key")


def test_a_condition_that_is_not_modelled_opens_nothing(new_tenant: Callable[[], Tenant]) -> None:
    owner = new_tenant()
    bucket = f"shelf-{owner.id}"
    shelf(owner, reading(bucket, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    with pytest.raises(ClientError, match=r"Access ?Denied"):
        new_tenant().client("s3").get_object(Bucket=bucket, Key="key")


def test_a_template_is_read_as_its_caller(new_tenant: Callable[[], Tenant]) -> None:
    owner, reader, stranger = new_tenant(), new_tenant(), new_tenant()
    bucket = f"shelf-{owner.id}"
    shelf(owner, reading(bucket, Principal={"AWS": reader.id}))
    url = f"https://{bucket}.s3.{REGION}.amazonaws.com/key"
    version = {"Name": "v1", "Info": {"LoadTemplateFromURL": url}}
    product = {"Name": "p", "Owner": "o", "ProductType": "CLOUD_FORMATION_TEMPLATE", "IdempotencyToken": "a"}
    for each in (owner, reader):
        each.client("cloudformation").create_stack(StackName="s", TemplateURL=url)
        each.client("servicecatalog").create_product(**product, ProvisioningArtifactParameters=version)
    with pytest.raises(ClientError, match="S3 error: Access Denied"):
        stranger.client("cloudformation").create_stack(StackName="s", TemplateURL=url)
    with pytest.raises(ClientError, match="cannot be read: Access Denied"):
        stranger.client("servicecatalog").create_product(**product, ProvisioningArtifactParameters=version)


@pytest.mark.parametrize("url", ["https://example.com/bucket/key", "http://b.s3.amazonaws.com/k", "s3://b/k"])
def test_a_template_url_that_is_not_of_s3_is_refused(tenant: Tenant, url: str) -> None:
    with pytest.raises(ClientError, match="TemplateURL must be a supported URL"):
        tenant.client("cloudformation").validate_template(TemplateURL=url)


@pytest.mark.parametrize("text", ["not json", "[]", "", '{"Statement": [{"Effect": "Maybe"}]}'])
def test_a_bucket_policy_that_cannot_be_read_is_refused(tenant: Tenant, text: str) -> None:
    bucket = shelf(tenant)
    with pytest.raises(ClientError, match="MalformedPolicy"):
        tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=text)
    assert tenant.client("s3").get_object(Bucket=bucket, Key="key")
