"""How long the stack engine takes, and moto's own create_stack on templates that both accept, in one run.

    python benchmarks/stacks.py [--stacks 1000] [--rounds 5] [--json]

One process, everything imported before the clock starts. Each round of the comparison makes the same stacks with ours
and with moto's backend, one after the other; the table shows medians. Exit code 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from moto import mock_aws  # noqa: E402 - after the path
from moto.cloudformation.models import cloudformation_backends  # noqa: E402

from harness.catalog.model import parameter_text  # noqa: E402
from harness.cfn.model import StackRequest, Surroundings  # noqa: E402
from harness.cfn.provider import SchemaProvider  # noqa: E402
from harness.cfn.stack import create_stack  # noqa: E402
from tests.products import launched  # noqa: E402

ACCOUNT, REGION = "111111111111", "eu-west-1"
RESOURCES = 30
COMPARED = 20  # stacks in a round of the comparison
PRODUCT_LIMIT = 0.1  # seconds
MANY_LIMIT = 60.0  # seconds


@dataclass
class Case:
    """One row: seconds of ours and, where there is one, of moto; `seconds`: the target for ours."""

    name: str
    ours: list[float] = field(default_factory=list)
    moto: list[float] = field(default_factory=list)
    seconds: float | None = None

    @property
    def held(self) -> bool:
        """Whether the targets are met: the seconds, and not to be slower than moto."""
        mine = statistics.median(self.ours)
        return (self.seconds is None or mine <= self.seconds) and (
            not self.moto or mine <= statistics.median(self.moto)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cases = [*products(options.rounds), compared(options.rounds), many(options.stacks)]
    show(cases, options.rounds, as_json=options.json)
    return 0 if all(case.held for case in cases) else 1


def products(rounds: int) -> list[Case]:
    """Each product, its example of every option: a template that was never seen, with all types known."""
    cases = []
    for product in launched.repository().products:
        example = next(each for each in product.examples if each.name == "full")
        text = launched.text(product.name)
        launched.launch(product.name, example.spec.parameters)
        case = Case(f"create {product.name}", seconds=PRODUCT_LIMIT)
        for number in range(rounds):
            request = StackRequest(
                launched.STACK,
                f"{text}# {number}\n",
                {key: parameter_text(value) for key, value in example.spec.parameters.items()},
                capabilities=("CAPABILITY_NAMED_IAM",),
            )
            contract = {**launched.CONTRACT, "/platform/account/environment": product.trial_environment}
            around = Surroundings(launched.ACCOUNT, launched.REGION, ssm=contract)
            case.ours.append(clocked(partial(create, request, around)))
        cases.append(case)
        told(case.name)
    return cases


def compared(rounds: int) -> Case:
    """The same stacks by ours and by moto's backend, which makes resources of its own behind them."""
    case = Case(f"create {COMPARED} stacks of {RESOURCES} resources")
    for number in range(rounds):
        bodies = [template(f"r{number}s{index}") for index in range(COMPARED)]
        case.ours.append(clocked(partial(create_all, bodies)))
        with mock_aws():
            case.moto.append(clocked(partial(create_all_by_moto, bodies)))
        told(f"round {number + 1} of {rounds}")
    return case


def many(stacks: int) -> Case:
    """Very many stacks, each of its own template, all of them kept."""
    bodies = [template(f"m{index}") for index in range(stacks)]
    kept: list[object] = []
    taken = clocked(lambda: kept.extend(create_all(bodies)))
    return Case(f"create {stacks} stacks of {RESOURCES} resources", [taken], seconds=MANY_LIMIT * stacks / 1000)


def create(request: StackRequest, around: Surroundings) -> object:
    """One stack in the engine."""
    outcome = create_stack(request, around, SchemaProvider())
    if outcome.state.status != "CREATE_COMPLETE":
        raise SystemExit(f"{request.name} ended as {outcome.state.status}: {outcome.state.reason}")
    return outcome.state


def create_all(bodies: list[str]) -> list[object]:
    """One stack a template in the engine."""
    around = Surroundings(ACCOUNT, REGION)
    return [create(StackRequest(f"stack-{index}", body), around) for index, body in enumerate(bodies)]


def create_all_by_moto(bodies: list[str]) -> None:
    """The same in moto's backend."""
    backend = cloudformation_backends[ACCOUNT][REGION]
    for index, body in enumerate(bodies):
        made = backend.create_stack(name=f"stack-{index}", template=body, parameters={}, notification_arns=[], tags={})
        if made.status != "CREATE_COMPLETE":
            raise SystemExit(f"moto's stack-{index} ended as {made.status}")


def template(name: str) -> str:
    """A template of queues, topics and parameters that refer to one another."""
    resources: dict[str, object] = {}
    for number in range(RESOURCES // 3):
        queue, topic, note = f"Queue{number}", f"Topic{number}", f"Note{number}"
        resources[queue] = {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": f"{name}-{number}-${{AWS::Region}}"},
                "VisibilityTimeout": {"Fn::If": ["Slow", 60, 30]},
            },
        }
        resources[topic] = {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": f"{name}-{number}", "DisplayName": {"Fn::GetAtt": [queue, "QueueName"]}},
        }
        resources[note] = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": f"/{name}/{number}",
                "Type": "String",
                "Value": {"Fn::Join": [",", [{"Ref": topic}, {"Fn::GetAtt": [queue, "Arn"]}, {"Ref": "Speed"}]]},
            },
        }
    return json.dumps(
        {
            "Parameters": {"Speed": {"Type": "String", "Default": "slow", "AllowedValues": ["slow", "fast"]}},
            "Conditions": {"Slow": {"Fn::Equals": [{"Ref": "Speed"}, "slow"]}},
            "Resources": resources,
            "Outputs": {"First": {"Value": {"Fn::GetAtt": ["Queue0", "Arn"]}}},
        }
    )


def clocked(work: Callable[[], object]) -> float:
    """Seconds on the clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def told(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr)  # noqa: T201


def show(cases: list[Case], rounds: int, *, as_json: bool) -> None:
    """The table, or the same as JSON."""
    machine = (
        f"{os.cpu_count()} processors, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    rows = [(case, statistics.median(case.ours), statistics.median(case.moto) if case.moto else None) for case in cases]
    if as_json:
        data = [
            {
                "case": case.name,
                "ours": round(ours, 4),
                "moto": None if moto is None else round(moto, 4),
                "held": case.held,
            }
            for case, ours, moto in rows
        ]
        print(json.dumps({"format": 1, "machine": machine, "rounds": rounds, "cases": data}))  # noqa: T201
        return
    print(f"{rounds} rounds; {machine}\n")  # noqa: T201
    print(f"{'case':<42}{'ours':>10}{'moto':>10}{'ratio':>8}   target")  # noqa: T201
    for case, ours, moto in rows:
        other = "" if moto is None else f"{moto:.3f} s"
        ratio = "" if moto is None else f"{ours / moto:.2f}"
        target = f"≤ {case.seconds:g} s" if case.seconds else "ratio ≤ 1"
        print(f"{case.name:<42}{ours:>8.3f} s{other:>10}{ratio:>8}   {target} {'held' if case.held else 'missed'}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
