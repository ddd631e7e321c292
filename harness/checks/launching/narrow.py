"""By which conditions a launch role's rights are narrowed beyond the resource's name: data, each line with its reason.

A line holds for the actions that it names where the call carries the key, and for all of them where it must.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass

from harness.iam import reference

OWNER = "platform:product"
_OWNED = f"aws:ResourceTag/{OWNER}"
_BORN = f"aws:RequestTag/{OWNER}"


@dataclass(frozen=True)
class Narrowing:
    """One line. `actions`: patterns; `word`: what it adds to a Sid.

    `value`: what is demanded; empty: what the call carries under the key, or under `carries`. `operations`: of the
    handler. `on`: a part of the ARNs that it is about. `must`: without the key the right is not given at all. `joins`:
    rights on one resource that differ in its values alone are one.
    """

    actions: tuple[str, ...]
    operator: str
    key: str
    reason: str
    word: str = ""
    value: str = ""
    operations: tuple[str, ...] = ()
    must: bool = False
    joins: bool = False
    on: str = ""
    carries: str = ""

    def holds(self, action: str, operation: str, resource: str) -> bool:
        """Whether it is about that call."""
        named = any(fnmatch.fnmatchcase(action, each) for each in self.actions)
        known = reference.known(action)
        offered = known is not None and known.offers(self.key)
        return named and offered and (not self.operations or operation in self.operations) and self.on in resource


NARROWINGS = (
    Narrowing(
        ("iam:PassRole",),
        "StringEquals",
        "iam:PassedToService",
        "each role goes to the one service that acts with it",
        word="To{value}",
        must=True,
    ),
    # what gives nobody anything (reading a role, deleting it) needs none, and would fail where there is no role yet
    Narrowing(
        ("iam:AttachRolePolicy", "iam:CreateRole", "iam:De*RolePolicy", "iam:PutRole*", "iam:UpdateAssumeRolePolicy"),
        "StringEquals",
        "iam:PermissionsBoundary",
        "never without the boundary",
        word="WithBoundary",
        must=True,
    ),
    Narrowing(
        ("iam:AttachRolePolicy", "iam:DetachRolePolicy"),
        "ArnLike",
        "iam:PolicyARN",
        "of all policies only those that the template names",
        word="AndPolicy",
        must=True,
        joins=True,
    ),
    Narrowing(
        ("iam:CreateServiceLinkedRole",),
        "StringEquals",
        "iam:AWSServiceName",
        "the first launch of an account creates the services' own roles",
        word="LinkedTo{value}",
        must=True,
    ),
    Narrowing(
        ("kms:CreateKey",),
        "StringEquals",
        _BORN,
        "a key is born with the tag by which this role may manage it",
        word="NewKey",
        must=True,
    ),
    Narrowing(
        ("kms:TagResource",),
        "StringEquals",
        _BORN,
        "a new key is tagged as this product's",
        word="Tagged",
        operations=("create",),
        must=True,
        on=":key/",
    ),
    Narrowing(
        ("kms:TagResource",),
        "StringEqualsIfExists",
        _OWNED,
        "never over another's tag, or the foundation's own keys would become this role's",
        carries=_BORN,
        operations=("create",),
        must=True,
        on=":key/",
    ),
    Narrowing(
        ("kms:*",),
        "StringEquals",
        _OWNED,
        "a key is known by the tag of its owner",
        word="Of{value}",
        operations=("read", "update", "delete"),
        must=True,
        on=":key/",
    ),
    Narrowing(
        ("kms:[!T]*",),
        "StringEquals",
        _OWNED,
        "a key is known by the tag of its owner",
        word="Of{value}",
        operations=("create",),
        must=True,
        on=":key/",
    ),
    Narrowing(
        ("kms:ScheduleKeyDeletion",),
        "NumericGreaterThanEquals",
        "kms:ScheduleKeyDeletionPendingWindowInDays",
        "a launch that failed takes its key along; whatever else happens, there are thirty days to save it",
        word="Deletion",
        value="30",
    ),
    Narrowing(
        ("kms:CreateGrant", "kms:RevokeGrant"),
        "Bool",
        "kms:GrantIsForAWSResource",
        "only services hold grants, as long as what they encrypt lives",
        word="Grants",
        value="true",
    ),
    Narrowing(
        ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
        "StringLike",
        "kms:ViaService",
        "used by services in the launcher's name, when something is made with it",
        joins=True,
    ),
    Narrowing(
        ("ec2:Authorize*", "ec2:Create*", "ec2:Delete*", "ec2:Modify*", "ec2:Revoke*", "ec2:Update*"),
        "StringNotEquals",
        _OWNED,
        "a group has no tag yet when it is made: any, of other products too, but the foundation's, which guards the"
        " endpoints",
        word="ButTheFoundations",
        value="foundation",
        on=":security-group",
    ),
    Narrowing(
        ("elasticfilesystem:CreateFileSystem",),
        "Bool",
        "elasticfilesystem:Encrypted",
        "never one without encryption",
        word="FileSystemEncrypted",
        value="true",
    ),
    Narrowing(
        ("elasticfilesystem:TagResource",),
        "StringEquals",
        "elasticfilesystem:CreateAction",
        "a file system is born with its tags",
        word="Tagged",
        value="CreateFileSystem",
    ),
    Narrowing(
        ("elasticfilesystem:Delete*", "elasticfilesystem:Describe*"),
        "StringLike",
        "aws:ResourceTag/ManagedByAmazonSageMakerResource",
        "a domain whose creation failed takes its empty file system along; only file systems of Studio",
        word="OfStudio",
        value="arn:*:sagemaker:*:*:domain/*",
    ),
)


def narrowings(
    action: str, operation: str, resource: str, carried: Mapping[str, str]
) -> list[tuple[Narrowing, str]] | None:
    """The lines that hold for a call with the value that each demands; None where one that must hold cannot.

    `carried`: condition key → what the call carries.
    """
    found = []
    for each in NARROWINGS:
        if not each.holds(action, operation, resource):
            continue
        value = each.value or carried.get(each.carries or each.key, "")
        if value:
            found.append((each, value))
        elif each.must:
            return None
    return found
