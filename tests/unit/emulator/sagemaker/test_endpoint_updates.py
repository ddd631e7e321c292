"""Updates of endpoints: traffic moves by plan, and comes back where an alarm rings or a new model does not come up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.emulator import clock
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.archives import adder, archive
from tests.unit.emulator.sagemaker.hosting import RIGHTS, Host, allow, host
from tests.unit.emulator.sagemaker.test_registry import refusal
from tests.unit.emulator.sagemaker.told import listen


def guarded(
    kind: str = "ALL_AT_ONCE", wait: int = 0, last: int = 0, alarm: str = "errors", **more: Any
) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": last},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }


def set_alarm(tenant: Tenant, state: str) -> None:
    cloudwatch: Any = tenant.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Test",
        MetricName="Errors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Threshold=0,
        Statistic="Sum",
    )
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue=state, StateReason="test")


@pytest.fixture
def live(tenant: Tenant) -> Host:
    """An account with an endpoint that adds 1, a configuration `second` whose model adds 2, and a quiet alarm."""
    account = host(tenant)
    set_alarm(tenant, "OK")
    account.endpoint(account.config("first", account.model("one", adder(1))))
    account.config("second", account.model("two", adder(2)))
    return account


@pytest.fixture
def slow() -> Iterator[None]:
    """A minute at AWS takes half a second here."""
    with clock.latency_of(0.5):
        yield


def update(account: Host, config: str = "second", **more: Any) -> dict[str, Any]:
    account.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=config, **more)
    return account.settled()


def test_an_update_brings_the_new_model_and_keeps_answering(live: Host) -> None:
    shown = update(live)
    assert shown["EndpointConfigName"] == "second"
    assert live.ask("0") == "2"


def test_no_request_is_lost_while_fleets_change(live: Host) -> None:
    live.config("third", "one")
    for config in ("second", "third", "second"):
        live.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=config)
        answers = set()
        while live.sagemaker.describe_endpoint(EndpointName="live")["EndpointStatus"] != "InService":
            answers.add(live.ask("0"))
        assert answers <= {"1", "2"}


def test_an_alarm_that_rings_leaves_the_old_model_in_service(live: Host) -> None:
    set_alarm(live.tenant, "ALARM")
    shown = update(live, DeploymentConfig=guarded())
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "first")
    assert shown["FailureReason"] == "One or more configured alarms have entered the ALARM state: errors."
    assert live.ask("0") == "1"


@pytest.mark.usefixtures("slow")
def test_a_canary_gets_its_part_of_the_requests_and_is_rolled_back_by_an_alarm(live: Host) -> None:
    plan = guarded("CANARY", 600, CanarySize={"Type": "CAPACITY_PERCENT", "Value": 30})
    live.sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="second", DeploymentConfig=plan)
    shown = live.sagemaker.describe_endpoint(EndpointName="live")
    while not shown.get("PendingDeploymentSummary", {}).get("ProductionVariants"):
        shown = live.sagemaker.describe_endpoint(EndpointName="live")
    pending = shown["PendingDeploymentSummary"]
    assert (shown["EndpointStatus"], pending["EndpointConfigName"]) == ("Updating", "second")
    answers = [live.ask("0") for _ in range(40)]
    assert 8 <= answers.count("2") <= 16
    code, message = refusal(live.sagemaker.delete_endpoint, EndpointName="live")
    assert (code, message.startswith("Cannot update in-progress endpoint")) == ("ValidationException", True)
    set_alarm(live.tenant, "ALARM")
    shown = live.settled()
    assert shown["EndpointConfigName"] == "first"
    assert {live.ask("0") for _ in range(10)} == {"1"}


def test_a_quiet_alarm_lets_a_linear_shift_through_and_the_plan_can_be_used_again(live: Host) -> None:
    plan = guarded("LINEAR", 60, 60, LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 50})
    shown = update(live, DeploymentConfig=plan)
    assert shown["EndpointConfigName"] == "second"
    assert shown["LastDeploymentConfig"] == plan
    set_alarm(live.tenant, "ALARM")
    shown = update(live, "first", RetainDeploymentConfig=True)
    assert shown["EndpointConfigName"] == "second"


def test_an_alarm_that_cannot_be_read_rolls_back(live: Host) -> None:
    assert "do not exist" in update(live, DeploymentConfig=guarded(alarm="other"))["FailureReason"]
    assert live.ask("0") == "1"


def test_a_model_that_does_not_come_up_leaves_the_old_one_in_service(live: Host) -> None:
    broken = archive({"code/inference.py": "def model_fn(model_dir):\n    raise OSError('no weights')\n"})
    live.config("third", live.model("broken", broken))
    shown = update(live, "third")
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "first")
    assert "did not pass the ping health check" in shown["FailureReason"]
    assert live.ask("0") == "1"


def test_weights_and_counts_can_be_kept(live: Host) -> None:
    live.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="live", DesiredWeightsAndCapacities=[{"VariantName": "one", "DesiredInstanceCount": 4}]
    )
    live.settled()
    live.config("same", "one")
    kept = update(live, "same", RetainAllVariantProperties=True)
    assert kept["ProductionVariants"][0]["CurrentInstanceCount"] == 4
    live.config("again", "one")
    excluded = [{"VariantPropertyType": "DesiredInstanceCount"}]
    shown = update(live, "again", RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded)
    assert shown["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_data_capture_follows_the_configuration_unless_it_is_kept(live: Host) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{live.bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    live.config("capturing", "one", DataCaptureConfig=capture)
    assert update(live, "capturing")["DataCaptureConfig"]["CaptureStatus"] == "Started"
    live.config("plain", "one")
    assert "DataCaptureConfig" in update(live, "plain", RetainAllVariantProperties=True)
    live.config("plainer", "one")
    assert "DataCaptureConfig" not in update(live, "plainer")


def test_what_happens_to_an_endpoint_is_told_as_events(tenant: Tenant) -> None:
    account, told = host(tenant), listen(tenant)
    account.endpoint(account.config("first", account.model("one", adder(1))))
    changes = told.events("SageMaker Endpoint State Change")
    assert [each["detail"]["EndpointStatus"] for each in changes] == ["CREATING", "IN_SERVICE"]
    assert changes[1]["detail"]["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    account.config("second", account.model("two", adder(2)))
    update(account)
    baking = told.events("SageMaker Endpoint Deployment State Change")[-1]
    pending = baking["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]
    assert pending["VariantStatus"][0]["Status"] == "Baking"
    assert baking["resources"] == [f"arn:aws:sagemaker:eu-west-1:{tenant.id}:endpoint/live"]


def test_a_role_that_may_not_read_alarms_rolls_back(live: Host) -> None:
    rights = {**RIGHTS, "Action": ["s3:GetObject", "logs:*"]}
    allow(live.tenant, "models", rights)
    shown = update(live, DeploymentConfig=guarded())
    assert shown["EndpointConfigName"] == "first"
    assert "cannot be read" in shown["FailureReason"]
