"""Whether one pattern allows everything that another one did."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cfn.patterns import UndecidedError, refused


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("[a-z]+", "[a-z0-9]+"),
        ("[a-z]+", ".*"),
        ("^[a-z]+$", "[a-z]+"),
        ("^$|^s3://.+$", "|s3://.+"),
        ("[a-z]{2,5}", "[a-z]{1,6}"),
        ("(ab)*", "(?:ab|c)*"),
        (r"\d{12}", r"\w+"),
        (r"a|b|c", "[abc]"),
        (r"[^/]+", r"[^/]*"),
        (r"a{3}", "aaa"),
        (r"^[a-z][a-z0-9-]{1,27}$", r"^[a-z][a-z0-9-]{1,40}$"),
    ],
)
def test_a_pattern_that_allows_all_that_the_older_did_refuses_nothing(older: str, newer: str) -> None:
    assert refused(newer, older) is None


@pytest.mark.parametrize(
    ("older", "newer", "value"),
    [
        ("[a-z]+", "[a-y]+", "z"),
        ("[a-z]*", "[a-z]+", ""),
        ("[a-z]{1,3}", "[a-z]{1,2}", "aaa"),
        (".*", "[^ ]*", " "),
        (r"\w+", r"\d+", "A"),
        ("a|b", "a", "b"),
        ("^$|x", "x", ""),
    ],
)
def test_the_shortest_value_that_is_refused_now_is_found(older: str, newer: str, value: str) -> None:
    assert refused(newer, older) == value


@pytest.mark.parametrize(
    "pattern", ["(?!x)a", "(?<=x)a", r"(a)\1", "a^b", "a$b", "(?i)a", "(", "[a-z]{0,9999}", r"\bword"]
)
def test_what_cannot_be_told_is_left_undecided(pattern: str) -> None:
    with pytest.raises(UndecidedError):
        refused("a", pattern)
    with pytest.raises(UndecidedError):
        refused(pattern, "a")


def test_patterns_that_would_take_too_long_are_left_undecided() -> None:
    with pytest.raises(UndecidedError, match="too many steps"):
        refused("(a|b)*a(a|b){20}", "(a|b)*b?a(a|b){20}")


PIECES = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", r"\d", "."]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda each: f"(?:{'|'.join(each)})"),
    ),
    max_leaves=6,
)


@given(older=PIECES, newer=PIECES, value=st.text("ab1-", max_size=6))
def test_the_answer_agrees_with_python_on_every_value(older: str, newer: str, value: str) -> None:
    found = refused(newer, older)
    if found is None:
        assert not re.fullmatch(older, value) or re.fullmatch(newer, value)
    else:
        assert re.fullmatch(older, found) and not re.fullmatch(newer, found)
