"""Model package groups and their resource policies. What other accounts may do with a group, its policy decides."""

from __future__ import annotations

from typing import Any

from harness.emulator import clock
from harness.emulator.sagemaker import errors, paging, registry, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.registry import GROUP, Group
from harness.emulator.sagemaker.store import LOCK


def _create(call: Call) -> Answer:
    if call.get("ManagedConfiguration"):
        raise errors.not_modelled("ManagedConfiguration of CreateModelPackageGroup")
    name = str(call["ModelPackageGroupName"])
    place = Place(call.account_id, call.region, GROUP, name)
    with LOCK:
        groups = registry.registry_of(call.account_id, call.region).groups
        if name in groups:
            raise errors.validation(f"Model Package Group already exists: {place.arn}")
        user = registry.user_of(call)
        groups[name] = Group(place.arn, name, call.get("ModelPackageGroupDescription"), clock.now(), user)
        tags.open_for(place.arn, call.get("Tags"))
    return {"ModelPackageGroupArn": place.arn}


def _describe(call: Call) -> Answer:
    place = registry.place_of_group(call, str(call["ModelPackageGroupName"]))
    registry.must_allow(call, "sagemaker:DescribeModelPackageGroup", place, place.name, place.arn)
    group = registry.group_at(place)
    if group is None:
        raise errors.validation(f"ModelPackageGroup {place.arn} does not exist.")
    return {**_summary(group), "CreatedBy": group.created_by}


def _summary(group: Group) -> dict[str, Any]:
    shown = {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "ModelPackageGroupDescription": group.description,
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
    }
    return {name: value for name, value in shown.items() if value is not None}


def _list(call: Call) -> Answer:
    if call.get("CrossAccountFilterOption") == "CrossAccount":
        others = [
            registry.registry_of(account, region)
            for account, region, _ in list(registry.registries.iter_backends())
            if region == call.region and account != call.account_id
        ]
        groups = [
            group
            for each in others
            for group in each.groups.values()
            if registry.is_discoverable(group, call.account_id)
        ]
    else:
        groups = list(registry.registry_of(call.account_id, call.region).groups.values())
    summaries = [_summary(each) for each in groups]
    shown, token = paging.listed(summaries, call.parameters, "ModelPackageGroupName", "Ascending")
    return {"ModelPackageGroupSummaryList": shown, "NextToken": token}


def _delete(call: Call) -> Answer:
    place = registry.place_of_group(call, str(call["ModelPackageGroupName"]))
    registry.must_allow(call, "sagemaker:DeleteModelPackageGroup", place, place.name, place.arn)
    with LOCK:
        held = registry.registry_of(place.account_id, place.region)
        if place.name not in held.groups:
            raise errors.validation(f"ModelPackageGroup {place.arn} does not exist.")
        if any(each.group == place.name for each in held.packages.values()):
            raise errors.conflict(f"ModelPackageGroup {place.arn} cannot be deleted: it contains model packages.")
        del held.groups[place.name]
        tags.close_for(place.arn)
    return {}


def _own(call: Call) -> Group:
    place = Place(call.account_id, call.region, GROUP, str(call["ModelPackageGroupName"]))
    group = registry.group_at(place)
    if group is None:
        raise errors.validation(f"Cannot find Model Package Group: {place.arn}")
    return group


def _put_policy(call: Call) -> Answer:
    group = _own(call)
    group.policy = registry.checked_policy(str(call["ResourcePolicy"]))
    return {"ModelPackageGroupArn": group.arn}


def _get_policy(call: Call) -> Answer:
    group = _own(call)
    if group.policy is None:
        raise errors.validation(f"Cannot find resource policy for: {group.arn}")
    return {"ResourcePolicy": group.policy}


def _delete_policy(call: Call) -> Answer:
    group = _own(call)
    if group.policy is None:
        raise errors.validation(f"Cannot find resource policy for: {group.arn}")
    group.policy = None
    return {}


OPERATIONS = {
    "CreateModelPackageGroup": _create,
    "DescribeModelPackageGroup": _describe,
    "ListModelPackageGroups": _list,
    "DeleteModelPackageGroup": _delete,
    "PutModelPackageGroupPolicy": _put_policy,
    "GetModelPackageGroupPolicy": _get_policy,
    "DeleteModelPackageGroupPolicy": _delete_policy,
}
