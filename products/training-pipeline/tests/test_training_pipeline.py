"""Facts about Training pipeline only: what a launch makes of the choices, and what it never makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from botocore.validate import ParamValidator

from harness.cfn.model import StackError, StackState
from harness.pipelines.validate import checked
from tests.products import launched
from tests.products.authorize import allowed

NAME = "training-pipeline"
GROUP = "credit-risk-default"
EXAMPLES = [example for name, example in launched.examples() if name == NAME]
OPERATIONS = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "RegisterModel": "CreateModelPackage",
}
CODE = {
    "ConnectionArn": f"arn:aws:codeconnections:{launched.REGION}:{launched.ACCOUNT}:connection/0f1e2d3c",
    "RepositoryId": "credit-risk/steps",
}


def _launch(**parameters: Any) -> StackState:
    return launched.launch(NAME, {"ModelGroup": GROUP, **parameters})


def _text(state: StackState) -> str:
    return str(launched.properties(state, "Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"])


def _steps(**parameters: Any) -> dict[str, dict[str, Any]]:
    return {each["Name"]: each for each in _walk(json.loads(_text(_launch(**parameters)))["Steps"])}


def _walk(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from _walk(step["Arguments"].get(branch, []))


def test_names_are_those_that_other_products_count_on() -> None:
    state = _launch()
    assert state.output("PipelineName") == f"{GROUP}-training"
    assert state.output("StartFunctionName") == f"{GROUP}-training-start"
    assert state.output("BucketName") == f"training-{launched.ACCOUNT}-{launched.REGION}-{GROUP}"


@pytest.mark.parametrize("example", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_each_examples_definition_is_one_that_sagemaker_takes(example: Any) -> None:
    state = launched.launch(NAME, example.spec.parameters)
    definition = checked(_text(state))
    requests = boto3.client("sagemaker", region_name=launched.REGION, aws_access_key_id="x", aws_secret_access_key="x")
    for step in definition.steps.values():
        if step.type in OPERATIONS:
            shape = requests.meta.service_model.operation_model(OPERATIONS[step.type]).input_shape
            named = {"ProcessingJobName": "x"} if step.type == "Processing" else {}
            named |= {"TrainingJobName": "x"} if step.type == "Training" else {}
            report = ParamValidator().validate({**_plain(step.arguments), **named}, shape)
            assert not report.has_errors(), report.generate_report()


def _plain(value: Any) -> Any:
    """The arguments with a text in the place of what a run fills in, and without the pipelines' own members."""
    if isinstance(value, dict):
        if set(value) & {"Get", "Std:Join", "Std:JsonGet"}:
            return "text"
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def test_no_job_has_a_network_and_all_are_encrypted_bounded_and_tagged() -> None:
    for step in _steps().values():
        arguments = step["Arguments"]
        if step["Type"] not in ("Processing", "Training"):
            continue
        network = arguments.get("NetworkConfig", arguments)
        assert network["EnableNetworkIsolation"] is True
        assert network["EnableInterContainerTrafficEncryption"] is True
        assert network["VpcConfig"]["Subnets"] == list(launched.SUBNETS)
        machine = arguments.get("ResourceConfig") or arguments["ProcessingResources"]["ClusterConfig"]
        assert machine["VolumeKmsKeyId"] == launched.DATA_KEY
        outputs = arguments.get("OutputDataConfig") or arguments["ProcessingOutputConfig"]
        assert outputs["KmsKeyId"] == launched.DATA_KEY
        assert arguments["StoppingCondition"]["MaxRuntimeInSeconds"] == 4 * 3600
        assert {"Key": "platform:model-group", "Value": GROUP} in arguments["Tags"]
        assert any("SageMaker.CAPACITY_ERROR" in each["ExceptionType"] for each in step["RetryPolicies"])


def test_a_version_is_proposed_in_the_central_registry_as_pending() -> None:
    request = _steps()["Register"]["Arguments"]
    group = f"arn:aws:sagemaker:{launched.REGION}:{launched.HUB}:model-package-group/{GROUP}"
    assert request["ModelPackageGroupName"] == group
    assert request["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.mark.parametrize(("choice", "asked"), [("No", "manual"), ("Yes", "automatic")])
def test_automatic_approval_is_asked_for_only_where_the_lead_wants_it(choice: str, asked: str) -> None:
    request = _steps(RequestAutomaticApproval=choice)["Register"]["Arguments"]
    assert request["CustomerMetadataProperties"]["platform:approval"] == asked


def test_a_version_says_where_it_comes_from() -> None:
    """N15, within what the registry takes: 50 properties."""
    metadata = _steps()["Register"]["Arguments"]["CustomerMetadataProperties"]
    wanted = {
        "run",
        "account",
        "pipeline",
        "data",
        "schema",
        "code",
        "training-image",
        "metric",
        "metric-value",
        "cause",
    }
    assert {f"platform:{each}" for each in wanted} <= set(metadata)
    given = _steps()["Train"]["Arguments"]["HyperParameters"]
    assert {key.removeprefix("hyperparameter:"): each for key, each in metadata.items() if "hyper" in key} == given
    assert len(metadata) <= 50


@pytest.mark.parametrize(
    ("metric", "path", "comparison"),
    [
        ("auc", "binary_classification_metrics.auc.value", "GreaterThanOrEqualTo"),
        ("r2", "regression_metrics.r2.value", "GreaterThanOrEqualTo"),
        ("rmse", "regression_metrics.rmse.value", "LessThanOrEqualTo"),
    ],
)
def test_the_metric_decides_on_its_own_side_of_the_threshold(metric: str, path: str, comparison: str) -> None:
    (condition,) = _steps(Metric=metric)["IsGoodEnough"]["Arguments"]["Conditions"]
    assert condition["LeftValue"]["Std:JsonGet"]["Path"] == path
    assert condition["Type"] == comparison


def test_spare_capacity_is_a_choice_and_alone_may_wait() -> None:
    train = _steps()["Train"]["Arguments"]
    assert train["EnableManagedSpotTraining"] is False
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400}
    train = _steps(SpotTraining="Enabled", LimitHours="1")["Train"]["Arguments"]
    assert train["EnableManagedSpotTraining"] is True
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}


def test_images_are_the_hubs_unless_named() -> None:
    platform = f"{launched.HUB}.dkr.ecr.{launched.REGION}.amazonaws.com/platform"
    steps = _steps()
    assert steps["Train"]["Arguments"]["AlgorithmSpecification"]["TrainingImage"].startswith(
        f"{platform}/pipeline-steps:"
    )
    own = f"{launched.ACCOUNT}.dkr.ecr.{launched.REGION}.amazonaws.com/own:1"
    steps = _steps(StepImage=own, InferenceImage=own)
    assert steps["Preprocess"]["Arguments"]["AppSpecification"]["ImageUri"] == own
    (container,) = steps["Register"]["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["Image"] == own


def test_the_run_proposes_and_never_decides() -> None:
    state = _launch()
    statements = launched.permissions(state, "PipelineRole")
    version = f"arn:aws:sagemaker:{launched.REGION}:{launched.HUB}:model-package/{GROUP}/*"
    create, status = "sagemaker:CreateModelPackage", "sagemaker:ModelApprovalStatus"
    assert allowed(statements, create, version, {status: "PendingManualApproval"})
    assert not allowed(statements, create, version, {status: "Approved"})
    assert not allowed(statements, create, version)
    assert not allowed(statements, "sagemaker:UpdateModelPackage", version, {status: "Approved"})


def test_the_run_hands_on_its_own_role_to_sagemaker_and_nothing_else() -> None:
    state = _launch()
    statements = launched.permissions(state, "PipelineRole")
    own = str(state.output("PipelineRoleArn"))
    assert allowed(statements, "iam:PassRole", own, {"iam:PassedToService": "sagemaker.amazonaws.com"})
    assert not allowed(statements, "iam:PassRole", own, {"iam:PassedToService": "lambda.amazonaws.com"})
    assert not allowed(
        statements, "iam:PassRole", launched.APPROVER_ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}
    )


def test_runs_write_below_runs_only_and_keep_out_of_other_buckets() -> None:
    state = _launch()
    statements = launched.permissions(state, "PipelineRole")
    bucket = f"arn:aws:s3:::{state.output('BucketName')}"
    assert allowed(statements, "s3:PutObject", f"{bucket}/runs/abc/model/model.tar.gz")
    assert not allowed(statements, "s3:PutObject", f"{bucket}/data/x.csv")
    assert not allowed(statements, "s3:PutObject", f"{bucket}/code/x.zip")
    assert not allowed(
        statements, "s3:GetObject", f"arn:aws:s3:::training-{launched.ACCOUNT}-{launched.REGION}-fraud/x"
    )


def test_nothing_starts_by_itself_unless_it_is_asked_for() -> None:
    rules = {
        each.logical_id
        for each in _launch().resources
        if each.type in ("AWS::Events::Rule", "AWS::Scheduler::Schedule")
    }
    assert rules == {"Ended", "RunFailed", "Proposed"}
    rules = {each.logical_id for each in launched.launch(NAME, EXAMPLES_BY_NAME["full"]).resources}
    assert {"Times", "NewData", "NewCode"} <= rules


EXAMPLES_BY_NAME = {each.name: each.spec.parameters for each in EXAMPLES}


def test_every_start_is_kept_if_it_cannot_be_delivered() -> None:
    state = launched.launch(NAME, EXAMPLES_BY_NAME["full"])
    for each in state.resources:
        if each.type == "AWS::Events::Rule":
            assert all("DeadLetterConfig" in target for target in each.properties["Targets"]), each.logical_id
    assert launched.properties(state, "Times")["Target"]["DeadLetterConfig"]
    assert launched.properties(state, "Start")["DeadLetterConfig"]


@pytest.mark.parametrize("given", ["ConnectionArn", "RepositoryId"])
def test_a_repository_needs_a_connection_and_the_other_way_round(given: str) -> None:
    with pytest.raises(StackError, match="A repository needs a connection"):
        launched.try_launch(NAME, {"ModelGroup": GROUP, given: CODE[given]})


def test_merged_code_is_tested_by_rules_that_the_repository_cannot_change() -> None:
    state = _launch(**CODE, MinimumCoverage=95)
    build = launched.properties(state, "Build")
    commands = yaml.safe_load(build["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    assert [each.split()[2] for each in commands[:3]] == ["ruff", "ruff", "pytest"]
    assert '--cov-fail-under="$MINIMUM_COVERAGE"' in commands[2]
    variables = {each["Name"]: each["Value"] for each in build["Environment"]["EnvironmentVariables"]}
    assert str(variables["MINIMUM_COVERAGE"]) == "95"
    assert build["VpcConfig"]["SecurityGroupIds"]


def test_a_merge_that_lacks_a_command_of_the_pipeline_does_not_pass() -> None:
    build = launched.properties(_launch(**CODE), "Build")
    commands = yaml.safe_load(build["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    tried = {each.split()[2] for each in commands if each.startswith("python steps ")}
    steps = [each["Arguments"] for each in _steps().values() if each["Type"] in ("Processing", "Training")]
    programs = [each.get("AppSpecification") or each["AlgorithmSpecification"] for each in steps]
    assert tried == {each["ContainerArguments"][0] for each in programs}


def test_the_tests_of_a_team_see_no_data_and_start_nothing() -> None:
    state = _launch(**CODE)
    statements = launched.permissions(state, "BuildRole")
    bucket = f"arn:aws:s3:::{state.output('BucketName')}"
    assert not allowed(statements, "s3:GetObject", f"{bucket}/data/x.csv")
    assert not allowed(statements, "s3:PutObject", f"{bucket}/code/x.zip")
    assert not allowed(
        statements, "lambda:InvokeFunction", f"arn:aws:lambda:{launched.REGION}:{launched.ACCOUNT}:function:x"
    )
    assert not allowed(statements, "sagemaker:StartPipelineExecution", "*")


def test_preprod_trains_nothing() -> None:
    with pytest.raises(StackError, match="Models are trained in dev and prod"):
        launched.try_launch(NAME, {"ModelGroup": GROUP}, "preprod")
