"""docs/personas.md: who may do what, and which statement says so. `python -m harness.checks.duties.personas` writes it.

Computed from the rendered policies; the questions stand in templates/foundation/personas/capabilities.yaml. It judges
nothing: whoever reads a change of the page does, and `proof.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.catalog import yamlfile
from harness.catalog.load import Repository, load_repository
from harness.catalog.render import foundations, render_foundation, render_product
from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import Landscape
from harness.checks.duties.problem import PERSONAS
from harness.checks.duties.proof import REGISTRAR
from harness.checks.duties.stage import set_up
from harness.iam import Clause, Policy, Values, reference
from harness.iam.possible import Question, denial, may

PAGE = "docs/personas.md"
QUESTIONS = "templates/foundation/personas/capabilities.yaml"
COMMAND = ".venv/bin/python -m harness.checks.duties.personas"

_INTRODUCTION = f"""\
# Who may do what

Written by `{COMMAND}` from the rendered policies of all foundations and
products; a test keeps it up to date. Do not edit it: the questions are in
`{QUESTIONS}`, the policies beside them.

*yes*: possible, under the conditions of the statement named. *never*: denied by the statement named, whatever else were
attached. *no*: nothing allows it. The personas are the same in every account of a team, here the first one's dev
account; the registrar lives in the registry's.

That nobody but an approver comes to a decision about a model, by any route, is proved by `build.py check` over all of
these policies together (`harness/checks/duties`): what a persona may assume, hand to a service, change, start, open,
launch or write, and what the roles reached so may in turn. Two things lie outside of it:

- **A person with two personas has the rights of both.** Give nobody an approver's permission set beside another's.
- **Automatic approval is the registrar's word given in advance**: a threshold in the product "Model registry", off by
  default. It believes metrics that the platform's own steps measured on all data of the group, and so trusts whoever
  writes to the training bucket's `data/` and `schema.json`. A version that was measured by a team's own code, or on
  data chosen at a start, waits for a person.

In Studio the execution role of the profile acts; what that may do is said by the product "Studio environment".
"""


@dataclass(frozen=True)
class Capability:
    """A question. `known`: condition keys of the request."""

    title: str
    actions: tuple[str, ...]
    resource: str
    known: Mapping[str, Values]


def page(repository: Repository) -> str:
    """The page."""
    texts = {f"foundation/{name}": render_foundation(repository, name).text for name in foundations(repository.catalog)}
    texts |= {each.name: render_product(repository, each.name).text for each in repository.products}
    landscape = Landscape(set_up(repository, texts))
    people = dict(_people(landscape))
    region = repository.catalog.home_region
    lines = [_INTRODUCTION]
    for title, capabilities in _questions(repository.root):
        lines += [f"## {title}", "", f"| | {' | '.join(people)} |", f"|---|{'---|' * len(people)}"]
        for each in capabilities:
            cells = " | ".join(_answer(landscape, who, each, region) for who in people.values())
            lines.append(f"| {each.title} | {cells} |")
        lines.append("")
    lines += [
        "## Everything that each may ever change",
        "",
        "Over all actions of all services that IAM's reference knows, all resources and all conditions; what only",
        "reads is left out. A statement gives its actions on the resources and under the conditions that it names.",
        "",
    ]
    for name, who in people.items():
        lines += [f"### {name}", "", *_changes(who), ""]
    return "\n".join(lines).rstrip() + "\n"


def write(root: Path) -> None:
    """Write the page under `root`."""
    (root / PAGE).write_text(page(load_repository(root)), encoding="utf-8")


def _people(landscape: Landscape) -> Iterator[tuple[str, Holder]]:
    places = [*((name, landscape.stage.spokes[0]) for name in PERSONAS), (REGISTRAR, landscape.stage.registry)]
    for name, account in places:
        holder = landscape.holders.get(f"arn:aws:iam::{account}:role/platform-{name}")
        assert holder is not None, f"no persona {name} in {account}"
        yield name, holder


def _questions(root: Path) -> Iterator[tuple[str, list[Capability]]]:
    data: Any = yamlfile.read(root, root / QUESTIONS).data
    for section in data["sections"]:
        yield (
            section["title"],
            [
                Capability(each["title"], tuple(each["actions"]), each["resource"], each.get("with", {}))
                for each in section["capabilities"]
            ],
        )


def _answer(landscape: Landscape, who: Holder, asked: Capability, region: str) -> str:
    stage = landscape.stage
    places = {"account": who.account, "registry": stage.registry, "hub": stage.hub, "region": region}
    resource = asked.resource
    for name, value in places.items():
        resource = resource.replace(f"{{{name}}}", value)
    owner, policy = _owner(landscape, resource, who)
    decided: list[Clause] = []
    for action in asked.actions:
        on = resource if _takes(action) else "*"
        answer = who.may(action, on, owner, asked.known, policy)
        if not answer:
            context = {**who.known, **asked.known}
            clause = denial(Question(who.principal, action, on, context, owner or who.account), who.policies, policy)
            return f"never: `{clause.sid}`" if clause is not None else "no"
        assert answer.statement is not None
        decided.append(answer.statement)
    return "yes: " + ", ".join(dict.fromkeys(f"`{each.sid}`" for each in decided))


def _owner(landscape: Landscape, resource: str, who: Holder) -> tuple[str, Policy | None]:
    """Whose a resource is, and its policy; shares of Service Catalog are no policies and count as one's own."""
    parts = [*resource.split(":", 5), *[""] * 6]
    service, account = parts[2], parts[4]
    if service == "s3":
        bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        return landscape.buckets.get(bucket, (who.account, None))
    if service != "sagemaker" or account == who.account:
        return "", None
    group = resource.split("/")[1]
    return account, next(
        (policy for owner, name, policy in landscape.groups if (owner, name) == (account, group)), None
    )


def _takes(action: str) -> bool:
    known = reference.known(action)
    assert known is not None, f"{QUESTIONS}: IAM knows no action {action}"
    return bool(known.types)


def _changes(who: Holder) -> list[str]:
    by_statement: dict[str, list[str]] = {}
    for action, answer in may(who.principal, who.policies, who.known).items():
        known = reference.known(action)
        if known is not None and not known.reads and answer.statement is not None:
            by_statement.setdefault(answer.statement.sid, []).append(action)
    return [f"- `{sid}`: {', '.join(sorted(actions))}" for sid, actions in sorted(by_statement.items())]


if __name__ == "__main__":
    write(Path.cwd())
