"""What a check asks when one product changes: that product's own questions, the proof over all, and nothing else's."""

from __future__ import annotations

import functools
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

import pytest

from harness.cfn.provider import SchemaProvider
from harness.checks.answers import Answers
from harness.checks.check import check
from harness.checks.duties.job import DutiesJob
from harness.checks.jobs import LintJob, RehearsalJob
from harness.checks.launching.job import LaunchingJob
from harness.checks.report import Report
from harness.checks.updatejobs import UpdateJob
from harness.checks.work import Work
from tests.support.checks import whole_repository
from tests.support.repository import PRODUCT, TEMPLATE, TinyRepository

pytestmark = pytest.mark.unmeasured

OTHERS = ("other", "third")


class Working:
    """Workers that do the work, here, and count what they are asked by kind and subject."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()

    def run(self, waiting: deque[Any]) -> Iterator[tuple[Any, Any]]:
        while waiting:
            job = waiting.popleft()
            self.asked[_kind(job)] += 1
            yield job, work()(job)


@functools.cache
def work() -> Work:
    """Rules are costly to load."""
    return Work(SchemaProvider)


def _kind(job: Any) -> tuple[str, str]:
    if isinstance(job, LintJob):
        said = next(line for line in job.text.splitlines() if line.startswith("Description: "))
        return "lint", said.removeprefix("Description: ").partition(" ")[0].lower()
    if isinstance(job, RehearsalJob):
        return "rehearsal", job.launch.stack.removeprefix("rehearsal-")
    if isinstance(job, LaunchingJob):
        return "launch role", job.product
    assert isinstance(job, DutiesJob | UpdateJob)
    return ("duties", "") if isinstance(job, DutiesJob) else ("update", job.example)


@pytest.fixture
def three(tiny: TinyRepository) -> TinyRepository:
    """Three products that have nothing to do with each other."""
    whole_repository(tiny)
    for name in OTHERS:
        folder = f"products/{name}"
        tiny.write(f"{folder}/product.yaml", PRODUCT.replace("name: demo\n", f"name: {name}\n").replace("Demo", name))
        tiny.write(f"{folder}/template.yaml.j2", TEMPLATE)
        tiny.write(f"{folder}/examples/defaults.yaml", "description: As it comes.\n")
    return tiny


def checked(tiny: TinyRepository) -> tuple[Report, Counter[tuple[str, str]]]:
    """The report of a check of everything, and what was asked for it."""
    answers = Answers(tiny.root)
    workers = Working()
    return check(tiny.root, (), answers, answers.scan(), workers, lambda _line: None), workers.asked


def test_a_change_of_one_product_asks_about_it_alone_and_about_duties_once(three: TinyRepository) -> None:
    before, everything = checked(three)
    assert {name for kind, name in everything if kind == "launch role"} == {"demo", *OTHERS}
    three.replace("products/third/template.yaml.j2", "DisplayName: !Ref Name", 'DisplayName: !Sub "${Name} changed"')
    after, asked = checked(three)
    expected = {("lint", "third"), ("rehearsal", "third-defaults"), ("launch role", "third"), ("duties", "")}
    assert asked == Counter(dict.fromkeys(expected, 1))
    cold, _ = checked_from_cold(three)
    assert after.findings == cold.findings != ()
    assert [each.name for each in after.units] == [each.name for each in before.units]


def test_an_example_of_one_product_asks_nothing_about_the_others(three: TinyRepository) -> None:
    checked(three)
    three.write("products/third/examples/defaults.yaml", "description: As it comes.\nparameters: { Name: more }\n")
    _, asked = checked(three)
    assert asked == Counter({("rehearsal", "third-defaults"): 1, ("launch role", "third"): 1, ("duties", ""): 1})


def test_what_a_launch_writes_asks_those_again_that_read_it(three: TinyRepository) -> None:
    spoke = "templates/foundation/spoke.yaml.j2"
    said = "  Said:\n    Type: AWS::SSM::Parameter\n    Properties: { Name: /platform/a, Type: String, Value: one }\n"
    three.replace(spoke, "Metadata:", f"{said}Metadata:")
    cold, _ = checked(three)
    three.replace(spoke, "Value: one", "Value: two")
    warm, asked = checked(three)
    assert ("duties", "") in asked
    assert {name for kind, name in asked if kind == "launch role"} == {"demo", *OTHERS}, (
        "the foundation has their roles"
    )
    assert warm.findings == checked_from_cold(three)[0].findings != ()
    assert [each.name for each in warm.units] == [each.name for each in cold.units]


def checked_from_cold(tiny: TinyRepository) -> tuple[Report, Counter[tuple[str, str]]]:
    """The same with nothing remembered."""
    for path in sorted((tiny.root / ".build" / "check").rglob("*.json")):
        path.unlink()
    return checked(tiny)
