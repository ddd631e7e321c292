"""Lambda functions and Step Functions' state machines."""

from __future__ import annotations

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Context, Table


def _function(asked: Asked) -> list[str]:
    """By name, name:qualifier, account:function:name, or ARN."""
    given = asked.text("FunctionName")
    if not given:
        return [arn for arn in (asked.text("Resource"),) if ":function:" in arn]
    if given.startswith("arn:"):
        arn, qualifier = ":".join(given.split(":")[:7]), given.split(":")[7:]
    else:
        owner, name = asked.caller.account_id, given
        if ":function:" in given:
            owner, name = given.split(":function:")
        name, _, after = name.partition(":")
        arn, qualifier = own.arn_of("lambda", asked.region, owner, f"function:{name}"), [after] if after else []
    chosen = asked.text("Qualifier") or (qualifier[0] if qualifier else "")
    return [f"{arn}:{chosen}" if chosen and chosen != "$LATEST" else arn]


def _whole(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _lambda_keys(asked: Asked) -> Context:
    vpc = asked.get("VpcConfig") or {}
    function = asked.text("FunctionName")
    return {
        "lambda:FunctionArn": function if function.startswith("arn:") else None,
        "lambda:Layer": tuple(asked.get("Layers") or ()),
        "lambda:Principal": asked.get("Principal"),
        "lambda:SubnetIds": tuple(vpc.get("SubnetIds") or ()),
        "lambda:SecurityGroupIds": tuple(vpc.get("SecurityGroupIds") or ()),
        "lambda:VpcIds": None,
        "lambda:FunctionUrlAuthType": asked.get("AuthType") or asked.get("FunctionUrlAuthType"),
        "lambda:CodeSigningConfigArn": asked.get("CodeSigningConfigArn"),
        "lambda:SourceFunctionArn": None,
        "lambda:InvokedViaFunctionUrl": "false",
        "lambda:EventSourceToken": asked.get("EventSourceToken"),
    }


LAMBDA = Table(
    prefix="lambda",
    actions={"Invoke": "InvokeFunction"},
    kinds={"function": _function},
    roles={"Role": "lambda.amazonaws.com"},
    keys=_lambda_keys,
    tags=own.tags("lambda", "list_tags", "Resource", "Tags", _whole),
    policy=own.policy("lambda", "get_policy", "FunctionName", ["Policy"], _whole, of=":function:"),
    tagging="TagResource",
)

STATES = Table(
    prefix="states",
    variables={
        "StateMachineName": ("name", "stateMachineArn"),
        "ActivityName": ("name", "activityArn"),
    },
    roles={"roleArn": "states.amazonaws.com"},
    keys=lambda _: {"states:StateMachineQualifier": None},
    tags=own.tags("stepfunctions", "list_tags_for_resource", "resourceArn", "tags"),
    tagging="TagResource",
)
