"""What CodePipeline refuses about a declaration, and what the emulated one refuses besides, by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator.delivery.pipelines.structure import faults
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.delivery import things
from tests.unit.emulator.delivery.pipelines import action, approval, source, stage

_STACK = {"ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "Built::t.json", "RoleArn": "arn"}


def declaration() -> dict[str, Any]:
    build = action("Build", "CodeBuild", "Make", takes=["Code"], gives=["Built"], namespace="Make", ProjectName="p")
    deploy = action("Deploy", "CloudFormation", "Deploy", takes=["Built"], ParameterOverrides="#{Make.X}", **_STACK)
    return {
        "name": "own",
        "roleArn": "arn:aws:iam::111111111111:role/own",
        "artifactStore": {"type": "S3", "location": "bucket"},
        "pipelineType": "V2",
        "variables": [{"name": "What", "defaultValue": "one"}],
        "stages": [
            stage("Source", source("bucket")),
            stage("Build", build),
            stage("Deploy", approval(CustomData="#{variables.What}"), {**deploy, "runOrder": 2}),
        ],
    }


def test_a_sound_declaration_has_no_faults() -> None:
    assert list(faults(declaration(), REGION)) == []


def _action(stage_number: int, number: int = 0) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda given: given["stages"][stage_number]["actions"][number]  # type: ignore[no-any-return]


def _whole(given: dict[str, Any]) -> dict[str, Any]:
    return given


@pytest.mark.parametrize(
    ("part", "change", "code", "told"),
    [
        (_whole, {"stages": declaration()["stages"][:1]}, "Structure", "minimum of 2 stages"),
        (_whole, {"stages": declaration()["stages"][1:]}, "Structure", "only contains source actions: Build"),
        (_whole, {"artifactStore": None}, "Structure", "either artifactStore or artifactStores"),
        (_whole, {"pipelineType": "V1"}, "Structure", "type V1 cannot have variables"),
        (_whole, {"variables": []}, "Action", "#{variables.What} in action Decide refers to nothing"),
        (_action(0), {"actionTypeId": {**approval()["actionTypeId"], "category": "Source"}}, "Action", "not available"),
        (
            _action(0),
            {"outputArtifacts": [{"name": "Other"}]},
            "Structure",
            "Code in action Make is not declared",
        ),
        (_action(0), {"outputArtifacts": []}, "Action", "has 0 outputArtifacts; S3 takes from 1 to 1"),
        (_action(0), {"configuration": {"S3Bucket": "b", "S3ObjectKey": "k"}}, "Action", "PollForSourceChanges"),
        (_action(1), {"configuration": {}}, "Action", "missing required configuration 'ProjectName'"),
        (
            _action(1),
            {"configuration": {"ProjectName": "p", "Project": "p"}},
            "Action",
            "unknown configuration",
        ),
        (_action(1), {"namespace": "Other"}, "Action", "#{Make.X} in action Deploy refers to nothing"),
        (_action(1), {"outputArtifacts": [{"name": "Code"}]}, "Structure", "name Code must be unique"),
        (_action(1), {"region": "us-east-1"}, "Action", "does not model actions of other regions"),
        (_action(1), {"timeoutInMinutes": 10}, "Action", "manual approvals only"),
        (_action(2, 1), {"name": "Decide"}, "Stage", "Action name Decide is not unique in stage Deploy"),
        (
            _action(2, 1),
            {"configuration": {**_STACK, "ActionMode": "CREATE"}},
            "Action",
            "CREATE of action Deploy",
        ),
        (_action(2, 1), {"configuration": {**_STACK, "TemplatePath": "t.json"}}, "Action", "write Artifact::file"),
        (_action(2, 1), {"outputArtifacts": [{"name": "Out"}]}, "Action", "but no OutputFileName"),
        (lambda given: given["stages"][1], {"onSuccess": {"conditions": [{}]}}, "Stage", "does not model onSuccess"),
        (lambda given: given["stages"][1], {"onFailure": {"result": "SKIP"}}, "Stage", "needs a result of ROLLBACK"),
    ],
)
def test_a_fault_is_told_with_its_code(part: Any, change: dict[str, Any], code: str, told: str) -> None:
    given = copy.deepcopy(declaration())
    part(given).update(change)
    found = list(faults(given, REGION))
    matching = [each for each in found if told in each.message]
    assert matching, found
    name = {"Structure": "InvalidStructureException"}.get(code, f"Invalid{code}DeclarationException")
    assert matching[0].code == name


def test_a_pipeline_needs_a_role_that_codepipeline_may_use_and_a_name_of_its_own(tenant: Tenant) -> None:
    client = tenant.client("codepipeline")
    given = {**declaration(), "roleArn": things.service_role(tenant, "other", "lambda")}
    with pytest.raises(ClientError, match=r"InvalidStructureException.*not authorized to perform AssumeRole"):
        client.create_pipeline(pipeline=given)
    given["roleArn"] = things.service_role(tenant, "own", "codepipeline")
    client.create_pipeline(pipeline=given, tags=[{"key": "team", "value": "risk"}])
    with pytest.raises(ClientError, match="PipelineNameInUseException"):
        client.create_pipeline(pipeline=given)
    found = client.get_pipeline(name="own")
    assert found["pipeline"]["version"] == 1
    tags = client.list_tags_for_resource(resourceArn=found["metadata"]["pipelineArn"])["tags"]
    assert tags == [{"key": "team", "value": "risk"}]
    with pytest.raises(ClientError, match="PipelineNotFoundException"):
        client.get_pipeline(name="another")
