"""Asking the emulated services about their own resources: tags and policies. As administrator, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.emulator.cloudformation.native.api import Api
from harness.emulator.identity import PARTITION
from harness.iam import Kind, Policy

_REGION = "us-east-1"  # where global services answer


def same(names: str) -> dict[str, str]:
    """Operations whose actions have their names."""
    return {name: name for name in names.split()}


def api(arn: str) -> Api:
    """The API of the account and region that an ARN names."""
    _, _, _, region, account_id, _ = arn.split(":", 5)
    return Api(account_id, region or _REGION)


def name(arn: str) -> str:
    """What stands last in an ARN."""
    return arn.split(":", 5)[5].replace(":", "/").rpartition("/")[2]


def pairs(tags: Any) -> dict[str, str]:
    """Tags in whichever form an API gives them: a map, or a list of Key and Value (TagKey, key …)."""
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    found = {}
    for each in tags or ():
        lowered = {key.lower().removeprefix("tag"): value for key, value in each.items()}
        found[str(lowered["key"])] = str(lowered["value"])
    return found


def tags(
    service: str, operation: str, parameter: str, member: str, value: Callable[[str], str] = str
) -> Callable[[str], Mapping[str, str] | None]:
    """A way to the tags of a resource: ARN → tags; none where the resource is not there yet."""

    def fetch(arn: str) -> dict[str, str] | None:
        answer = api(arn).attempt(service, operation, **{parameter: value(arn)})
        return pairs(answer.get(member)) if answer else {}

    return fetch


def policy(
    service: str,
    operation: str,
    parameter: str,
    path: Iterable[str],
    value: Callable[[str], str] = str,
    of: str = "",
    **more: Any,
) -> Callable[[str], Policy | None]:
    """A way to the policy of a resource: ARN → policy; None where it has none.

    `path`: where it stands in the answer; `of`: what the ARNs of resources that can have one hold; `more`: parameters.
    """

    def fetch(arn: str) -> Policy | None:
        answer: Any = api(arn).attempt(service, operation, **{parameter: value(arn)}, **more) if of in arn else None
        for each in path:
            answer = (answer or {}).get(each)
        return Policy.read(answer, Kind.RESOURCE, arn) if answer else None

    return fetch


def arn_of(service: str, region: str, account_id: str, resource: str) -> str:
    """An ARN."""
    return f"arn:{PARTITION}:{service}:{region}:{account_id}:{resource}"
