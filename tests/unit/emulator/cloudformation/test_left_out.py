"""What native types leave out of their templates is known, and told."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Mapping

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.emulator.cloudformation.native.left_out import LEFT_OUT
from harness.emulator.cloudformation.provider import MODULES
from tests.unit.emulator.conftest import REGION, Tenant

# Handlers that hand on every property, by another spelling or as it is: what their API does not know, it refuses.
_HANDED_ON = ("CodeBuild::Project", "CodePipeline::Pipeline", "SecurityGroup", "SQS::Queue")


def sources() -> Mapping[str, str]:
    """Native type → the source of the module that makes it."""
    found = {}
    for module in {name for name in MODULES.values() if ".native." in name}:
        for kind, handler in importlib.import_module(module).HANDLERS.items():
            found[kind] = inspect.getsource(importlib.import_module(type(handler).__module__))
    return found


def settable(kind: str) -> list[str]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    read = {each.split("/")[2] for each in schema.get("readOnlyProperties", ())}
    return [name for name in schema["properties"] if name not in read | {"Tags"}]


def test_every_property_of_a_native_type_is_set_or_known_to_be_left_out() -> None:
    forgotten = {}
    for kind, source in sources().items():
        if any(each in kind for each in _HANDED_ON) or "sagemaker.fitting import" in source:
            continue
        unset = {name for name in settable(kind) if not re.search(rf"\b{name}\b", source)}
        if unset != set(LEFT_OUT.get(kind, ())):
            forgotten[kind] = unset.symmetric_difference(LEFT_OUT.get(kind, ()))
    assert forgotten == {}


def test_what_is_left_out_is_a_property_of_a_native_type() -> None:
    known = sources()
    assert not {kind for kind, names in LEFT_OUT.items() if kind not in known or set(names) - set(settable(kind))}


def test_a_stack_tells_what_of_a_resource_changes_nothing(tenant: Tenant) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}}}
    template = {"Resources": {"Fast": bucket, "Plain": {"Type": "AWS::S3::Bucket"}}}
    client = tenant.client("cloudformation")
    client.create_stack(StackName="told", TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName="told", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    found = client.describe_stack_resources(StackName="told")["StackResources"]
    described = {each["LogicalResourceId"]: each["Description"] for each in found}
    assert described == {"Fast": "native, but for AccelerateConfiguration", "Plain": "native"}
