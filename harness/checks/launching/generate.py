"""A product's launch role from its templates: every right that handlers take, as narrow as the calls are.

Pure: texts in, statements out. Every template that stacks may have is asked: the present one and each release.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.cfn.template import parse_template
from harness.checks.duties.stage import Stage, Thing
from harness.checks.launching.calls import Call, Surroundings, calls, calls_around, own_arn
from harness.checks.launching.imagined import WORLDS, Pair, World, alike, imagine, written
from harness.checks.launching.imaginings import Imagine
from harness.checks.launching.narrow import narrowings
from harness.checks.launching.statements import Condition, Right, Statement, Why, statements
from harness.iam import Kind, Policy, Principal, Request, reference

NOBODYS = "000000000000"  # stands for the account that launches, where that is none of the catalog's own
GIVEN_TO_ALL = "platform-launching"


@dataclass(frozen=True)
class Ground:
    """What stands there before a launch.

    `account`: the one that launches; `foundations`: unit → (account, template); `others`: templates of products that
    write into SSM what the product reads, in the order in which they are launched.
    """

    foundations: Mapping[str, tuple[str, str]]
    others: Mapping[str, str] = field(default_factory=dict)
    account: str = NOBODYS


def generate(templates: Mapping[str, str], ground: Ground, imagining: Imagine = imagine) -> tuple[Statement, ...]:
    """The statements, sorted by Sid. `templates`: each that a stack of the product may have, by name.

    Raises StackError where a text is no template.
    """
    pairs, around = _stand(templates, ground, imagining)
    given = _given_to_all(around[0])
    rights: dict[Right, Why] = {}
    own: dict[str, dict[str, None]] = defaultdict(dict)
    for one, other in pairs:
        own[_bare(alike(own_arn(one), own_arn(other)))][one.logical_id] = None
    both = [
        zip(*(calls(thing, there) for thing, there in zip(pair, around, strict=True)), strict=True) for pair in pairs
    ]
    both += [zip(*_lookups(text, ground.account), strict=True) for text in templates.values()]
    for one, other in itertools.chain.from_iterable(both):
        if not _is_given(one, given, ground.account):
            _take(rights, one, other, ground.account, own)
    return statements(rights)


def _stand(
    templates: Mapping[str, str], ground: Ground, imagining: Imagine
) -> tuple[list[Pair], tuple[Surroundings, Surroundings]]:
    """The things of the product, and all that they meet, in both worlds."""
    before = standing(ground, imagining)
    told = written(pair for pair in before if pair[0].account == ground.account)
    own = [pair for unit, text in templates.items() for pair in imagining(unit, text, ground.account, told)]
    one, other = (Surroundings(Stage(tuple(pair[world] for pair in [*before, *own]))) for world in (0, 1))
    return own, (one, other)


def standing(ground: Ground, imagining: Imagine = imagine) -> list[Pair]:
    """What stands there before a launch: all that a role follows from of the templates of others.

    Raises StackError where a text is no template.
    """
    found: list[Pair] = []
    contract: dict[str, tuple[tuple[str, str], ...]] = {}
    for unit, (account, text) in ground.foundations.items():
        made = imagining(unit, text, account, contract)
        found += made
        if account == ground.account:
            contract |= written(made)
    for unit, text in ground.others.items():
        found += imagining(unit, text, ground.account, contract)
    return found


def _lookups(text: str, account: str) -> tuple[Iterator[Call], Iterator[Call]]:
    """What is called for a stack as a whole, in both worlds."""
    parameters = [(each.type, str(each.default or "")) for each in parse_template(text).parameters.values()]

    def around(world: World) -> Iterator[Call]:
        arn = f"arn:aws:cloudformation:{world.region}:{account}:stack/SC-{account}-pp-{world.letters[:2]}/1"
        stack = Thing("", account, world.region, "", "the stack", "AWS::CloudFormation::Stack", arn, {}, {}, {})
        return calls_around(stack, parameters)

    return around(WORLDS[0]), around(WORLDS[1])


def _given_to_all(around: Surroundings) -> tuple[Policy, ...]:
    """What every launch role has, whatever the product."""
    return tuple(
        Policy.read(each.properties["PolicyDocument"], Kind.IDENTITY, GIVEN_TO_ALL)
        for each in around.stage.of("AWS::IAM::ManagedPolicy")
        if each.properties.get("ManagedPolicyName") == GIVEN_TO_ALL
    )


def _is_given(call: Call, given: Sequence[Policy], account: str) -> bool:
    role = Principal.session(f"arn:aws:iam::{account}:role/platform-launch")
    request = Request(role, call.action, call.resource, call.context)
    return any(each.allows and each.applies(request) for policy in given for each in policy.statements)


def _take(
    rights: dict[Right, Why], one: Call, other: Call, account: str, own: Mapping[str, Mapping[str, None]]
) -> None:
    """Adds what the call takes; nothing where a condition that must hold cannot be told.

    `own`: ARN → logical ids of what the product makes.
    """
    resource = alike(one.resource, other.resource)
    carried = {
        key: alike(value, theirs)
        for key, value in one.context.items()
        if isinstance(value, str) and isinstance(theirs := other.context.get(key), str)
    }
    held = narrowings(one.action, one.operation, resource, carried)
    if held is None:
        return
    conditions = tuple(
        sorted(
            Condition(_fitting(each.operator, value), each.key, (_written(value, account),), each.joins)
            for each, value in held
        )
    )
    right = Right(one.action, _written(resource, account), conditions, _kind(one), _bare(resource) in own)
    why = rights.setdefault(right, Why())
    why.types.setdefault(one.thing.type, None)
    if one.resource == own_arn(one.thing):
        why.owners.setdefault(one.thing.type, None)
    why.narrowings.update(dict.fromkeys(each for each, _ in held))
    why.things.update(own.get(_bare(resource)) or {one.thing.logical_id: None})


def _bare(arn: str) -> str:
    """A log group is asked for with and without what lies in it."""
    return arn.removesuffix(":*")


def _kind(call: Call) -> str:
    known = reference.known(call.action)
    found = [kind for kind in known.types if kind.is_one(call.resource)] if known else []
    return max(found, key=lambda each: (len(each.arn), each.name)).name if found else ""


def _fitting(operator: str, value: str) -> str:
    return "StringLike" if operator == "StringEquals" and "*" in value else operator


def _written(text: str, account: str) -> str:
    """As Fn::Sub writes it: for any account and partition."""
    return text.replace("arn:aws:", "arn:${AWS::Partition}:").replace(account, "${AWS::AccountId}")
