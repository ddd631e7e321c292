"""Functions run: handler protocol, role, environment, log, errors, time-outs, concurrency."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import function, invoked, role, zipped

ECHO = """
    import os
    def handler(event, context):
        return {
            "event": event,
            "name": context.function_name,
            "version": context.function_version,
            "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb,
            "own": os.environ["OWN"],
            "region": os.environ["AWS_REGION"],
            "pid": os.getpid(),
        }
"""


def refusal(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**given)
    return str(refused.value.response["Error"]["Code"])


def test_a_handler_gets_its_event_its_context_and_its_environment(tenant: Tenant) -> None:
    arn = function(tenant, "echo", ECHO, Environment={"Variables": {"OWN": "mine"}}, Timeout=30, MemorySize=256)
    told, error = invoked(tenant, "echo", {"a": [1, "ü"]})
    assert error is None
    assert told["event"] == {"a": [1, "ü"]}
    assert (told["name"], told["version"], told["arn"]) == ("echo", "$LATEST", arn)
    assert (told["own"], told["region"], told["memory"]) == ("mine", REGION, "256")
    assert 20_000 < told["left"] <= 30_000


def test_a_process_stays_warm_until_the_function_changes(tenant: Tenant) -> None:
    function(tenant, "echo", ECHO, Environment={"Variables": {"OWN": "one"}})
    first = invoked(tenant, "echo")[0]["pid"]
    assert invoked(tenant, "echo")[0]["pid"] == first
    tenant.client("lambda").update_function_configuration(
        FunctionName="echo", Environment={"Variables": {"OWN": "two"}}
    )
    told, _ = invoked(tenant, "echo")
    assert told["own"] == "two"
    assert told["pid"] != first


def test_a_process_with_other_layers_is_another_process(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    source = "import own\ndef handler(event, context):\n    return own.NAME\n"

    def layer(name: str) -> str:
        content = {"ZipFile": zipped(f"NAME = '{name}'", "python/own.py")}
        return str(client.publish_layer_version(LayerName="own", Content=content)["LayerVersionArn"])

    function(tenant, "layered", source, Layers=[layer("one")])
    assert invoked(tenant, "layered") == ("one", None)
    client.update_function_configuration(FunctionName="layered", Layers=[layer("two")])
    assert invoked(tenant, "layered") == ("two", None)


def test_a_name_that_is_taken_is_refused_and_the_function_stays(tenant: Tenant) -> None:
    function(tenant, "echo", "def handler(event, context):\n    return 1\n")
    code = {"ZipFile": zipped("def handler(event, context):\n    return 2\n")}
    given = {"FunctionName": "echo", "Runtime": "python3.13", "Handler": "index.handler", "Code": code}
    arn = f"arn:aws:iam::{tenant.id}:role/echo-role"
    assert refusal(tenant.client("lambda").create_function, **given, Role=arn) == "ResourceConflictException"
    assert invoked(tenant, "echo")[0] == 1


def test_a_handler_that_is_long_in_coming_times_out_whatever_is_sent_to_it(tenant: Tenant) -> None:
    function(tenant, "slow", "import time\ntime.sleep(5)\ndef handler(event, context): ...\n", Timeout=1)
    told, _ = invoked(tenant, "slow", {"more": "than a pipe holds" * 10_000})
    assert told["errorType"] == "Sandbox.Timedout"


def test_it_acts_with_its_role_and_reads_no_settings_of_this_machine(tenant: Tenant) -> None:
    source = """
        import boto3, os
        def handler(event, context):
            return [boto3.client("sts").get_caller_identity()["Arn"], sorted(os.environ)]
    """
    function(tenant, "who", source)
    (arn, names), _ = invoked(tenant, "who")
    assert arn == f"arn:aws:sts::{tenant.id}:assumed-role/who-role/who"
    assert "VIRTUAL_ENV" not in names
    assert "AWS_PROFILE" not in names


def test_an_exception_is_told_as_lambda_tells_it(tenant: Tenant) -> None:
    function(tenant, "broken", "def handler(event, context):\n    raise KeyError('x')\n")
    told, error = invoked(tenant, "broken")
    assert error == "Unhandled"
    assert (told["errorType"], told["errorMessage"]) == ("KeyError", "'x'")
    assert told["stackTrace"][0].startswith('  File "/var/task/index.py", line 2, in handler')


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'index': No module named 'nowhere'"),
        ("def handler(", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("def other(e, c): ...", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def handler(e, c):\n    return {1, 2}", "Runtime.MarshalError", "Unable to marshal response"),
        ("import os\ndef handler(e, c):\n    os._exit(3)", "Runtime.ExitError", "exit status 3"),
        ("import time\ndef handler(e, c):\n    time.sleep(9)", "Sandbox.Timedout", "timed out after 1.00 seconds"),
    ],
)
def test_what_goes_wrong_has_lambdas_names(tenant: Tenant, source: str, kind: str, message: str) -> None:
    function(tenant, "wrong", source, Timeout=1)
    told, error = invoked(tenant, "wrong")
    assert (error, told["errorType"]) == ("Unhandled", kind)
    assert message in told["errorMessage"]


def test_what_it_writes_is_in_its_log_group(tenant: Tenant) -> None:
    source = """
        import logging, sys
        logging.getLogger().setLevel("INFO")
        def handler(event, context):
            print("printed")
            print("to stderr", file=sys.stderr)
            logging.getLogger("own").info("logged %s", 1)
    """
    function(tenant, "talks", source)
    answer = tenant.client("lambda").invoke(FunctionName="talks", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "printed" in tail
    events = tenant.client("logs").filter_log_events(logGroupName="/aws/lambda/talks")["events"]
    lines = [each["message"] for each in events]
    assert lines[0].startswith("START RequestId: ")
    assert lines[1:3] == ["printed", "to stderr"]
    assert lines[3].startswith("[INFO]\t")
    assert lines[3].endswith("\tlogged 1")
    assert lines[-1].startswith("REPORT RequestId: ")


def test_a_log_group_of_its_own_in_json(tenant: Tenant) -> None:
    source = """
        import logging
        def handler(event, context):
            logging.info("hidden"), logging.warning("seen")
    """
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/own/group"}
    function(tenant, "json", source, LoggingConfig=logging)
    invoked(tenant, "json")
    events = tenant.client("logs").filter_log_events(logGroupName="/own/group")["events"]
    lines = [json.loads(each["message"]) for each in events if each["message"].startswith("{")]
    assert [(each["level"], each["message"]) for each in lines] == [("WARNING", "seen")]
    assert tenant.client("lambda").get_function_configuration(FunctionName="json")["LoggingConfig"] == logging


def test_invocations_are_measured(tenant: Tenant) -> None:
    function(tenant, "counted", "def handler(e, c):\n    assert e != 2")
    for event in (1, 2, 3):
        invoked(tenant, "counted", event)
    assert measured(tenant, "counted", "Invocations") == 3
    assert measured(tenant, "counted", "Errors") == 1


def measured(tenant: Tenant, name: str, metric: str) -> float:
    answer = tenant.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        Period=86400,
        Statistics=["Sum"],
    )
    return float(sum(each["Sum"] for each in answer["Datapoints"]))


def test_versions_keep_their_code_and_aliases_lead_to_them(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    function(tenant, "f", "def handler(e, c):\n    return 'old'")
    assert client.publish_version(FunctionName="f")["Version"] == "1"
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="f", ZipFile=zipped("def handler(e, c):\n    return 'new'"))
    assert invoked(tenant, "f")[0] == "new"
    assert invoked(tenant, "f", Qualifier="live")[0] == "old"
    client.delete_function(FunctionName="f", Qualifier="1")
    assert client.publish_version(FunctionName="f")["Version"] == "2"  # numbers are never given twice
    assert client.invoke(FunctionName="f", Qualifier="2")["ExecutedVersion"] == "2"


def test_reserved_concurrency_is_kept(tenant: Tenant) -> None:
    client = tenant.client("lambda")
    function(tenant, "slow", "import time\ndef handler(e, c):\n    time.sleep(1)")
    client.put_function_concurrency(FunctionName="slow", ReservedConcurrentExecutions=1)

    def outcome(_: int) -> str:
        try:
            invoked(tenant, "slow")
        except client.exceptions.TooManyRequestsException:
            return "throttled"
        return "ran"

    with ThreadPoolExecutor(3) as together:
        assert sorted(together.map(outcome, range(3))) == ["ran", "throttled", "throttled"]
    assert outcome(4) == "ran"


def test_a_dry_run_runs_nothing(tenant: Tenant) -> None:
    function(tenant, "f", "raise SystemExit")
    assert tenant.client("lambda").invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204


def test_what_cannot_be_invoked_is_refused(tenant: Tenant, new_tenant: Callable[[], Tenant]) -> None:
    client = tenant.client("lambda")
    arn = function(tenant, "f", "def handler(e, c): ...")
    assert refusal(client.invoke, FunctionName="f", Payload=b"no json") == "InvalidRequestContentException"
    assert refusal(client.invoke, FunctionName="gone") == "ResourceNotFoundException"
    assert refusal(client.invoke, FunctionName="f", Qualifier="7") == "ResourceNotFoundException"
    stranger = new_tenant()
    assert refusal(stranger.client("lambda").invoke, FunctionName=arn) == "AccessDeniedException"
    client.add_permission(FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal=stranger.id)
    assert stranger.client("lambda").invoke(FunctionName=arn)["StatusCode"] == 200


def test_other_runtimes_are_refused_by_name(tenant: Tenant) -> None:
    arn = role(tenant, "r", "lambda.amazonaws.com")
    code = {"ZipFile": zipped("exports.handler = 1", "index.js")}
    client = tenant.client("lambda")
    client.create_function(FunctionName="node", Role=arn, Runtime="nodejs22.x", Handler="index.handler", Code=code)
    with pytest.raises(ClientError, match=r"runs no functions of runtime nodejs22\.x"):
        client.invoke(FunctionName="node")


def test_a_role_that_lambda_cannot_assume_is_refused(tenant: Tenant) -> None:
    arn = role(tenant, "r", "sagemaker.amazonaws.com")
    given = {"FunctionName": "f", "Role": arn, "Runtime": "python3.13", "Handler": "index.handler"}
    code = {"ZipFile": zipped("")}
    assert refusal(tenant.client("lambda").create_function, **given, Code=code) == "InvalidParameterValueException"


def test_code_of_another_account_needs_its_buckets_leave(tenant: Tenant, new_tenant: Callable[[], Tenant]) -> None:
    hub = new_tenant()
    s3, bucket = hub.client("s3"), f"code-{hub.id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="a.zip", Body=zipped("def handler(e, c):\n    return 'shared'"))
    given = {
        "FunctionName": "f",
        "Role": role(tenant, "r", "lambda.amazonaws.com"),
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"S3Bucket": bucket, "S3Key": "a.zip"},
    }
    assert refusal(tenant.client("lambda").create_function, **given) == "AccessDeniedException"
    allowed = {"Effect": "Allow", "Principal": {"AWS": tenant.id}, "Action": "s3:GetObject"}
    policy = {"Statement": [{**allowed, "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    tenant.client("lambda").create_function(**given)
    assert invoked(tenant, "f")[0] == "shared"
