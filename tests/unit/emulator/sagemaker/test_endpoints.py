"""Models and endpoints: what is asked is checked, what serves really answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.archives import SCRIPT_MODE, adder, archive
from tests.unit.emulator.sagemaker.hosting import SAGEMAKER, Host, host
from tests.unit.emulator.sagemaker.test_registry import refusal


@pytest.fixture
def account(tenant: Tenant) -> Host:
    """An account that serves models."""
    return host(tenant)


def test_an_endpoint_answers_with_its_model(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(5))))
    runtime = account.tenant.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName="live", Body=b"1,2", ContentType="text/csv")
    assert answer["Body"].read() == b"6,7"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "adder")
    shown = account.sagemaker.describe_endpoint(EndpointName="live")
    assert shown["EndpointStatus"] == "InService"
    assert shown["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == account.image


def test_what_a_model_raises_comes_back_as_a_model_error(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(5))))
    with pytest.raises(ClientError) as raised:
        account.ask("<x/>", ContentType="text/xml")
    response = raised.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 500  # type: ignore[typeddict-item] # of this error's own shape
    assert response["OriginalMessage"] == "ValueError: cannot read text/xml"  # type: ignore[typeddict-item]
    assert response["Error"]["Message"].startswith(
        'Received server error (500) from primary with message "ValueError: cannot read text/xml". See https://'
    )


def test_an_endpoint_that_is_not_there_is_not_found(account: Host) -> None:
    with pytest.raises(ClientError) as raised:
        account.ask("1", name="nowhere")
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert "Endpoint nowhere of account" in raised.value.response["Error"]["Message"]
    assert refusal(account.sagemaker.describe_endpoint, EndpointName="nowhere")[1].startswith("Could not find endpoint")


def test_a_model_whose_container_fails_makes_a_failed_endpoint_that_says_why(account: Host) -> None:
    broken = archive({"code/inference.py": "def model_fn(model_dir):\n    raise OSError('weights are missing')\n"})
    account.endpoint(account.config("first", account.model("broken", broken)))
    shown = account.sagemaker.describe_endpoint(EndpointName="live")
    assert shown["EndpointStatus"] == "Failed"
    assert "variant broken did not pass the ping health check" in shown["FailureReason"]
    assert "weights are missing" in shown["FailureReason"]
    account.config("second", account.model("adder", adder(1)))
    code, message = refusal(account.sagemaker.update_endpoint, EndpointName="live", EndpointConfigName="second")
    assert (code, "can only be deleted" in message) == ("ValidationException", True)


def test_an_endpoint_that_is_deleted_answers_no_more(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(5))))
    account.sagemaker.delete_endpoint(EndpointName="live")
    account.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName="live", WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )
    with pytest.raises(ClientError):
        account.ask("1")


def test_requests_are_shared_out_by_weight_and_a_variant_can_be_asked_for(account: Host) -> None:
    account.endpoint(account.config("both", account.model("one", adder(1)), account.model("two", adder(2))))
    account.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="live",
        DesiredWeightsAndCapacities=[
            {"VariantName": "one", "DesiredWeight": 3.0, "DesiredInstanceCount": 2},
            {"VariantName": "two", "DesiredWeight": 1.0},
        ],
    )
    shown = account.settled()
    assert [each["CurrentInstanceCount"] for each in shown["ProductionVariants"]] == [2, 1]
    answers = Counter(account.ask("0") for _ in range(40))
    assert 27 <= answers["1"] <= 33
    assert account.ask("0", TargetVariant="two") == "2"
    unknown = refusal(
        account.sagemaker.update_endpoint_weights_and_capacities,
        EndpointName="live",
        DesiredWeightsAndCapacities=[{"VariantName": "three", "DesiredWeight": 1.0}],
    )
    assert unknown[1].startswith('Could not find variant "three"')


def test_a_registered_version_is_deployed_once_it_is_approved(account: Host) -> None:
    sagemaker = account.sagemaker
    sagemaker.create_model_package_group(ModelPackageGroupName="credit")
    container = {
        "Image": account.image,
        "ModelDataUrl": account.put("run/model.tar.gz", adder(7)),
        "Environment": SCRIPT_MODE,
    }
    package = sagemaker.create_model_package(
        ModelPackageGroupName="credit", InferenceSpecification={"Containers": [container]}
    )["ModelPackageArn"]
    given = {
        "ModelName": "approved",
        "Containers": [{"ModelPackageName": package}],
        "ExecutionRoleArn": account.role,
        "EnableNetworkIsolation": True,
    }
    code, message = refusal(sagemaker.create_model, **given)
    assert (code, message.endswith("its status is PendingManualApproval.")) == ("ValidationException", True)
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    sagemaker.create_model(**given)
    account.endpoint(account.config("first", "approved"))
    assert account.ask("1") == "8"


def test_a_version_of_another_account_is_deployed_where_policies_allow_it(
    account: Host, new_tenant: Callable[[], Tenant]
) -> None:
    registry = host(new_tenant())
    registry.sagemaker.create_model_package_group(ModelPackageGroupName="credit")
    container = {
        "Image": registry.image,
        "ModelDataUrl": registry.put("run/model.tar.gz", adder(9)),
        "Environment": SCRIPT_MODE,
    }
    package = registry.sagemaker.create_model_package(
        ModelPackageGroupName="credit",
        InferenceSpecification={"Containers": [container]},
        ModelApprovalStatus="Approved",
    )["ModelPackageArn"]
    given = {"ModelName": "m", "PrimaryContainer": {"ModelPackageName": package}, "ExecutionRoleArn": account.role}
    assert refusal(account.sagemaker.create_model, **given)[0] == "AccessDeniedException"
    consumer = {"AWS": f"arn:aws:iam::{account.tenant.id}:root"}
    versions = f"arn:aws:sagemaker:eu-west-1:{registry.tenant.id}:model-package/credit/*"
    grant = {"Effect": "Allow", "Principal": consumer, "Action": "sagemaker:CreateModel", "Resource": versions}
    registry.sagemaker.put_model_package_group_policy(
        ModelPackageGroupName="credit", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    )
    code, message = refusal(account.sagemaker.create_model, **given)
    assert (code, message.startswith(f"Role {account.role} cannot pull {registry.image}.")) == (
        "ValidationException",
        True,
    )
    pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    grant = {"Effect": "Allow", "Principal": consumer, "Action": pull}
    registry.tenant.client("ecr").set_repository_policy(
        repositoryName="inference", policyText=json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    )
    code, message = refusal(account.sagemaker.create_model, **given)
    assert (code, message.startswith("Could not access model data at s3://")) == ("ValidationException", True)
    objects = f"arn:aws:s3:::{registry.bucket}/*"
    grant = {"Effect": "Allow", "Principal": consumer, "Action": "s3:GetObject", "Resource": objects}
    registry.tenant.client("s3").put_bucket_policy(
        Bucket=registry.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    )
    account.sagemaker.create_model(**given)
    account.endpoint(account.config("first", "m"))
    assert account.ask("1") == "10"


def test_a_model_needs_a_role_that_sagemaker_may_take_and_an_archive(
    account: Host, new_tenant: Callable[[], Tenant]
) -> None:
    location = account.put("m/model.tar.gz", adder(1))
    stranger = account.tenant.role("stranger", {**SAGEMAKER, "Principal": {"Service": "lambda.amazonaws.com"}})
    foreign = new_tenant().role("models", SAGEMAKER)

    def refused(role: str, url: str = location) -> str:
        container = {"Image": account.image, "ModelDataUrl": url}
        return refusal(
            account.sagemaker.create_model, ModelName="m", PrimaryContainer=container, ExecutionRoleArn=role
        )[1]

    assert refused(stranger).startswith(f"Could not assume role {stranger}.")
    assert refused(foreign) == "Cross-account pass role is not allowed."
    missing = location.replace("m/", "n/")
    assert refused(account.role, missing) == f"Could not find model data at {missing}."


def test_names_are_taken_once_and_what_is_missing_is_named(account: Host) -> None:
    sagemaker = account.sagemaker
    account.config("first", account.model("adder", adder(1)))
    again = refusal(
        sagemaker.create_model,
        ModelName="adder",
        PrimaryContainer={"Image": account.image},
        ExecutionRoleArn=account.role,
    )
    assert again[1].startswith('Cannot create already existing model "arn:aws:sagemaker:')
    variant = {"VariantName": "v", "ModelName": "no", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    lost = refusal(sagemaker.create_endpoint_config, EndpointConfigName="x", ProductionVariants=[variant])
    assert lost[1].startswith('Could not find model "arn:aws:sagemaker:')
    assert refusal(sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="no")[1].startswith(
        "Could not find endpoint configuration"
    )


def test_what_is_not_modelled_is_refused_by_name(account: Host) -> None:
    account.model("adder", adder(1))
    variant = {"VariantName": "v", "ModelName": "adder", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    given = {"EndpointConfigName": "x", "ProductionVariants": [variant]}
    shadow = refusal(account.sagemaker.create_endpoint_config, **given, ShadowProductionVariants=[variant])
    asynchronous = refusal(
        account.sagemaker.create_endpoint_config,
        **given,
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{account.bucket}/out"}},
    )
    assert shadow == (
        "UnsupportedOperation",
        "The emulated landscape does not model ShadowProductionVariants of CreateEndpointConfig of sagemaker.",
    )
    assert "AsyncInferenceConfig" in asynchronous[1]


def test_invocations_are_counted_and_timed(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(1))))
    for body, kind in (("1", "text/csv"), ("2", "text/csv"), ("<x/>", "text/xml")):
        try:
            account.ask(body, ContentType=kind)
        except ClientError:
            assert kind == "text/xml"
    cloudwatch: Any = account.tenant.client("cloudwatch")
    now = datetime.now(UTC)
    found = {}
    for name in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency", "OverheadLatency"):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=[{"Name": "EndpointName", "Value": "live"}, {"Name": "VariantName", "Value": "adder"}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        found[name] = (sum(each["Sum"] for each in points), sum(each["SampleCount"] for each in points))
    assert found["Invocations"] == (3, 3)
    assert found["Invocation4XXErrors"] == (0, 3)
    assert found["Invocation5XXErrors"] == (1, 3)
    assert found["ModelLatency"][0] > 100  # microseconds
    assert found["OverheadLatency"][1] == 3


def test_what_a_container_writes_is_in_the_endpoints_log_group(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(1))))
    with pytest.raises(ClientError):
        account.ask("<x/>", ContentType="text/xml")
    from harness.emulator import background

    assert background.wait_until_idle(10)
    found = account.tenant.client("logs").filter_log_events(logGroupName="/aws/sagemaker/Endpoints/live")["events"]
    assert "ValueError: cannot read text/xml" in [each["message"] for each in found]
    assert found[0]["logStreamName"].startswith("adder/i-")


def test_lists_are_filtered_by_status_and_sorted(account: Host) -> None:
    config = account.config("first", account.model("adder", adder(1)))
    for name in ("b-live", "a-live"):
        account.endpoint(config, name)
    found = account.sagemaker.list_endpoints(StatusEquals="InService", SortBy="Name", SortOrder="Ascending")[
        "Endpoints"
    ]
    assert [each["EndpointName"] for each in found] == ["a-live", "b-live"]
    assert account.sagemaker.list_endpoints(StatusEquals="Failed")["Endpoints"] == []
    assert [each["ModelName"] for each in account.sagemaker.list_models(NameContains="add")["Models"]] == ["adder"]
    assert len(account.sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1
