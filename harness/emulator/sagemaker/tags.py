"""Tags of SageMaker resources that are ours: ListTags, AddTags, DeleteTags. Those of other resources are moto's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from moto.sagemaker.models import sagemaker_backends

from harness.emulator.sagemaker import errors, naming, paging
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.store import LOCK, Backend

_MOST = 50


class Tags(Backend):
    """ARN → its tags."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.of: dict[str, dict[str, str]] = {}


_backends = BackendDict(Tags, "sagemaker")


def open_for(arn: str, tags: Iterable[Mapping[str, str]] | None) -> None:
    """Notes a new resource with its tags (list of Key and Value). From now on its tags are kept here."""
    with LOCK:
        _of(arn)[arn] = {each["Key"]: each["Value"] for each in tags or ()}


def close_for(arn: str) -> None:
    """Forgets a resource that is deleted."""
    with LOCK:
        _of(arn).pop(arn, None)


def mapping(arn: str) -> dict[str, str]:
    """The tags of a resource, key → value."""
    return dict(_of(arn).get(arn, {}))


def _of(arn: str) -> dict[str, dict[str, str]]:
    found = naming.parsed(arn)
    if found is None:
        raise errors.validation(f"{arn} is not the ARN of a SageMaker resource")
    kept: dict[str, dict[str, str]] = _backends[found.account_id][found.region].of
    return kept


def _moto(arn: str) -> Any:
    found = naming.parsed(arn)
    assert found is not None  # `_of` has looked
    return sagemaker_backends[found.account_id][found.region]


def _own(call: Call) -> str:
    arn = str(call["ResourceArn"])
    found = naming.parsed(arn)
    if found is not None and found.account_id != call.account_id:
        raise errors.denied(call.caller.arn, "sagemaker:ListTags", arn, "tags belong to the resource's own account")
    return arn


def _list(call: Call) -> Answer:
    arn = _own(call)
    if arn in _of(arn):
        tags = [{"Key": key, "Value": value} for key, value in sorted(mapping(arn).items())]
    else:
        tags, _ = _moto(arn).list_tags(arn=arn, MaxResults=1000, NextToken=None)
    shown, token = paging.page(tags, call.parameters, default=_MOST)
    return {"Tags": shown, "NextToken": token}


def _add(call: Call) -> Answer:
    arn = _own(call)
    with LOCK:
        if arn not in _of(arn):
            return {"Tags": _moto(arn).add_tags(arn, call["Tags"])}
        _of(arn)[arn] |= {each["Key"]: each["Value"] for each in call["Tags"]}
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(mapping(arn).items())]}


def _delete(call: Call) -> Answer:
    arn = _own(call)
    with LOCK:
        if arn not in _of(arn):
            _moto(arn).delete_tags(arn, call["TagKeys"])
            return {}
        for key in call["TagKeys"]:
            _of(arn)[arn].pop(key, None)
    return {}


OPERATIONS = {"ListTags": _list, "AddTags": _add, "DeleteTags": _delete}
