"""What a human added to a launch role in product.yaml: as statements, and what is wrong with it.

The generator gives what templates tell; an addition says what they do not, and is bound by the same narrowing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.catalog.model import AddedRight
from harness.catalog.yamlfile import YamlFile
from harness.checks.launching.handlers import NEVER
from harness.checks.launching.narrow import NARROWINGS
from harness.checks.launching.policyfile import as_data, resolved
from harness.checks.launching.statements import Condition, Statement
from harness.errors import Finding
from harness.iam import Kind, Policy, UnreadablePolicyError, reference
from harness.iam.misleading import misleading
from harness.iam.wildcards import covers


def added(rights: Sequence[AddedRight]) -> tuple[Statement, ...]:
    """The additions as statements, in their order."""
    return tuple(
        Statement(
            each.sid,
            f"added in product.yaml: {each.reason}",
            tuple(sorted(each.actions)),
            tuple(sorted(each.resources)),
            _conditions(each.conditions),
        )
        for each in rights
    )


def _conditions(given: Mapping[str, Mapping[str, str | tuple[str, ...]]]) -> tuple[Condition, ...]:
    return tuple(
        sorted(
            Condition(operator, key, (value,) if isinstance(value, str) else tuple(value))
            for operator, lines in given.items()
            for key, value in lines.items()
        )
    )


def wrong(rights: Sequence[AddedRight], generated: Sequence[Statement], file: YamlFile) -> Iterator[Finding]:
    """What is wrong with additions. `file`: product.yaml."""
    taken = {each.sid for each in generated}
    for number, (right, statement) in enumerate(zip(rights, added(rights), strict=True)):
        at = ("launch_role", "adds", number)
        if right.sid in taken:
            yield Finding(file.place(*at, "sid"), f"a statement {right.sid} is there already", "choose another Sid")
        taken.add(right.sid)
        for place, action in enumerate(right.actions):
            for problem, remedy in _of_action(action, statement, generated):
                yield Finding(file.place(*at, "actions", place), problem, remedy)
        for problem in _misleading(statement):
            yield Finding(file.place(*at), problem, "correct it; it would grant something else than it says")


def _of_action(action: str, statement: Statement, generated: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    known = reference.known(action)
    if known is None:
        yield f"IAM knows no action {action}", "write it as the service authorization reference does"
        return
    if known.name in NEVER:
        yield f"no launch role may have {action}", "find a template that does without"
    narrowed = {(each.operator, each.key) for each in statement.conditions if "*" not in each.values}
    for each in NARROWINGS:
        if (
            (each.must or each.value)
            and (each.operator, each.key) not in narrowed
            and any(each.holds(known.name, "create", on) for on in statement.resources)
        ):
            yield f"{action} is given only with a condition {each.operator} on {each.key}", f"add it: {each.reason}"
    if known.types and "*" in statement.resources and not statement.conditions:
        yield f"{action} on every resource", "name the resource, or state a condition"
    if all(_gives(generated, known.name, resource, statement.conditions) for resource in statement.resources):
        yield f"the templates give {action} already", "remove it here; what handlers take is generated"


def _gives(generated: Sequence[Statement], action: str, resource: str, conditions: Sequence[Condition]) -> bool:
    return any(
        action in each.actions
        and set(each.conditions) <= set(conditions)
        and any(covers(pattern, resource) for pattern in each.resources)
        for each in generated
    )


def _misleading(statement: Statement) -> Iterator[str]:
    """What IAM's reference says against it, unknown actions left aside."""
    document = {"Version": "2012-10-17", "Statement": [resolved(as_data(statement))]}
    try:
        Policy.read(document, Kind.IDENTITY, "product.yaml")
    except UnreadablePolicyError as error:
        yield str(error)
        return
    unknown = tuple(each for each in statement.actions if reference.known(each) is None)
    yield from (each.problem for each in misleading(document) if not each.problem.endswith(unknown))
