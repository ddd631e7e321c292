"""SageMaker's registry, hosting and monitoring as stacks make them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from tests.unit.emulator.cloudformation.things import Made, changed, made, removed
from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.sagemaker.archives import adder, archive
from tests.unit.emulator.sagemaker.hosting import Host, host
from tests.unit.emulator.sagemaker.test_endpoint_updates import guarded, set_alarm

BROKEN = archive({"code/inference.py": "def model_fn(model_dir):\n    raise OSError('no weights')\n"})


@pytest.fixture
def account(tenant: Tenant) -> Host:
    """An account that serves models."""
    return host(tenant)


def model(account: Host, content: bytes, key: str = "m") -> Made:
    container = account.container(f"{key}/model.tar.gz", content)
    return made(account.tenant, "AWS::SageMaker::Model", PrimaryContainer=container, ExecutionRoleArn=account.role)


def config(account: Host, of: Made) -> Made:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": of.attribute("ModelName"),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": "1",
        "InitialVariantWeight": 1,
    }
    return made(account.tenant, "AWS::SageMaker::EndpointConfig", ProductionVariants=[variant])


def test_an_endpoint_is_made_when_it_answers_updated_in_place_and_removed(account: Host) -> None:
    first, second = model(account, adder(1)), model(account, adder(2), "n")
    one, two = config(account, first), config(account, second)
    live = made(
        account.tenant,
        "AWS::SageMaker::Endpoint",
        EndpointName="live",
        EndpointConfigName=one.attribute("EndpointConfigName"),
    )
    assert live.id == f"arn:aws:sagemaker:eu-west-1:{account.tenant.id}:endpoint/live"
    assert first.id.endswith(f"model/{first.attribute('ModelName')}")
    assert account.ask("0") == "1"
    set_alarm(account.tenant, "OK")
    live = changed(
        live,
        EndpointName="live",
        EndpointConfigName=two.attribute("EndpointConfigName"),
        DeploymentConfig=guarded("CANARY", 60, CanarySize={"Type": "CAPACITY_PERCENT", "Value": 50}),
    )
    assert account.ask("0") == "2"
    tags = account.sagemaker.list_tags(ResourceArn=live.id)["Tags"]
    assert tags == [{"Key": "team", "Value": "risk"}]
    for each in (live, one, two, first, second):
        removed(each)
    assert account.sagemaker.list_endpoints()["Endpoints"] == []
    assert account.sagemaker.list_models()["Models"] == []


def test_an_endpoint_that_does_not_come_up_fails_with_its_reason_and_leaves_nothing(account: Host) -> None:
    broken = config(account, model(account, BROKEN))
    with pytest.raises(ResourceFailure, match="did not pass the ping health check"):
        made(
            account.tenant,
            "AWS::SageMaker::Endpoint",
            EndpointName="live",
            EndpointConfigName=broken.attribute("EndpointConfigName"),
        )
    assert account.sagemaker.list_endpoints()["Endpoints"] == []


def test_an_update_that_an_alarm_rolls_back_fails_and_the_old_model_answers(account: Host) -> None:
    one, two = config(account, model(account, adder(1))), config(account, model(account, adder(2), "n"))
    given = {"EndpointName": "live", "EndpointConfigName": one.attribute("EndpointConfigName")}
    live = made(account.tenant, "AWS::SageMaker::Endpoint", **given)
    set_alarm(account.tenant, "ALARM")
    with pytest.raises(ResourceFailure, match="entered the ALARM state: errors"):
        changed(
            live,
            EndpointName="live",
            EndpointConfigName=two.attribute("EndpointConfigName"),
            DeploymentConfig=guarded(),
        )
    assert account.ask("0") == "1"


def test_a_model_whose_archive_is_missing_is_not_made(account: Host) -> None:
    container = {"Image": account.image, "ModelDataUrl": f"s3://{account.bucket}/nothing.tar.gz"}
    with pytest.raises(ResourceFailure, match="Could not find model data"):
        made(account.tenant, "AWS::SageMaker::Model", PrimaryContainer=container, ExecutionRoleArn=account.role)


def test_a_groups_policy_follows_its_template(tenant: Tenant) -> None:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::310000000000:root"},
        "Action": "sagemaker:DescribeModelPackageGroup",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sagemaker: Any = tenant.client("sagemaker")

    def current() -> Any:
        return json.loads(sagemaker.get_model_package_group_policy(ModelPackageGroupName="credit")["ResourcePolicy"])

    name = {"ModelPackageGroupName": "credit"}
    group = made(tenant, "AWS::SageMaker::ModelPackageGroup", **name, ModelPackageGroupPolicy=policy)
    assert current() == policy
    other = {**policy, "Statement": [{**statement, "Action": "sagemaker:ListModelPackages"}]}
    group = changed(group, **name, ModelPackageGroupPolicy=other)
    assert current() == other
    group = changed(group, **name)
    with pytest.raises(sagemaker.exceptions.ClientError, match="Cannot find resource policy"):
        current()
    removed(group)
    removed(group)


def test_a_version_is_made_changed_and_removed(account: Host) -> None:
    group = made(account.tenant, "AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName="credit")
    given = {
        "ModelPackageGroupName": "credit",
        "InferenceSpecification": {
            "Containers": [{"Image": account.image, "ModelDataUrl": account.put("run/model.tar.gz", adder(1))}]
        },
    }
    version = made(
        account.tenant, "AWS::SageMaker::ModelPackage", **given, CustomerMetadataProperties={"a": "1", "b": "2"}
    )
    assert version.attribute("ModelPackageStatus") == "Completed"
    version = changed(version, **given, ModelApprovalStatus="Approved", CustomerMetadataProperties={"a": "1"})
    shown = account.sagemaker.describe_model_package(ModelPackageName=version.id)
    assert (shown["ModelApprovalStatus"], shown["CustomerMetadataProperties"]) == ("Approved", {"a": "1"})
    with pytest.raises(ResourceFailure, match="contains model packages"):
        removed(group)
    removed(version)
    removed(group)


def test_a_variant_is_a_scalable_target_with_a_policy(account: Host) -> None:
    with_one = config(account, model(account, adder(1)))
    where = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/live/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    limits = {"MinCapacity": "1", "MaxCapacity": "4", "RoleARN": account.role}
    kind = "AWS::ApplicationAutoScaling::ScalableTarget"
    with pytest.raises(ResourceFailure, match="does not exist"):
        made(account.tenant, kind, **where, **limits)
    name = with_one.attribute("EndpointConfigName")
    live = made(account.tenant, "AWS::SageMaker::Endpoint", EndpointName="live", EndpointConfigName=name)
    target = made(account.tenant, kind, **where, **limits)
    assert target.id == "endpoint/live/variant/AllTraffic|sagemaker:variant:DesiredInstanceCount|sagemaker"
    policy = made(
        account.tenant,
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        PolicyName="requests",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId=target.id,
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": "200",
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )
    scaling: Any = account.tenant.client("application-autoscaling")
    (found,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 200.0
    changed(target, **where, **{**limits, "MaxCapacity": "8"})
    (shown,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert shown["MaxCapacity"] == 8
    for each in (policy, target, live):
        removed(each)
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_a_monitoring_schedule_stands_on_its_job_definition(account: Host) -> None:
    account.endpoint(account.config("first", account.model("adder", adder(1))))
    image = {"ImageUri": account.image}
    output = {"MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{account.bucket}/m", "LocalPath": "/opt/ml/out"}}]}
    cluster = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "20"}
    definition = made(
        account.tenant,
        "AWS::SageMaker::DataQualityJobDefinition",
        DataQualityAppSpecification=image,
        DataQualityJobInput={"EndpointInput": {"EndpointName": "live", "LocalPath": "/opt/ml/in"}},
        DataQualityJobOutputConfig=output,
        JobResources={"ClusterConfig": cluster},
        RoleArn=account.role,
    )
    name = definition.id.rsplit("/", 1)[-1]

    def configuration(definition_name: str, when: str = "cron(0 * ? * * *)") -> dict[str, Any]:
        return {
            "ScheduleConfig": {"ScheduleExpression": when},
            "MonitoringJobDefinitionName": definition_name,
            "MonitoringType": "DataQuality",
        }

    kind = "AWS::SageMaker::MonitoringSchedule"
    with pytest.raises(ResourceFailure, match="Could not find the job definition other"):
        made(account.tenant, kind, MonitoringScheduleName="hourly", MonitoringScheduleConfig=configuration("other"))
    schedule = made(account.tenant, kind, MonitoringScheduleName="hourly", MonitoringScheduleConfig=configuration(name))
    daily = configuration(name, "cron(0 0 ? * * *)")
    changed(schedule, MonitoringScheduleName="hourly", MonitoringScheduleConfig=daily)
    shown = account.sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")
    assert (shown["MonitoringScheduleStatus"], shown["MonitoringScheduleConfig"]) == ("Scheduled", daily)
    account.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    listed = account.sagemaker.list_monitoring_schedules(StatusEquals="Stopped")["MonitoringScheduleSummaries"]
    assert [each["MonitoringJobDefinitionName"] for each in listed] == [name]
    removed(schedule)
    removed(definition)
    assert account.sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"] == []
