"""What moto's functions do not keep: dead-letter queues, logging, destinations. And functions as they are run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.models import EventInvokeConfig, LambdaFunction, lambda_backends
from moto.awslambda.policy import Policy

from harness.emulator.functions.function import Function
from harness.emulator.identity import PARTITION

_KEPT = ("DeadLetterConfig", "LoggingConfig", "TracingConfig", "EphemeralStorage", "FileSystemConfigs", "SnapStart")
_ARN = re.compile(
    r"(?:arn:[^:]+:lambda:(?P<region>[^:]+):)?(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)


def parse(name: str) -> tuple[str | None, str | None, str, str | None]:
    """Region, account, name and qualifier of a function's name or (partial) ARN. Raises ValueError."""
    match = _ARN.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return match["region"], match["account"], match["name"], match["qualifier"]


def found(account: str, region: str, name: str, qualifier: str | None) -> LambdaFunction:
    """moto's function. Raises what moto raises for one that is not there."""
    return lambda_backends[account][region].get_function(name, qualifier)


def snapshot(account: str, region: str, name: str, qualifier: str | None) -> Function:
    """A version as it is to be run now. Raises what moto raises for one that is not there."""
    made = found(account, region, name, qualifier)
    latest = found(account, region, name, None)
    backend = lambda_backends[account][region]
    layers = [backend.layers_versions_by_arn(each["Arn"]) for each in made.layers]
    kept = settings_of(made)
    return Function(
        account=account,
        region=region,
        name=made.function_name,
        version=str(made.version),
        role=made.role,
        runtime=made.run_time or "",
        handler=made.handler or "",
        timeout=int(made.timeout),
        memory=int(made.memory_size),
        package_type=made.package_type,
        environment={key: str(value) for key, value in made.environment_vars.items()},
        logging=dict(kept.get("LoggingConfig") or {}),
        dead_letter=str((kept.get("DeadLetterConfig") or {}).get("TargetArn") or ""),
        reserved=None if latest.reserved_concurrency is None else int(latest.reserved_concurrency),
        code=made.code_bytes if made.package_type == "Zip" else b"",
        code_digest=made.code_sha_256,
        layers=tuple(each.code_bytes for each in layers if each is not None),
    )


def settings_of(function: LambdaFunction) -> dict[str, Any]:
    """The part of a function's configuration that is kept here."""
    return dict(getattr(function, "platform_settings", {}))


def keep(function: LambdaFunction, given: Mapping[str, Any]) -> None:
    """Keeps that part of a request."""
    changed = {key: given[key] for key in _KEPT if key in given}
    # A new mapping: published versions share the old one.
    function.platform_settings = {**settings_of(function), **changed}


def invoke_configs(function: LambdaFunction) -> dict[str, EventInvokeConfig]:
    """What PutFunctionEventInvokeConfig said, by qualifier."""
    if not hasattr(function, "platform_invoke_configs"):
        function.platform_invoke_configs = {}
    kept: dict[str, EventInvokeConfig] = function.platform_invoke_configs
    return kept


def invoke_config(account: str, region: str, name: str, qualifier: str | None) -> Mapping[str, Any]:
    """How asynchronous invocations of a version or alias are treated; empty where nothing is said."""
    kept = invoke_configs(found(account, region, name, None)).get(qualifier or "$LATEST")
    return {} if kept is None else dict(kept.config)


def publish_version(account: str, region: str, name: str, description: str) -> LambdaFunction:
    """moto's, with numbers that are never given twice."""
    storage = lambda_backends[account][region]._lambdas
    latest = storage.get_function_by_name_or_arn_forbid_qualifier(name)
    before = list(storage._functions[latest.function_name]["versions"])
    made = storage.publish_version(name, description)
    if made not in before:
        number = int(getattr(latest, "platform_versions", 0)) + 1
        latest.platform_versions = number
        made.set_version(number)
        storage._arns[made.function_arn] = made
    return made


_configure = LambdaFunction.update_configuration
_tell: Callable[..., dict[str, Any]] = LambdaFunction.get_configuration


def _configuration(function: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
    told = _tell(function, on_create)
    kept = settings_of(function)
    logging = {
        "LogFormat": "Text",
        "LogGroup": f"/aws/lambda/{function.function_name}",
        **kept.pop("LoggingConfig", {}),
    }
    shown = {key: value for key, value in kept.items() if value and key in ("DeadLetterConfig", "TracingConfig")}
    return {**told, **shown, "LoggingConfig": logging}


def _update(function: LambdaFunction, given: dict[str, Any]) -> dict[str, Any]:
    _configure(function, given)
    keep(function, given)
    told: dict[str, Any] = function.get_configuration()
    return told


def _principal(_policy: Policy, given: Any) -> Any:
    """AddPermission's Principal as policies write it: a service, an account, an ARN."""
    text = str(given)
    if text == "*" or not isinstance(given, str):
        return given
    if text.endswith(".amazonaws.com"):
        return {"Service": text}
    return {"AWS": f"arn:{PARTITION}:iam::{text}:root" if text.isdigit() else text}


def install() -> None:
    """Lets moto's functions tell and change what is kept here."""
    Policy.principal_formatter = _principal
    LambdaFunction.get_configuration = _configuration
    LambdaFunction.update_configuration = _update
