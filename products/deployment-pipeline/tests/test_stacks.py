"""The two stacks that releases make: they lint as products do, deploy as every example asks, and can be made at all."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from delivery_samples import GROUP, PREPROD, PROD, described

from harness.catalog.contract import read_contract
from harness.cfn.model import StackRequest, StackState, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from harness.checks.lint import all_rules, lint
from model_delivery.release import ENVIRONMENT, STACKS, stack_parameters, template
from model_delivery.settings import Settings
from model_delivery.versions import Version, version
from tests.products import handlers, launched
from tests.support.repository import PROJECT
from tests.support.templates import as_data
from tests.unit.foundation import reading

NAME = "deployment-pipeline"
FOLDER = Path(__file__).parent.parent / "src/functions/model_delivery/stacks"
REGIONS = ("eu-west-1", "eu-central-1")
# No person launches these: no groups of parameters in a console, and the version that they tell is the model's.
NOT_OURS = {"E9003", "E9005"}
BURSTABLE = re.compile(r"ml\.t\d")
EXAMPLES = {each.name: dict(each.spec.parameters) for name, each in launched.examples() if name == NAME}
EVERYWHERE = [(each, environment) for each in EXAMPLES for environment in ("preprod", "prod")]


@functools.cache
def found() -> Version:
    return version(described())


def source(name: str) -> dict[str, Any]:
    """The template of a stack as data, intrinsics in their long form."""
    return dict(as_data(template(name, found())))


def settings(**parameters: Any) -> Settings:
    """What the functions of a launch are told."""
    state = launched.launch(NAME, {**EXAMPLES["defaults"], **parameters})
    variables = launched.properties(state, "Release")["Environment"]["Variables"]
    return Settings.read({**variables, "AWS_REGION": launched.REGION})


def deploy(name: str, environment: str = "prod", **parameters: Any) -> StackState:
    """The stack, as a release of a launch with these parameters makes it."""
    told = settings(**parameters)
    given = stack_parameters(told, found(), environment)[name]
    request = StackRequest(
        name=f"model-{told.group}", template=template(name, found()), parameters=given, capabilities=("CAPABILITY_IAM",)
    )
    contract = {**launched.CONTRACT, "/platform/account/environment": environment}
    made_before = {f"model-{told.group}-security-group": "sg-0123456789abcdef9"} if name == "model" else {}
    account = {"preprod": PREPROD, "prod": PROD}[environment]
    around = Surroundings(account, launched.REGION, ssm=contract, exports=made_before)
    outcome = create_stack(request, around, SchemaProvider())
    assert outcome.state.status == "CREATE_COMPLETE", launched.failures(outcome.events)
    return outcome.state


def kinds(state: StackState) -> set[str]:
    return {each.type.removeprefix("AWS::") for each in state.resources}


@pytest.mark.parametrize("name", STACKS)
def test_cfn_lint_and_the_house_rules_have_nothing_to_say(name: str) -> None:
    contract = [f"{each.name} {each.type}" for each in read_contract(PROJECT)]
    findings = lint(template(name, found()), all_rules(), REGIONS, {"E9030": {"contract": contract}})
    assert [each for each in findings if each.rule not in NOT_OURS] == []


@pytest.mark.parametrize(("example", "environment"), EVERYWHERE)
@pytest.mark.parametrize("name", STACKS)
def test_a_release_of_every_example_deploys_in_both_environments(name: str, example: str, environment: str) -> None:
    state = deploy(name, environment, **EXAMPLES[example])
    has_endpoint = name == "model" and EXAMPLES[example].get("Serving") != "batch"
    assert ("SageMaker::Endpoint" in kinds(state)) is has_endpoint
    assert ("ApplicationAutoScaling::ScalableTarget" in kinds(state)) is has_endpoint


def routing(**parameters: Any) -> dict[str, Any]:
    endpoint = launched.properties(deploy("model", **parameters), "Endpoint")
    policy = endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    return {**policy["TrafficRoutingConfiguration"], "Limit": policy["MaximumExecutionTimeoutInSeconds"]}


def test_traffic_goes_over_as_the_lead_chose_and_a_single_instance_is_not_divided() -> None:
    assert routing(TrafficShift="canary")["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 20}
    assert routing(TrafficShift="linear")["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 25}
    assert routing(TrafficShift="all-at-once")["Type"] == "ALL_AT_ONCE"
    assert routing(TrafficShift="linear", MinInstances=1)["Type"] == "ALL_AT_ONCE"


def test_the_longest_shift_ends_before_sagemaker_gives_it_up() -> None:
    longest = max(int(each) for each in launched.template(NAME)["Parameters"]["ShiftMinutes"]["AllowedValues"])
    given = routing(TrafficShift="linear", ShiftMinutes=longest)
    assert 4 * int(given["WaitIntervalInSeconds"]) + 3600 < int(given["Limit"])


def test_an_endpoint_that_cannot_grow_does_not_scale_and_follows_its_configuration() -> None:
    still = deploy("model", MinInstances=3, MaxInstances=3)
    assert "ApplicationAutoScaling::ScalableTarget" not in kinds(still)
    assert launched.properties(still, "Endpoint")["RetainAllVariantProperties"] is False
    growing = launched.properties(deploy("model"), "Endpoint")
    assert growing["RetainAllVariantProperties"] is True
    excluded = {each["VariantPropertyType"] for each in growing["ExcludeRetainedVariantProperties"]}
    assert "DesiredInstanceCount" not in excluded and "DataCaptureConfig" in excluded


def test_every_instance_type_serves_scales_and_runs_transform_jobs() -> None:
    model = Session().get_service_model("sagemaker")
    offered = launched.template(NAME)["Parameters"]["InstanceType"]["AllowedValues"]
    for shape in ("ProductionVariantInstanceType", "TransformInstanceType"):
        assert set(offered) <= set(model.shape_for(shape).enum)
    assert not [each for each in offered if BURSTABLE.match(each)]  # these cannot scale


def test_sagemaker_may_read_the_alarms_that_send_traffic_back() -> None:
    """Where it may not, every deployment goes back."""
    state = deploy("model")
    alarms = launched.properties(state, "Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert [each["AlarmName"] for each in alarms] == [f"model-{GROUP}-errors", f"model-{GROUP}-latency"]
    granted = [each for each in launched.permissions(state, "Role") if each["Sid"] == "WatchesAlarms"]
    assert [each["Action"] for each in granted] == ["cloudwatch:DescribeAlarms"]


def test_a_release_writes_the_versions_variables_into_the_template_once() -> None:
    assert (FOLDER / "model.yaml").read_text().count(ENVIRONMENT) == 1


def test_the_bucket_of_versions_is_as_the_buckets_of_products_are() -> None:
    """The stacks are read by CloudFormation as they are, so that they cannot use the partials."""
    ours, theirs = source("storage")["Resources"], launched.template(NAME)["Resources"]
    own, product = ours["Bucket"]["Properties"], theirs["Bucket"]["Properties"]
    for each in (own, product):
        # each has its own name, key, tags, and place for logs; versions and captures are kept for other times
        del each["BucketName"], each["Tags"], each["LoggingConfiguration"]
        del each["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"][
            "KMSMasterKeyID"
        ]
        each["LifecycleConfiguration"] = {rule["Id"] for rule in each["LifecycleConfiguration"]["Rules"]} - {
            "captured",
            "tests",
        }
    assert own == product
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert ours["Bucket"][name] == theirs["Bucket"][name]
    said = {each["Sid"]: each for each in ours["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    shared = {each["Sid"]: each for each in theirs["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    for sid in ("TlsOnly", "ModernTlsOnly", "KmsOnly", "OneKeyOnly"):
        assert _without_key(said[sid]) == _without_key(shared[sid])


def _without_key(statement: Mapping[str, Any]) -> str:
    keys = ({"Ref": "DataKeyArn"}, {"Fn::GetAtt": ["Key", "Arn"]})
    text = json.dumps(statement, sort_keys=True)
    for key in keys:
        text = text.replace(json.dumps(key), "the key")
    return text


def test_containers_reach_what_functions_of_products_reach() -> None:
    ours = source("storage")["Resources"]["Group"]["Properties"]
    theirs = launched.template(NAME)["Resources"]["Group"]["Properties"]
    assert ours["SecurityGroupEgress"] == theirs["SecurityGroupEgress"]
    assert "SecurityGroupIngress" not in ours


def test_the_role_of_containers_joins_the_network_as_jobs_of_pipelines_do() -> None:
    jobs = launched.template("training-pipeline")["Resources"].values()
    theirs = [
        each
        for job in jobs
        if job["Type"] == "AWS::IAM::Role"
        for policy in job["Properties"]["Policies"]
        for each in policy["PolicyDocument"]["Statement"]
        if "sagemaker.amazonaws.com" in json.dumps(job["Properties"]["AssumeRolePolicyDocument"])
    ]
    network = {each["Sid"]: each for each in theirs if each["Sid"].startswith("JobInterfaces")}
    assert len(network) == 4
    assert {each["Sid"]: each for each in statements() if each["Sid"] in network} == network


@pytest.mark.parametrize("name", STACKS)
def test_cloudformations_role_can_do_all_that_the_handlers_of_a_stack_need(name: str) -> None:
    policies = reading.template("spoke")["Resources"]["ModelStacks"]["Properties"]["Policies"]
    granted = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    assert handlers.missing(source(name), granted) == set()


def statements() -> Iterator[Mapping[str, Any]]:
    for policy in source("model")["Resources"]["Role"]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def test_the_role_of_containers_says_what_iam_understands_and_fits() -> None:
    for each in statements():
        keys = {reading.stem(key) for block in each.get("Condition", {}).values() for key in block}
        for action in handlers.actions(each):
            assert reading.known(action) is not None, action
            assert keys <= reading.offered_keys(action), (each["Sid"], action)
    document = launched.properties(deploy("model"), "Role")["Policies"]
    assert len(json.dumps(document, separators=(",", ":"))) <= 10_240


def test_containers_may_neither_decide_about_models_nor_delete_anything() -> None:
    actions = {action for each in statements() for action in handlers.actions(each)}
    assert not {each for each in actions if each.startswith(("sagemaker:", "iam:", "sts:"))}
    assert {each for each in actions if ":Delete" in each} == {
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
    }
