"""The statements of a launch role divided among its policies: in their order, whole, and within what IAM takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.launchpolicy import INLINE, MANAGED, characters, first, fits, policies

ALONE = characters([{"Sid": "A", "Action": ""}])


def statement(size: int, sid: str = "A") -> dict[str, Any]:
    """One that makes a policy of so many characters."""
    return {"Sid": sid, "Action": "x" * (size - ALONE)}


def written(*sizes: int) -> str:
    """A file of such statements, a comment of two lines at each."""
    each = [(chr(ord("A") + number), size) for number, size in enumerate(sizes)]
    lines = (f"# about {sid}\n# and why\n- Sid: {sid}\n  Action: {statement(size)['Action']}\n" for sid, size in each)
    return "# What the role may do.\n\n" + "".join(lines)


def test_characters_are_counted_without_white_space_and_with_an_account_in_its_place() -> None:
    given = {"Sid": "A", "Action": "a:B", "Resource": "arn:${AWS::Partition}:a::${AWS::AccountId}:x y"}
    policy = '{"Version":"2012-10-17","Statement":[{"Sid":"A","Action":"a:B","Resource":"arn:aws:a::000000000000:xy"}]}'
    assert characters([given]) == len(policy)


def test_what_fits_into_the_role_stays_one_text() -> None:
    text = written(INLINE)
    assert policies(text) == [text.rstrip("\n")]


def test_what_does_not_fit_goes_into_a_second_with_its_comments() -> None:
    inline, managed = policies(written(INLINE, 100, 200))
    assert inline.startswith("# What the role may do.\n\n# about A\n# and why\n- Sid: A\n")
    assert "about B" not in inline
    assert managed.startswith("# about B\n# and why\n- Sid: B\n")
    assert [each["Sid"] for each in yaml.safe_load(managed)] == ["B", "C"]


def test_a_text_is_counted_without_what_the_renderer_notes_in_it_and_keeps_it() -> None:
    text = written(INLINE, 100)
    noted = "".join(f"@{line}\n" for line in text.splitlines())
    (*_, managed) = policies(noted, lambda told: told.replace("@", ""))
    assert managed.startswith("@# about B\n@# and why\n@- Sid: B\n")
    assert len(policies(noted, lambda told: told.replace("@", ""))) == 2


@pytest.mark.parametrize("text", ["", "a: 1", "- [", "just words", "[" * 3000])
def test_what_is_no_list_of_statements_stays_together(text: str) -> None:
    assert policies(text) == [text]


@pytest.mark.parametrize(
    ("sizes", "held"),
    [
        ([], True),
        ([INLINE], True),
        ([INLINE + 1], False),
        ([INLINE, MANAGED], True),
        ([INLINE, MANAGED + 1], False),
        ([100, INLINE], False),  # the order stays, so the second one would have to be in the managed policy
    ],
)
def test_two_policies_hold_what_iam_takes_and_no_more(sizes: list[int], held: bool) -> None:
    assert fits([statement(each) for each in sizes]) is held


@given(st.lists(st.integers(min_value=100, max_value=MANAGED), max_size=9))
def test_the_inline_policy_holds_as_many_as_it_can(sizes: list[int]) -> None:
    found = [statement(each) for each in sizes]
    held = first(found)
    assert characters(found[:held]) <= INLINE
    assert held == len(found) or characters(found[: held + 1]) > INLINE
