"""Duties are separated (N4, N5), and each Deny and each condition that the proof leans on is one that it notices."""

from __future__ import annotations

import pytest

from harness.checks.duties.proof import prove
from tests.unit.checks.duties.staged import small, spoilt, statements, whole, without

SPOKE, HUB, STUDIO, REGISTRY = "foundation/spoke", "foundation/hub", "studio-domain", "model-registry"
PERSONAS = ("Lead", "Developer", "Support", "Repair")
STATUS, USER, PERSONA = (
    "sagemaker:ModelApprovalStatus",
    "sagemaker:ResourceTag/platform:user",
    "sagemaker:ResourceTag/platform:persona",
)
CAPS = (
    "BoundaryStays", "ContractIsOffLimits", "ModelsAreRegisteredPending", "NoLocalIdentities", "NoRoleWithoutBoundary",
    "NoStepIntoPlatformRoles", "OnlyApproversDecideAboutModels", "OnlyLaunchesHandleApproverRoles",
    "OnlyLaunchesMakeDeliveryRoles", "OnlyLaunchesShapeStudioAndGroups", "OnlyLaunchesTagProfiles",
    "OnlyPersonasOpenStudio", "OnlyThePublisherHandsOnPlatformRoles", "OnlyThePublisherMakesConstraints",
    "PlatformIsOffLimits",
)  # fmt: skip
NEVER = ("NeverDecidesAboutModels", "NeverRegistersApproved", "NeverHandsOnApproverRoles")

# Unit, resource, Sid, condition key (empty: the whole statement, a denial).
LEANS = [
    *((unit, "Boundary", sid, "") for unit in (SPOKE, HUB) for sid in CAPS),
    *((SPOKE, persona, sid, "") for persona in PERSONAS for sid in NEVER),
    *((HUB, "Registrar", sid, "") for sid in NEVER),
    (SPOKE, "Lead", "NeverOpensStudio", ""),
    (SPOKE, "Developer", "OpensOwnStudioProfile", PERSONA),
    (SPOKE, "Developer", "OpensOwnStudioProfile", USER),
    (SPOKE, "Approver", "OpensOwnStudioProfile", PERSONA),
    (SPOKE, "Approver", "OpensOwnStudioProfile", USER),
    (SPOKE, "Approver", "ApprovesAndRejects", STATUS),
    (SPOKE, "Approver", "NeverRegisters", ""),
    (SPOKE, "Approver", "NeverChangesWhoSeesModels", ""),
    (SPOKE, "Approver", "NeverHandsOnRoles", ""),
    (SPOKE, "Repair", "SignInByAccount", "aws:CurrentTime"),
    (SPOKE, "Repair", "NothingAfterRepairUntil", ""),
    (REGISTRY, "Group", "TrainersPropose", STATUS),
    (REGISTRY, "Group", "ApproversDecide", STATUS),
    (REGISTRY, "Group", "ApproversDecide", "aws:PrincipalArn"),
    (REGISTRY, "ApproveRole", "Approves", STATUS),
    (STUDIO, "DenyPolicy", "NeverBornApproved", ""),
    (STUDIO, "DenyPolicy", "NeverDecide", ""),
    (STUDIO, "DenyPolicy", "NeverBecomeAnother", ""),
    (STUDIO, "DenyPolicy", "NeverOpenAnother", ""),
    (STUDIO, "ApproverPolicy", "Decide", STATUS),
    (STUDIO, "ApproverPolicy", "NeverRunCode", ""),
]

# Denials that have another purpose than the separation of duties; their own tests hold them.
OTHER = {
    "AccountStaysInTheOrganization": "the organization",
    "NoNotebookOnTheInternet": "the network (N8)",
    "NoPublicAcl": "public data (N8)",
    "NoRemoteSession": "data on laptops",
    "NoWayToTheInternet": "the network (N8)",
    "NeverFromItsOwnCode": "the network (N8)",
    "SizesOnOffer": "costs",
    "VolumesHaveAKey": "encryption (N8)",
}


def test_nobody_who_may_not_decide_comes_to_a_decision_by_any_route() -> None:
    assert not whole().failures
    assert prove(whole()) == []


def test_the_part_of_the_landscape_that_is_spoilt_below_is_sound_by_itself() -> None:
    assert prove(small()) == []


@pytest.mark.parametrize(("unit", "logical_id", "sid", "condition"), LEANS)
def test_the_proof_fails_without_what_it_leans_on(unit: str, logical_id: str, sid: str, condition: str) -> None:
    assert prove(spoilt(small(), unit, logical_id, without(sid, condition)))


def test_every_denial_of_personas_boundaries_and_studio_is_leant_on_or_known_to_serve_another_end() -> None:
    units = {unit for unit, *_ in LEANS}
    denials = {
        (each.unit, each.logical_id, str(statement.get("Sid")))
        for each in small().things
        if each.unit in units and each.type in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
        for statement in statements(each.properties)
        if statement["Effect"] == "Deny"
    }
    leant = {(unit, logical_id, sid) for unit, logical_id, sid, condition in LEANS if not condition}
    assert {each for each in denials if each not in leant and each[2] not in OTHER} == set()
    assert leant <= denials
