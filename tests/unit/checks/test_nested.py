"""Templates that a product's code deploys are checked like the product, and say themselves how they are launched."""

from __future__ import annotations

from tests.support.checks import SOURCE, Scribe, run, whole_repository
from tests.support.repository import TinyRepository

NESTED = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: inside
Metadata:
  Platform:
    Examples:
      one: { Name: a, Size: 1 }
      two: { Size: 2 }
Parameters: { Name: { Type: String }, Size: { Type: Number } }
Resources: { Topic: { Type: AWS::SNS::Topic } }
"""


def whole(tiny: TinyRepository, text: str) -> TinyRepository:
    whole_repository(tiny)
    tiny.write("products/demo/src/stacks/topic.yaml", text)
    tiny.replace(SOURCE, 'asset("src/code.py")', 'asset("src")')
    return tiny


def test_it_is_linted_and_launched_with_each_of_its_examples(tiny: TinyRepository) -> None:
    scribe = Scribe()
    run(whole(tiny, NESTED), scribe, "demo")
    assert "lint inside" in scribe.asked
    assert {"launch demo-topic-one in eu-west-1", "launch demo-topic-two in eu-west-1"} <= set(scribe.asked)


def test_what_is_found_in_it_is_told_in_its_own_file(tiny: TinyRepository) -> None:
    scribe = Scribe()
    scribe.lint = [[9, "E9020", "lacks a policy", "state it"], [8, "E9003", "stands in no group", "group it"]]
    scribe.findings["demo-topic-two"] = [["", 9, "E9381", "is not encrypted", "encrypt it"]]
    findings = [str(each) for each in run(whole(tiny, NESTED), scribe, "demo").findings]
    inside = [each for each in findings if each.startswith("products/demo/src/stacks/topic.yaml")]
    assert inside == [
        "products/demo/src/stacks/topic.yaml:9: is not encrypted [E9381]\n  → encrypt it",
        "products/demo/src/stacks/topic.yaml:9: lacks a policy [E9020]\n  → state it",
    ]


def test_a_template_without_examples_is_told(tiny: TinyRepository) -> None:
    findings = run(whole(tiny, NESTED.replace("Examples", "Example")), Scribe(), "demo").findings
    assert [(str(each.place), each.rule) for each in findings] == [("products/demo/src/stacks/topic.yaml:1", "E9073")]


def test_a_resource_that_no_example_makes_is_told_at_its_line(tiny: TinyRepository) -> None:
    scribe = Scribe()
    scribe.left_out = ["Other"]
    findings = run(whole_repository(tiny), scribe, "demo").findings
    assert [(each.place.path, each.rule, each.problem) for each in findings] == [
        (SOURCE, "E9072", "no example makes Other")
    ]
