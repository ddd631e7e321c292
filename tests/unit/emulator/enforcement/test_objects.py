"""Buckets, their policies and the keys that encrypt them, within an account and across accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.enforcement.roles import Role, allow, deny, document, refused, role


def bucket(owner: Tenant, key: str = "", bucket_key: bool = True, **policy: Any) -> str:
    """A bucket with an object, encrypted by that key, with a policy of one statement where there is one."""
    s3, name = owner.client("s3"), f"shelf-{owner.id}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    if key:
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=name, Key="data/one", Body=b"1")
    if policy:
        s3.put_bucket_policy(Bucket=name, Policy=document({"Effect": "Allow", **policy}))
    return name


def key(owner: Tenant, *statements: dict[str, Any]) -> str:
    """A key whose account's policies decide, besides what those statements give."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{owner.id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    made = owner.client("kms").create_key(Policy=document(root, *statements))
    return str(made["KeyMetadata"]["Arn"])


def test_a_role_reads_and_writes_what_its_policy_names_and_nothing_else(tenant: Tenant) -> None:
    name = bucket(tenant)
    reader = role(tenant, "reader", allow("s3:GetObject", on=f"arn:aws:s3:::{name}/data/*")).client("s3")
    assert reader.get_object(Bucket=name, Key="data/one")["Body"].read() == b"1"
    assert refused(reader.get_object, Bucket=name, Key="other") == (
        f"User: arn:aws:sts::{tenant.id}:assumed-role/reader/jane is not authorized to perform: s3:GetObject "
        f"on resource: arn:aws:s3:::{name}/other because no identity-based policy allows the s3:GetObject action"
    )
    assert "s3:PutObject" in refused(reader.put_object, Bucket=name, Key="data/two", Body=b"2")
    assert "s3:DeleteObject" in refused(
        reader.delete_objects, Bucket=name, Delete={"Objects": [{"Key": "data/one"}, {"Key": "other"}]}
    )


def test_a_listing_is_held_to_its_prefix(tenant: Tenant) -> None:
    name = bucket(tenant)
    only = {"StringLike": {"s3:prefix": "data/*"}}
    lister = role(tenant, "lister", allow("s3:ListBucket", on=f"arn:aws:s3:::{name}", Condition=only)).client("s3")
    assert lister.list_objects_v2(Bucket=name, Prefix="data/")["KeyCount"] == 1
    refused(lister.list_objects_v2, Bucket=name)
    refused(lister.list_buckets)


def test_a_bucket_policy_is_enough_within_the_account_for_the_role_that_it_names(tenant: Tenant) -> None:
    nobody = role(tenant, "nobody")
    name = bucket(
        tenant, Principal={"AWS": nobody.arn}, Action="s3:GetObject", Resource=f"arn:aws:s3:::shelf-{tenant.id}/*"
    )
    assert nobody.client("s3").get_object(Bucket=name, Key="data/one")


def test_a_denial_of_the_bucket_policy_outweighs_everything(tenant: Tenant) -> None:
    admin = role(tenant, "admin", allow("*")).client("s3")
    name = bucket(tenant)
    condition = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    frozen = deny("s3:PutObject", on=f"arn:aws:s3:::{name}/*", Condition=condition, Principal="*")
    tenant.client("s3").put_bucket_policy(Bucket=name, Policy=document(frozen))
    assert "with an explicit deny in a resource-based policy" in refused(
        admin.put_object, Bucket=name, Key="k", Body=b""
    )
    assert admin.put_object(Bucket=name, Key="k", Body=b"", ServerSideEncryption="aws:kms")


def test_another_account_needs_its_own_permission_and_the_buckets(new_tenant: Callable[[], Tenant]) -> None:
    owner, other = new_tenant(), new_tenant()
    reading = allow("s3:GetObject", on=f"arn:aws:s3:::shelf-{owner.id}/*")
    reader = role(other, "reader", reading)
    name = bucket(owner)
    assert "no resource-based policy allows" in refused(reader.client("s3").get_object, Bucket=name, Key="data/one")
    owner.client("s3").put_bucket_policy(Bucket=name, Policy=document({**reading, "Principal": {"AWS": other.id}}))
    assert reader.client("s3").get_object(Bucket=name, Key="data/one")
    stranger = role(other, "stranger").client("s3")
    assert "no identity-based policy allows" in refused(stranger.get_object, Bucket=name, Key="data/one")


def test_an_encrypted_object_takes_the_key_besides(tenant: Tenant) -> None:
    name = bucket(tenant, key := key_of(tenant))
    on = f"arn:aws:s3:::{name}/*"
    reader = role(tenant, "reader", allow("s3:GetObject", "s3:PutObject", on=on))
    assert "kms:Decrypt" in refused(reader.client("s3").get_object, Bucket=name, Key="data/one")
    assert "kms:GenerateDataKey" in refused(reader.client("s3").put_object, Bucket=name, Key="data/two", Body=b"2")
    through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    use = allow("kms:Decrypt", "kms:GenerateDataKey", on=key, Condition=through)
    reader.may(allow("s3:GetObject", "s3:PutObject", on=on), use)
    assert reader.client("s3").get_object(Bucket=name, Key="data/one")
    assert reader.client("s3").put_object(Bucket=name, Key="data/two", Body=b"2")
    encrypted = tenant.client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert "kms:Decrypt" in refused(reader.client("kms").decrypt, CiphertextBlob=encrypted), "only through S3"


key_of = key


@pytest.mark.parametrize("bucket_key", [True, False])
def test_the_encryption_context_is_the_bucket_or_the_object(tenant: Tenant, bucket_key: bool) -> None:
    made = key(tenant)
    name = bucket(tenant, made, bucket_key)
    arn = f"arn:aws:s3:::{name}" + ("" if bucket_key else "/data/one")
    only = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn}}
    reader = role(tenant, "reader", allow("s3:GetObject"), allow("kms:Decrypt", on=made, Condition=only))
    assert reader.client("s3").get_object(Bucket=name, Key="data/one")


def test_a_key_of_another_account_must_let_the_reader_in_too(new_tenant: Callable[[], Tenant]) -> None:
    owner, other = new_tenant(), new_tenant()
    made = key(owner)
    whose = {"Principal": {"AWS": f"arn:aws:iam::{other.id}:root"}, "Action": "s3:GetObject"}
    name = bucket(owner, made, **whose, Resource=f"arn:aws:s3:::shelf-{owner.id}/*")
    reader = role(other, "reader", allow("s3:GetObject"), allow("kms:Decrypt", on=made)).client("s3")
    assert "kms:Decrypt" in (told := refused(reader.get_object, Bucket=name, Key="data/one"))
    assert "no resource-based policy allows" in told
    policy = json.loads(owner.client("kms").get_key_policy(KeyId=made, PolicyName="default")["Policy"])
    let_in = {**allow("kms:Decrypt"), "Principal": {"AWS": other.id}}
    owner.client("kms").put_key_policy(KeyId=made, PolicyName="default", Policy=document(*policy["Statement"], let_in))
    assert reader.get_object(Bucket=name, Key="data/one")


def test_a_key_whose_policy_does_not_name_the_account_ignores_its_policies(tenant: Tenant) -> None:
    kms = tenant.client("kms")
    keeper = role(tenant, "keeper", allow("kms:*"))
    named = {"Effect": "Allow", "Principal": {"AWS": keeper.arn}, "Action": "kms:*", "Resource": "*"}
    made = kms.create_key(Policy=document(named))["KeyMetadata"]["Arn"]
    assert keeper.client("kms").describe_key(KeyId=made)
    other = role(tenant, "other", allow("kms:*")).client("kms")
    assert "no resource-based policy allows" in refused(other.describe_key, KeyId=made)


def test_a_copy_reads_its_source_and_writes_its_target(tenant: Tenant) -> None:
    name = bucket(tenant)
    source = {"Bucket": name, "Key": "data/one"}
    copier = role(tenant, "copier", allow("s3:PutObject"))
    assert "s3:GetObject" in refused(copier.client("s3").copy_object, Bucket=name, Key="two", CopySource=source)
    copier.may(allow("s3:PutObject", "s3:GetObject"))
    assert copier.client("s3").copy_object(Bucket=name, Key="two", CopySource=source)


def test_a_session_policy_narrows_the_session(tenant: Tenant) -> None:
    name = bucket(tenant)
    admin: Role = role(tenant, "admin", allow("s3:*"))
    narrowed = admin.client("s3", Policy=document(allow("s3:GetObject")))
    assert narrowed.get_object(Bucket=name, Key="data/one")
    assert "no session policy allows the s3:PutObject action" in refused(
        narrowed.put_object, Bucket=name, Key="k", Body=b""
    )


def test_an_object_is_known_by_its_tags(tenant: Tenant) -> None:
    name = bucket(tenant)
    tagged = {"StringEquals": {"s3:ExistingObjectTag/servicecatalog:provisioning": "true"}}
    reader = role(tenant, "reader", allow("s3:GetObject", Condition=tagged)).client("s3")
    refused(reader.get_object, Bucket=name, Key="data/one")
    tags = {"TagSet": [{"Key": "servicecatalog:provisioning", "Value": "true"}]}
    tenant.client("s3").put_object_tagging(Bucket=name, Key="data/one", Tagging=tags)
    assert reader.get_object(Bucket=name, Key="data/one")
