"""What was found in resolved values is told with the line on which it is written."""

from __future__ import annotations

from harness.checks.lines import Lines, line_in_json

TEMPLATE = """\
Resources:
  Queue:
    Properties:
      Tags:
        - !If [IsFirst, { Key: a }, !Ref AWS::NoValue]
        - Fn::If: [IsFirst, { Key: b }, { Ref: AWS::NoValue }]
        - Key: c
      Policy: !If
        - IsFirst
        - Effect: Allow
        - Effect: Deny
      Body: !Sub
        - |
          {
            "a": {
              "b": [ ${Number},
                "d" ]
            }
          }
        - { Number: 1 }
      Folded: >-
        {"a":
        1}
"""
PATH = ("Resources", "Queue", "Properties")


def test_a_path_leads_through_the_branch_that_is_taken() -> None:
    assert Lines(TEMPLATE, {"IsFirst": True}).line((*PATH, "Policy", "Effect")) == 10
    assert Lines(TEMPLATE, {"IsFirst": False}).line((*PATH, "Policy", "Effect")) == 11


def test_items_that_a_condition_leaves_out_are_not_counted() -> None:
    assert Lines(TEMPLATE, {"IsFirst": True}).line((*PATH, "Tags", 2)) == 7
    assert Lines(TEMPLATE, {"IsFirst": False}).line((*PATH, "Tags", 0)) == 7


def test_what_is_not_written_is_told_at_the_nearest_above_it() -> None:
    assert Lines(TEMPLATE, {}).line((*PATH, "Gone", "Far")) == 3
    assert Lines(TEMPLATE, {}).line(("Resources", "Gone")) == 1


def test_a_path_leads_into_a_json_text_in_a_block() -> None:
    lines = Lines(TEMPLATE, {})
    assert lines.line((*PATH, "Body"), ("a", "b", 1)) == 17
    assert lines.line((*PATH, "Body"), ("a", "gone")) == 15


def test_a_text_whose_lines_are_folded_is_told_as_a_whole() -> None:
    assert Lines(TEMPLATE, {}).line((*PATH, "Folded"), ("a",)) == 21


def test_a_text_that_is_no_json_begins_at_its_first_line() -> None:
    assert line_in_json("{", ("a",)) == 0
