"""Every policy of the foundations says what IAM understands: a misspelt key never matches and warns nobody."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.foundation import reading
from tests.unit.foundation.reading import Statement

ALL = [each for name in ("hub", "spoke") for each in reading.statements(name)]

# Allowed with Resource "*" although the action takes resources, and why.
NAMELESS = {
    # buckets of Service Catalog: only the tag is known
    "TemplatesKeptByServiceCatalog",
}


def is_cap(action: str) -> bool:
    """`*` or `service:*`."""
    return action == "*" or action.endswith(":*")


def test_there_are_statements_of_every_kind() -> None:
    assert {each.kind for each in ALL} == {"identity", "boundary", "trust", "resource", "endpoint"}
    assert len(ALL) > 150


def test_every_statement_has_a_sid_of_its_own_in_its_document() -> None:
    seen = Counter((each.where, each.policy, each.kind) for each in ALL if each.data["Sid"])
    assert [key for key, count in seen.items() if count > 1] == []


def test_every_action_is_known_to_iam() -> None:
    actions = {(each.where, action) for each in ALL for action in each.actions if not is_cap(action)}
    assert [pair for pair in sorted(actions) if reading.known(pair[1]) is None] == []


def test_every_condition_key_is_offered_by_every_action_of_its_statement() -> None:
    wrong = [
        (each.where, action, key)
        for each in ALL
        for action in each.actions
        if not is_cap(action)
        for key in each.condition_keys
        if reading.stem(key) not in reading.offered_keys(action)
    ]
    assert wrong == []


def test_only_caps_and_denials_use_a_wildcard_action() -> None:
    grants = [each for each in ALL if each.allows and any(is_cap(action) for action in each.actions)]
    assert {each.kind for each in grants} <= {"boundary", "endpoint"}
    assert [each.data["Sid"] for each in grants if each.kind == "boundary"] == ["OwnPoliciesDecide"] * 2


def grants() -> list[Statement]:
    """What roles are given, less the products' own statements, which the products' tests look at."""
    return [each for each in ALL if each.kind == "identity" and each.allows and each.policy != "product"]


def test_a_grant_on_everything_is_for_actions_that_take_no_name() -> None:
    wrong = [
        (each.where, action)
        for each in grants()
        if each.resources == ["*"] and each.data["Sid"] not in NAMELESS
        for action in each.actions
        if any(kind["required"] for kind in (reading.known(action) or {})["resourceTypes"])
    ]
    assert wrong == []


def test_every_granted_action_takes_a_resource_that_its_statement_names() -> None:
    wrong = [
        (each.where, action)
        for each in grants()
        if each.resources != ["*"]
        for action in each.actions
        if not any(
            reading.same_kind(ours, format_) for ours in each.resources for format_ in reading.resource_arns(action)
        )
    ]
    assert wrong == []


def test_every_named_resource_is_taken_by_an_action_of_its_statement() -> None:
    wrong = [
        (each.where, ours)
        for each in grants()
        if each.resources != ["*"]
        for ours in each.resources
        if not any(
            reading.same_kind(ours, format_) for action in each.actions for format_ in reading.resource_arns(action)
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_every_role_carries_the_boundary(name: str) -> None:
    roles = reading.resources(name, "AWS::IAM::Role")
    assert roles
    assert {key: each["Properties"].get("PermissionsBoundary") for key, each in roles.items()} == {
        key: {"Ref": "Boundary"} for key in roles
    }


@pytest.mark.parametrize("name", ["hub", "spoke"])
def test_what_is_global_is_made_in_the_home_region_only(name: str) -> None:
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        for key, each in reading.resources(name, kind).items():
            assert each.get("Condition") == "IsHome", key


def test_principals_of_resource_policies_are_bound_to_the_organization_or_the_account() -> None:
    open_to_all = [
        each
        for each in ALL
        if each.kind == "resource" and each.allows and each.data["Principal"] in ("*", {"AWS": "*"})
    ]
    assert open_to_all
    for each in open_to_all:
        assert each.data["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == {"Ref": "OrganizationId"}, each.where


def test_only_endpoints_that_can_take_none_are_without_a_policy() -> None:
    endpoints = reading.resources("spoke", "AWS::EC2::VPCEndpoint")
    without = {key for key, each in endpoints.items() if "PolicyDocument" not in each["Properties"]}
    unsigned = {"SageMakerStudio", "CodeArtifactRepositories"}
    unsupported = {"ServiceCatalog", "CodePipeline"}  # AWS PrivateLink: services without endpoint policies
    assert without == unsigned | unsupported


def test_an_endpoint_lets_nobody_else_through_but_to_buckets_of_aws_by_name() -> None:
    foreign = {
        text
        for each in ALL
        if each.kind == "endpoint" and "aws:PrincipalOrgID" not in each.condition_keys
        for text in each.resources
    }
    assert foreign == {
        "arn:${AWS::Partition}:s3:::prod-${AWS::Region}-starport-layer-bucket/*",
        "arn:${AWS::Partition}:s3:::al2023-repos-${AWS::Region}-de612dc2/*",
    }


def test_hub_and_spoke_have_the_same_boundary() -> None:
    hub, spoke = (reading.template(name)["Resources"]["Boundary"] for name in ("hub", "spoke"))
    assert hub == spoke
