"""The form of what is said of each service: how its operations become actions on resources with condition keys.

What a table does not say follows from IAM's reference: the action has the operation's name, its resource is the ARN
format that the parameters fill, or the parameter that is such an ARN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness.emulator.enforcement.asked import Asked
from harness.iam import Policy, Values

Find = Callable[[Asked], Iterable[str]]  # a call → ARNs of the resources that it is about
Context = dict[str, Values]


@dataclass(frozen=True)
class Need:
    """One permission that a call takes. `resource_account`: empty for the caller's own."""

    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, Values] = field(default_factory=dict)
    policy: Policy | None = None
    resource_must_allow: bool = False


@dataclass(frozen=True)
class Table:
    """A service. Every field but the prefix is an exception to what follows from IAM's reference."""

    prefix: str  # of its actions
    actions: Mapping[str, str] = field(default_factory=dict)  # operation → action, where the names differ
    free: frozenset[str] = frozenset()  # operations that take no permission of their own
    kinds: Mapping[str, Find] = field(default_factory=dict)  # resource type of the reference → those of a call
    resources: Mapping[str, Find] = field(default_factory=dict)  # operation → its resources, whatever their type
    variables: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # of an ARN format → parameters that may hold it
    roles: Mapping[str, str] = field(
        default_factory=dict
    )  # member that holds a role's ARN → service that it is passed to
    keys: Callable[[Asked], Context] = lambda _: {}  # condition keys of the service; None: modelled, and absent
    families: tuple[str, ...] = ()  # beginnings of keys that are modelled, in lower case; what keys() lacks is absent
    tags: Callable[[str], Mapping[str, str] | None] = lambda _: None  # ARN → tags of the resource, None: unknown
    policy: Callable[[str], Policy | None] = lambda _: None  # ARN → its resource policy
    policy_must_allow: Callable[[str], bool] = lambda _: False  # ARN → even within the account, as those of keys
    whole_if_unnamed: bool = False  # also what a call makes or changes without naming it is all of its kind
    tagging: str = ""  # the action that tags given at creation take besides
    more: Callable[[Asked], Iterable[Need]] = lambda _: ()  # further permissions, of keys above all
    whole: Callable[[Asked], Iterable[Need] | None] | None = None  # says everything itself; None: an unknown operation
