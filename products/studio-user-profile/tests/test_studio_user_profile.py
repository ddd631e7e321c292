"""Facts about Studio user profile only: persona, tags, and who opens it by the personas' own policies."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.cfn.model import StackError
from harness.publish.launch_file import read_launch_file
from tests.products import launched
from tests.products.authorize import allowed
from tests.unit.foundation import reading

NAME = "studio-user-profile"
PERSONAS = {"developer": launched.DEVELOPER_ROLE, "approver": launched.APPROVER_ROLE}


def _profile(**parameters: Any) -> dict[str, Any]:
    given = {"UserName": "jane-doe", "Persona": "developer", **parameters}
    return dict(launched.properties(launched.launch(NAME, given), "Profile"))


def _tags(profile: dict[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in profile["Tags"]}


def _opens(persona: str, session_user: str | None, profile: dict[str, Any]) -> bool:
    """Whether the persona's role of the spoke foundation gives a Studio address for the profile."""
    statements = [
        {**each.data, "Resource": "*"}
        for each in reading.statements("spoke")
        if each.kind == "identity"
        and "sagemaker:CreatePresignedDomainUrl" in each.patterns
        and f" {persona.capitalize()}" in each.where
    ]
    assert statements, f"no policy of {persona} opens Studio"
    context = {f"sagemaker:ResourceTag/{key}": value for key, value in _tags(profile).items()}
    if session_user is not None:
        context["aws:PrincipalTag/user"] = session_user
    return allowed(statements, "sagemaker:CreatePresignedDomainUrl", "*", context)


@pytest.mark.parametrize(("persona", "role"), PERSONAS.items())
def test_the_persona_chooses_the_execution_role(persona: str, role: str) -> None:
    assert _profile(Persona=persona)["UserSettings"]["ExecutionRole"] == role


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_person_opens_the_own_profile_of_the_right_kind_and_no_other(persona: str) -> None:
    other = next(each for each in PERSONAS if each != persona)
    profile = _profile(Persona=persona)
    assert _opens(persona, "jane-doe", profile)
    assert not _opens(other, "jane-doe", profile)
    assert not _opens(persona, "john-roe", profile)
    assert not _opens(persona, None, profile)


def test_a_sign_in_name_other_than_the_user_name_opens_the_profile() -> None:
    profile = _profile(Identity="jane.doe@example.com")
    assert profile["UserProfileName"] == "jane-doe"
    assert _opens("developer", "jane.doe@example.com", profile)
    assert not _opens("developer", "jane-doe", profile)


def test_one_launch_makes_one_profile_in_the_accounts_domain() -> None:
    state = launched.launch(NAME, {"UserName": "jane-doe", "Persona": "developer"})
    assert [each.type for each in state.resources] == ["AWS::SageMaker::UserProfile"]
    assert launched.properties(state, "Profile")["DomainId"] == launched.CONTRACT["/platform/studio/domain-id"]
    assert state.output("UserProfileName") == "jane-doe"
    assert str(state.output("UserProfileArn")).endswith(":user-profile/d-abcdefghijkl/jane-doe")
    assert str(state.output("ConsoleUrl")).startswith("https://eu-west-1.console.aws.amazon.com/sagemaker/")


@pytest.mark.parametrize(
    "name", ["Jane", "jane.doe", "jane_doe", "-jane", "jane-", "jane--doe", "jane doe", "j", "x" * 64]
)
def test_a_user_name_that_studio_would_refuse_is_refused_before_the_launch(name: str) -> None:
    with pytest.raises(StackError):
        launched.try_launch(NAME, {"UserName": name, "Persona": "developer"})


def test_there_is_no_third_persona_and_no_default_one() -> None:
    with pytest.raises(StackError):
        launched.try_launch(NAME, {"UserName": "jane-doe", "Persona": "administrator"})
    with pytest.raises(StackError):
        launched.try_launch(NAME, {"UserName": "jane-doe"})


def test_an_approver_sees_the_models_and_no_workspace() -> None:
    portal = _profile(Persona="approver")["UserSettings"]["StudioWebPortalSettings"]
    assert {"JupyterLab", "CodeEditor"} <= set(portal["HiddenAppTypes"])
    assert "Models" not in portal["HiddenMlTools"]
    # Whatever else Studio knows is hidden; a tool that the schema gains turns up here.
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", "AWS::SageMaker::UserProfile").schema
    assert set(portal["HiddenMlTools"]) == set(schema["definitions"]["MlTools"]["enum"]) - {"Models"}
    assert set(portal["HiddenAppTypes"]) == set(schema["definitions"]["AppType"]["enum"])


def test_a_developers_settings_come_from_the_domain_unless_chosen() -> None:
    assert set(_profile()["UserSettings"]) == {"ExecutionRole"}
    chosen = _profile(MaximumVolumeGb="200")["UserSettings"]
    assert set(chosen) == {"ExecutionRole", "SpaceStorageSettings"}
    assert chosen["SpaceStorageSettings"]["DefaultEbsStorageSettings"]["MaximumEbsVolumeSizeInGb"] == 200


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_profile_sets_aside_the_domains_stop_when_idle_and_start_script(persona: str) -> None:
    """A profile's settings of an app take precedence over the domain's; it has none (N18)."""
    settings = _profile(Persona=persona, MaximumVolumeGb="500", Identity="jane")["UserSettings"]
    assert not [key for key in settings if key.endswith("AppSettings")]


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("DeveloperRoleArn", "/platform/studio/approver-role-arn"),
        ("ApproverRoleArn", "/platform/studio/developer-role-arn"),
    ],
)
def test_nobody_swaps_the_roles_of_the_personas(parameter: str, name: str) -> None:
    given = {"UserName": "jane-doe", "Persona": "developer", parameter: name}
    with pytest.raises(StackError, match=parameter):
        launched.try_launch(NAME, given)


def test_a_projects_list_of_users_yields_their_profiles() -> None:
    spec, wanted = read_launch_file(launched.ROOT / "docs/examples/users.yaml")
    assert spec.set
    profiles = {launch.name: _profile(**dict(launch.parameters)) for launch in wanted}
    assert {name: profile["UserProfileName"] for name, profile in profiles.items()} == {
        "profile-jane-doe": "jane-doe",
        "profile-john-roe": "john-roe",
        "profile-ada-lovelace": "ada-lovelace",
    }
    assert profiles["profile-ada-lovelace"]["UserSettings"]["ExecutionRole"] == launched.APPROVER_ROLE
