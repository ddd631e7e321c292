"""Reading template bodies."""

from __future__ import annotations

import json

import pytest

from harness.cfn.body import read_body
from harness.cfn.model import StackError


def _refusal(body: str) -> str:
    with pytest.raises(StackError) as caught:
        read_body(body)
    return caught.value.message


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub 'x ${A}'", {"Fn::Sub": "x ${A}"}),
        ("!Join [',', [!Ref A, b]]", {"Fn::Join": [",", [{"Ref": "A"}, "b"]]}),
        ("!If [C, 1, !Ref 'AWS::NoValue']", {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}),
        ("!Condition C", {"Condition": "C"}),
        ("!FindInMap [M, a, b]", {"Fn::FindInMap": ["M", "a", "b"]}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
    ],
)
def test_short_intrinsics_mean_the_long_ones(short: str, long: object) -> None:
    assert read_body(f"A: {short}\n") == {"A": long}


def test_dates_stay_the_text_that_they_are() -> None:
    assert read_body("V: 2012-10-17\n") == {"V": "2012-10-17"}


def test_keys_that_look_like_numbers_are_text() -> None:
    assert read_body("M:\n  111111111111: {a: 1}\n  true: 2\n") == {"M": {"111111111111": {"a": 1}, "true": 2}}


def test_json_is_read_as_json() -> None:
    assert read_body(json.dumps({"A": {"Ref": "B"}})) == {"A": {"Ref": "B"}}


def test_yaml_that_begins_with_a_brace_is_yaml() -> None:
    assert read_body("{A: !Ref B,\n C: 1}\n") == {"A": {"Ref": "B"}, "C": 1}


def test_a_yaml_syntax_error_gives_line_and_column() -> None:
    assert _refusal("A: [1\nB: 2\n") == "Template format error: YAML not well-formed. (line 2, column 2)"


def test_a_json_syntax_error_gives_line_and_column() -> None:
    assert _refusal('{"A": }') == "Template format error: JSON not well-formed. (line 1, column 7)"


def test_a_duplicate_yaml_key_is_refused_with_its_place() -> None:
    assert _refusal("A:\n  B: 1\n  B: 2\n") == "Template format error: duplicate key B (line 3, column 3)"


def test_a_duplicate_json_key_is_refused() -> None:
    assert _refusal('{"A": 1, "A": 2}') == "Template format error: duplicate key A"


def test_aliases_are_refused() -> None:
    message = "Template format error: YAML aliases are not allowed in CloudFormation templates"
    assert _refusal("A: &x {B: 1}\nC: *x\n") == message


def test_an_unknown_tag_is_refused_by_name() -> None:
    assert _refusal("A: !Nope x\n") == "Template error: YAML tag !Nope is not an intrinsic function"


@pytest.mark.parametrize("body", ["", "just text", "- a\n- b\n"])
def test_what_is_no_mapping_is_refused(body: str) -> None:
    assert _refusal(body) == "Template format error: unsupported structure."


def test_a_template_over_one_megabyte_is_refused() -> None:
    assert _refusal("A: " + "x" * 1024 * 1024) == "Template may not exceed 1048576 bytes in size."


@pytest.mark.parametrize("body", ['{"a":' * 50_000, "A: " + "[" * 50_000, "- " * 50_000 + "x"])
def test_a_template_that_is_nested_too_deeply_is_refused(body: str) -> None:
    assert _refusal(body) == "Template format error: the template is nested too deeply."
