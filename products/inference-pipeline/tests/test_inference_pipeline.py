"""Facts about Inference pipeline only: what a launch makes of the choices, and what it never makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from harness.cfn.model import StackError, StackState
from tests.products import launched
from tests.products.authorize import allowed

NAME = "inference-pipeline"
GROUP = "credit-risk-default"
OTHER_KEY = "arn:aws:kms:eu-west-1:111111111111:key/of-the-registry"


def _launch(**parameters: Any) -> StackState:
    return launched.launch(NAME, {"ModelGroup": GROUP, **parameters}, "prod")


def _definition(**parameters: Any) -> dict[str, Any]:
    body = launched.properties(_launch(**parameters), "Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    return dict(json.loads(body))


def _steps(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in found:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(step["Arguments"].get(branch, []))


def _step(name: str, **parameters: Any) -> dict[str, Any]:
    return next(each for each in _steps(_definition(**parameters)["Steps"]) if each["Name"] == name)


def test_names_are_those_that_other_products_count_on() -> None:
    state = _launch()
    assert launched.properties(state, "Pipeline")["PipelineName"] == f"{GROUP}-inference"
    assert state.output("BucketName") == f"inference-{launched.ACCOUNT}-{launched.REGION}-{GROUP}"
    environment = launched.properties(state, "AfterRun")["Environment"]["Variables"]
    assert environment["TRAINING_FUNCTION"] == f"{GROUP}-training-start"
    assert launched.properties(state, "FindModel")["Environment"]["Variables"]["MODEL_GROUP_ARN"] == (
        f"arn:aws:sagemaker:{launched.REGION}:{launched.HUB}:model-package-group/{GROUP}"
    )


@pytest.mark.parametrize("group", ["Credit", "c", "credit_risk", "credit-", "credit--risk", "c" * 26, "1credit"])
def test_a_group_whose_bucket_could_not_be_named_is_refused_before_the_launch(group: str) -> None:
    with pytest.raises(StackError, match="ModelGroup"):
        launched.try_launch(NAME, {"ModelGroup": group})


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-2"])
def test_the_longest_group_fits_into_a_buckets_name(region: str) -> None:
    assert len(f"inference-{launched.ACCOUNT}-{region}-{'c' * 25}") <= 63


def test_runs_start_every_day_at_eleven_in_the_evening_unless_chosen_otherwise() -> None:
    timer = launched.properties(_launch(), "Timer")
    assert (timer["ScheduleExpression"], timer["ScheduleExpressionTimezone"]) == ("cron(0 23 * * ? *)", "UTC")
    assert timer["State"] == "ENABLED"
    assert str(timer["Target"]["Arn"]).endswith(f":pipeline/{GROUP}-inference")
    assert timer["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
    chosen = launched.properties(
        _launch(Schedule="rate(6 hours)", ScheduleZone="Europe/Berlin", ScheduleState="DISABLED"), "Timer"
    )
    assert (chosen["ScheduleExpression"], chosen["ScheduleExpressionTimezone"]) == ("rate(6 hours)", "Europe/Berlin")
    assert chosen["State"] == "DISABLED"


def test_inputs_of_a_run_can_be_overridden() -> None:
    parameters = {each["Name"]: each for each in _definition(MaximumViolations="3")["Parameters"]}
    assert set(parameters) == {"InputData", "MaximumViolations", "TransformInstances"}
    assert parameters["InputData"]["DefaultValue"].endswith(f"-{GROUP}/input/")
    assert parameters["MaximumViolations"]["DefaultValue"] == 3


def test_nothing_is_predicted_before_the_drift_check_passed() -> None:
    steps = _definition()["Steps"]
    assert [each["Name"] for each in steps] == ["FindModel", "Prepare", "CheckDrift", "ReportDrift", "IsDrift"]
    condition = steps[-1]
    assert condition["DependsOn"] == ["ReportDrift"]
    assert [each["Name"] for each in condition["Arguments"]["IfSteps"]] == ["DriftFound"]
    assert [each["Name"] for each in condition["Arguments"]["ElseSteps"]] == ["CreateModel", "Predict"]
    assert not [each for each in steps[:-1] if each["Type"] in ("Model", "Transform")]


def test_who_has_looked_at_the_report_can_have_predictions_all_the_same() -> None:
    (condition,) = _step("IsDrift")["Arguments"]["Conditions"]
    assert condition["Type"] == "GreaterThan"
    assert condition["RightValue"] == {"Get": "Parameters.MaximumViolations"}


def test_the_model_is_the_approved_version_itself() -> None:
    arguments = _step("CreateModel")["Arguments"]
    assert arguments["PrimaryContainer"] == {
        "ModelPackageName": {"Get": "Steps.FindModel.OutputParameters['ModelPackageArn']"}
    }


@pytest.mark.parametrize("name", ["Prepare", "CheckDrift"])
def test_what_reads_data_has_no_network_but_the_vpc_and_its_disk_is_encrypted(name: str) -> None:
    arguments = _step(name)["Arguments"]
    network = arguments["NetworkConfig"]
    assert network["EnableNetworkIsolation"] is True
    assert network["EnableInterContainerTrafficEncryption"] is True
    assert tuple(network["VpcConfig"]["Subnets"]) == launched.SUBNETS
    assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == launched.DATA_KEY
    assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == launched.DATA_KEY


def test_the_model_is_served_without_a_network_and_predictions_are_encrypted() -> None:
    model, transform = _step("CreateModel")["Arguments"], _step("Predict")["Arguments"]
    assert model["EnableNetworkIsolation"] is True
    assert tuple(model["VpcConfig"]["Subnets"]) == launched.SUBNETS
    assert transform["TransformOutput"]["KmsKeyId"] == launched.DATA_KEY
    assert transform["TransformResources"]["VolumeKmsKeyId"] == launched.DATA_KEY


@pytest.mark.parametrize("name", ["Prepare", "CheckDrift", "Predict"])
def test_jobs_wait_for_capacity_and_try_again(name: str) -> None:
    retried = [kind for policy in _step(name)["RetryPolicies"] for kind in policy["ExceptionType"]]
    assert {"Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.CAPACITY_ERROR"} <= set(retried)


def test_limits_of_drift_reach_the_step_as_they_were_chosen() -> None:
    arguments = _step("CheckDrift", PsiLimit="0.5", KsLimit="0.3")["Arguments"]["AppSpecification"][
        "ContainerArguments"
    ]
    assert arguments[arguments.index("--psi") + 1] == "0.5"
    assert arguments[arguments.index("--ks") + 1] == "0.3"


def test_steps_stop_after_the_hours_that_were_chosen() -> None:
    assert _step("Prepare", StepHours="4")["Arguments"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400}


def test_the_image_is_the_platforms_unless_another_is_named() -> None:
    image = _step("Prepare")["Arguments"]["AppSpecification"]["ImageUri"]
    assert image.startswith(f"{launched.HUB}.dkr.ecr.eu-west-1.amazonaws.com/platform/pipeline-steps:")
    own = f"{launched.ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/steps:1"
    assert _step("Prepare", StepImage=own)["Arguments"]["AppSpecification"]["ImageUri"] == own


def test_every_end_of_a_run_of_this_pipeline_is_followed_up_and_of_no_other() -> None:
    state = _launch()
    pattern = launched.properties(state, "RunEnds")["EventPattern"]
    assert pattern["detail"] == {
        "pipelineArn": [state.output("PipelineArn")],
        "currentPipelineExecutionStatus": ["Failed", "Stopped", "Succeeded"],
    }


def test_lateness_is_told_to_monitoring_only_where_runs_start_by_themselves() -> None:
    def tags(**parameters: Any) -> dict[str, Any]:
        return {each["Key"]: each["Value"] for each in launched.properties(_launch(**parameters), "Pipeline")["Tags"]}

    assert str(tags(LateAfterHours="14")["platform:late-after-hours"]) == "14"
    assert "platform:late-after-hours" not in tags(ScheduleState="DISABLED")
    assert tags()["platform:product"] == NAME
    assert tags()["platform:model-group"] == GROUP


def test_what_jobs_are_made_of_carries_product_and_group_on_the_bill() -> None:
    for name in ("Prepare", "CheckDrift", "CreateModel", "Predict"):
        tags = {each["Key"]: each["Value"] for each in _step(name)["Arguments"]["Tags"]}
        assert tags == {"platform:product": NAME, "platform:model-group": GROUP}


def test_nothing_that_holds_data_expires_unless_chosen() -> None:
    def expiring(**parameters: Any) -> dict[str, Any]:
        rules = launched.properties(_launch(**parameters), "Bucket")["LifecycleConfiguration"]["Rules"]
        return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}

    assert expiring() == {"prepared/": 7}
    assert {key: int(value) for key, value in expiring(ExpireAfterDays="30").items()} == {
        "prepared/": 7,
        "input/": 30,
        "predictions/": 30,
        "drift/": 30,
    }


def test_the_bucket_outlives_the_product() -> None:
    (bucket,) = launched.resources(NAME, "AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_pipeline_reads_models_of_its_group_and_writes_none() -> None:
    rights = launched.permissions(_launch(), "PipelineRole")
    own = f"arn:aws:s3:::models-{launched.HUB}-{launched.REGION}-{GROUP}/a1/model.tar.gz"
    other = f"arn:aws:s3:::models-{launched.HUB}-{launched.REGION}-another/a1/model.tar.gz"
    assert allowed(rights, "s3:GetObject", own)
    assert not allowed(rights, "s3:GetObject", other)
    assert not allowed(rights, "s3:PutObject", own)
    through_s3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
    assert allowed(rights, "kms:Decrypt", OTHER_KEY, through_s3)
    assert not allowed(rights, "kms:Decrypt", OTHER_KEY)


def test_buckets_beside_its_own_are_read_only_where_a_lead_names_them() -> None:
    there = "arn:aws:s3:::credit-risk-loans/2026.csv"
    named = _rights("PipelineRole", DataBuckets="credit-risk-loans,credit-risk-scores")
    assert allowed(named, "s3:GetObject", there)
    assert not allowed(named, "s3:PutObject", there)
    assert not allowed(_rights("PipelineRole"), "s3:GetObject", there)


def _rights(role: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Permissions with partitions as IAM would match them."""
    return [
        {**each, "Resource": [str(arn) for arn in _many(each["Resource"])]}
        for each in launched.permissions(_launch(**parameters), role)
    ]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_role_here_decides_about_models_or_starts_training_but_by_the_one_door() -> None:
    state = _launch()
    for role in ("PipelineRole", "FindModelRole", "ReportDriftRole", "AfterRunRole", "TimerRole"):
        rights = launched.permissions(state, role)
        package = f"arn:aws:sagemaker:{launched.REGION}:{launched.HUB}:model-package/{GROUP}/1"
        training = f"arn:aws:sagemaker:{launched.REGION}:{launched.ACCOUNT}:pipeline/{GROUP}-training"
        assert not allowed(rights, "sagemaker:UpdateModelPackage", package)
        assert not allowed(rights, "sagemaker:CreateModelPackage", package)
        assert not allowed(rights, "sagemaker:StartPipelineExecution", training)
    start = f"arn:aws:lambda:{launched.REGION}:{launched.ACCOUNT}:function:{GROUP}-training-start"
    assert allowed(launched.permissions(state, "AfterRunRole"), "lambda:InvokeFunction", start)
    assert not allowed(launched.permissions(state, "PipelineRole"), "lambda:InvokeFunction", start)


def test_only_models_that_runs_of_this_group_made_are_deleted() -> None:
    rights = launched.permissions(_launch(), "AfterRunRole")
    model = f"arn:aws:sagemaker:{launched.REGION}:{launched.ACCOUNT}:model/pipelines-abc-CreateModel"
    mine = {"aws:ResourceTag/platform:model-group": GROUP, "aws:ResourceTag/platform:product": NAME}
    assert allowed(rights, "sagemaker:DeleteModel", model, mine)
    assert not allowed(rights, "sagemaker:DeleteModel", model, {**mine, "aws:ResourceTag/platform:model-group": "x"})
    assert not allowed(rights, "sagemaker:DeleteModel", model.replace("pipelines-abc", "served"), mine)


def test_functions_stand_in_the_vpc_with_logs_that_end() -> None:
    state = _launch()
    functions = [each for each in state.resources if each.type == "AWS::Lambda::Function"]
    assert len(functions) == 3
    for each in functions:
        assert tuple(each.properties["VpcConfig"]["SubnetIds"]) == launched.SUBNETS
        assert each.properties["Runtime"] == "python3.13"
        assert "ZipFile" not in each.properties["Code"]
    groups = [each for each in state.resources if each.type == "AWS::Logs::LogGroup"]
    assert all(each.properties["RetentionInDays"] == 90 for each in groups)


def test_an_address_is_told_only_where_one_is_given() -> None:
    assert _launch().resource("TopicEmail") is None
    assert launched.properties(_launch(Email="team@example.com"), "TopicEmail")["Endpoint"] == "team@example.com"
