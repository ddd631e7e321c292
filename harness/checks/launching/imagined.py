"""A template's resources without anybody's parameters: every branch of its conditions, and names as they may be.

A launch is imagined in two worlds that have nothing in common but the account: region, ids, parameters and the random
parts of names differ. What is the same in both is what the template says; `alike` writes * for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.intrinsics import NO_VALUE, Scope, function_of, resolve, unresolved
from harness.cfn.model import ResourceRequest, StackError, Surroundings
from harness.cfn.references import NAMED_WITHOUT_STACK, Identity, arn_shape, identify, suffix_of
from harness.cfn.registry import NOT_MODELLED, ResourceType, resource_type
from harness.cfn.shapes import ID_SHAPES
from harness.cfn.template import Parameter, Resource, Template, parse_template
from harness.checks.duties.stage import Thing, tags_of, thirteen
from harness.checks.launching.samples import sample

_SSM = "AWS::SSM::Parameter::Value<"
_WHOLE = "us-east-1"
_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]")
_MADE = re.compile(r"([a-z]+)-\{(?:hex|lower|upper|mixed)(\d+)\}")  # an id of a service's choice, in a shape
# Types that CloudFormation names after the stack and the logical id where the template gives no name. What the services
# name themselves (a budget, a job definition) may be called anything. Source: CloudFormation user guide, "Name type".
_NAMED_AFTER_STACK = NAMED_WITHOUT_STACK | {
    "AWS::CloudWatch::Alarm",
    "AWS::CodePipeline::Pipeline",
    "AWS::DynamoDB::Table",
    "AWS::ECR::Repository",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
}
# A longer one is cut in a name of 63 characters (a bucket's), nobody documents how: stack 32, random part 13, dashes.
_LONGEST = 16
Pair = tuple[Thing, Thing]  # one thing in both worlds
# Name of an SSM parameter → what templates write there, in both worlds.
Contract = Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class World:
    """One of the two. `letters`: what free texts are made of, the first that a pattern allows."""

    letters: str
    region: str


WORLDS = (World("a1-A./_ ", "eu-west-1"), World("b2-B./_ ", "ap-southeast-3"))


def alike(one: str, other: str) -> str:
    """What two texts have in common, word by word, with * for what differs."""
    if one == other:
        return one
    ours, theirs = _WORD.findall(one), _WORD.findall(other)
    if len(ours) == len(theirs):
        words = [a if a == b else "*" for a, b in zip(ours, theirs, strict=True)]
    else:
        least = min(len(ours), len(theirs))
        begins = next((at for at in range(least) if ours[at] != theirs[at]), least)
        left = least - begins
        ends = next((at for at in range(left) if ours[-1 - at] != theirs[-1 - at]), left)
        words = [*ours[:begins], "*", *ours[len(ours) - ends :]]
    text = re.sub(r"\*(?:[-._]?\*)+", "*", "".join(words))
    return re.sub(r"\*(?:[:/]\*)+$", "*", text)  # for IAM, * goes on behind a : and a /


def imagine(unit: str, text: str, account: str, contract: Contract) -> list[Pair]:
    """Every resource of the template in both worlds, once for each of the ways that its conditions leave it.

    Raises StackError for a text that is no template.
    """
    template = parse_template(text)
    found = []
    for resource in template.resources.values():
        if _kind(resource.type) is None:
            continue  # no schema says how it comes about
        choices = Choices()
        launches = [_Launch(unit, template, account, number, contract, choices) for number in (0, 1)]
        seen = []
        for _ in choices.rounds():
            one, other = (each.thing(resource) for each in launches)
            if one.properties not in seen:
                seen.append(one.properties)
                found.append((one, other))
    return found


def written(pairs: Iterable[Pair]) -> Contract:
    """What these things write into SSM."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for one, other in pairs:
        if one.type == "AWS::SSM::Parameter":
            values = (str(one.properties.get("Value")), str(other.properties.get("Value")))
            found[one.name] = tuple(dict.fromkeys((*found.get(one.name, ()), values)))
    return found


def _kind(name: str) -> ResourceType | None:
    """The type, in the region that has all of them: a template is for every region."""
    return None if name in NOT_MODELLED else resource_type(name, _WHOLE)


class Choices:
    """Which way each decision goes, and which ways are still to be gone. A decision has a place, where it is asked."""

    def __init__(self) -> None:
        self._seen: set[tuple[object, int]] = set()
        self._waiting: list[Mapping[str, int]] = [{}]
        self._taken: Mapping[str, int] = {}

    def rounds(self) -> Iterator[None]:
        """Until every place has been left in each of its ways."""
        while self._waiting:
            self._taken = self._waiting.pop(0)
            yield

    def way(self, place: object, decision: str, ways: int) -> int:
        """The way that is taken now."""
        taken = self._taken.get(decision, 0)
        self._seen.add((place, taken))
        for each in range(ways):
            if (place, each) not in self._seen:
                self._seen.add((place, each))
                self._waiting.append({**self._taken, decision: each})
        return taken


class _Launch:
    """One template in one of the two worlds."""

    def __init__(
        self, unit: str, template: Template, account: str, number: int, contract: Contract, choices: Choices
    ) -> None:
        self.template = template
        self.choices = choices
        self._number = number
        self._world = world = WORLDS[number]
        self._unit = unit
        self._contract = contract
        stack = f"SC-{account}-pp-{thirteen(f'{unit}/{number}')}"
        self._scope = Scope(
            Surroundings(
                account_id=account,
                region=world.region,
                zones={world.region: tuple(f"{world.region}{letter}" for letter in "abc")},
            ),
            stack,
            f"arn:aws:cloudformation:{world.region}:{account}:stack/{stack}/{number}",
            parameters=_Parameters(self),
            mappings=template.mappings,
            resources=self,
        )

    def thing(self, resource: Resource) -> Thing:
        """The resource as it comes about by the choices of this round."""
        properties = self.value(resource.properties)
        identity = self._identity(resource, properties)
        policy = resource.deletion_policy
        return Thing(
            self._unit,
            self._scope.surroundings.account_id,
            self._world.region,
            self._scope.stack_name,
            resource.logical_id,
            resource.type,
            identity.ref or identity.physical_id,
            identity.attributes,
            properties,
            tags_of(properties.get("Tags")),
            policy if isinstance(policy, str) and policy else "Delete",
        )

    def free(self) -> str:
        """What somebody else chooses."""
        return self._world.letters[0]

    def ref(self, logical_id: str) -> Any:
        """What Ref gives; with `attribute`, the lookup of a scope."""
        return self._other(logical_id).ref

    def attribute(self, logical_id: str, name: str) -> Any:
        """What Fn::GetAtt gives."""
        found = self._other(logical_id).attributes
        return found.get(name, self.free())

    def parameter(self, declared: Parameter) -> Any:
        """A value that the parameter may have."""
        if declared.type.startswith(_SSM):
            names = declared.allowed_values or ((declared.default,) if declared.default else ())
            values = [value for name in names for value in self._contract.get(str(name), ())]
            way = self.choices.way(declared.name, f"parameter {declared.name}", len(values))
            value = values[way][self._number] if values else self.free()
        else:
            value = sample(declared.allowed_pattern or "", self._world.letters) or self.free()
        return str(value).split(",") if "List<" in declared.type or "CommaDelimited" in declared.type else value

    def _other(self, logical_id: str) -> Identity:
        resource = self.template.resources.get(logical_id)
        if resource is None:
            raise unresolved([logical_id], "Resources")
        return self._identity(resource, _Properties(self, resource))

    def _identity(self, resource: Resource, properties: Mapping[str, Any]) -> Identity:
        kind = _kind(resource.type)
        if kind is None:
            return Identity(self.free(), self.free(), {})
        scope = self._scope
        after_stack = resource.type in _NAMED_AFTER_STACK
        told = after_stack and len(resource.logical_id) <= _LONGEST
        request = ResourceRequest(
            resource.logical_id if told else self.free(),
            resource.type,
            properties,
            scope.stack_name if after_stack else self.free(),
            scope.stack_id,
            scope.surroundings.account_id,
            self._world.region,
            {},
            suffix_of(scope.stack_id, resource.logical_id, 0),
        )
        return self._unknown(kind, identify(kind, request))

    def _unknown(self, kind: ResourceType, identity: Identity) -> Identity:
        """Without the beginning that a service gives its ids: nobody asks for sg-*, where there is no id yet."""
        made = _MADE.search(ID_SHAPES.get(kind.name) or arn_shape(kind))
        if made is None:
            return identity
        beginning = re.compile(rf"(?<![A-Za-z0-9]){made[1]}-(?=[A-Za-z0-9]{{{made[2]}}}(?![A-Za-z0-9]))")

        def without(value: Any) -> Any:
            return beginning.sub(f"{self.free()}{made[1]}-", value) if isinstance(value, str) else value

        attributes = {name: without(value) for name, value in identity.attributes.items()}
        return Identity(without(identity.physical_id), without(identity.ref), attributes)

    def value(self, value: Any) -> Any:
        """The value with each function applied; what cannot be known without a launch is free."""
        if isinstance(value, list):
            return [each for item in value if (each := self.value(item)) is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        function = function_of(value)
        if function is None:
            pairs = ((key, self.value(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not NO_VALUE}
        name, argument = function
        if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
            return self.value(argument[1 + self.choices.way(id(argument), str(argument[0]), 2)])
        try:
            return resolve({name: self.value(argument)}, self._scope)
        except StackError:
            return self.free()


class _Parameters(Mapping[str, Any]):
    """The parameters' values, asked for when they are needed: which one is a decision, too."""

    def __init__(self, launch: _Launch) -> None:
        self._launch = launch

    def __getitem__(self, name: str) -> Any:
        return self._launch.parameter(self._launch.template.parameters[name])

    def __contains__(self, name: object) -> bool:
        return name in self._launch.template.parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._launch.template.parameters)

    def __len__(self) -> int:
        return len(self._launch.template.parameters)


class _Properties(Mapping[str, Any]):
    """The properties of another resource, each computed when its identity asks for it."""

    def __init__(self, launch: _Launch, resource: Resource) -> None:
        self._launch = launch
        self._resource = resource

    def __getitem__(self, name: str) -> Any:
        value = self._launch.value(self._resource.properties[name])
        if value is NO_VALUE:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._resource.properties if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True
