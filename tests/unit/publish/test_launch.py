"""What a launch, an update and a set of launches come down to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import KnownError, Place
from harness.publish.launch import (
    Offer,
    OfferedVersion,
    Parameter,
    Provisioned,
    SetPlan,
    Wanted,
    check_parameters,
    choose_version,
    plan_set,
    update_parameters,
)

OLD, NEW, GONE = (
    OfferedVersion("pa-1", "1.9.0", "DEFAULT"),
    OfferedVersion("pa-2", "1.10.0", "DEFAULT"),
    OfferedVersion("pa-3", "2.0.0", "DEPRECATED"),
)
OFFER = Offer("account 1", "profile", "prod-1", "lpv3-1", (OLD, NEW, GONE))
KNOWN = (Parameter("User", None), Parameter("Size", "small"))


def test_the_newest_version_is_the_one_of_the_highest_number_that_is_not_deprecated() -> None:
    assert choose_version(OFFER, None, new=True) == NEW


def test_a_deprecated_version_takes_updates_and_no_launch() -> None:
    assert choose_version(OFFER, "2.0.0", new=False) == GONE
    with pytest.raises(KnownError, match="deprecated"):
        choose_version(OFFER, "2.0.0", new=True)


def test_a_version_that_is_not_offered_is_told_with_those_that_are() -> None:
    with pytest.raises(KnownError, match=r"choose one of: 1\.9\.0, 1\.10\.0, 2\.0\.0"):
        choose_version(OFFER, "3.0.0", new=True)


def test_nothing_but_deprecated_versions_cannot_be_launched() -> None:
    with pytest.raises(KnownError, match="no version that may be launched"):
        choose_version(replace(OFFER, versions=(GONE,)), None, new=True)


def test_a_misspelt_parameter_is_told_with_the_right_one() -> None:
    with pytest.raises(KnownError, match="did you mean 'Size'"):
        check_parameters(Place("x"), {"User": "a", "Sise": "big"}, KNOWN, complete=True)


def test_a_parameter_without_value_and_default_is_demanded_for_a_launch_only() -> None:
    with pytest.raises(KnownError, match="parameter User has no value and no default"):
        check_parameters(Place("x"), {}, KNOWN, complete=True)
    check_parameters(Place("x"), {}, KNOWN, complete=False)


def test_an_update_keeps_what_it_is_not_told_and_lets_new_parameters_default() -> None:
    after = (*KNOWN, Parameter("New", "yes"))
    assert update_parameters({"Size": "big"}, ["User", "Size", "Dropped"], after) == (("User", None), ("Size", "big"))


def profile(name: str, size: str = "small", **changes: object) -> Provisioned:
    made = Provisioned(f"pp-{name}", name, "prod-1", "pa-2", "AVAILABLE", "team", (("User", name), ("Size", size)))
    return replace(made, **changes)  # type: ignore[arg-type]


def planned(wanted: list[Wanted], *there: Provisioned) -> SetPlan:
    return plan_set("team", wanted, there, OFFER, NEW, KNOWN)


def changes(plan: SetPlan) -> list[tuple[str, str, str]]:
    return [(each.change, each.name, each.reason) for each in plan.actions]


ADA, BEN = Wanted("ada", (("User", "ada"),)), Wanted("ben", (("User", "ben"), ("Size", "big")))


def test_new_names_are_launched_with_the_versions_defaults() -> None:
    plan = planned([ADA])
    assert changes(plan) == [("launch", "ada", "version 1.10.0")]
    assert plan.actions[0].parameters == (("Size", "small"), ("User", "ada"))


def test_names_that_are_as_they_should_be_are_kept() -> None:
    plan = planned([ADA, BEN], profile("ada"), profile("ben", "big"))
    assert [each[0] for each in changes(plan)] == ["keep", "keep"]
    assert plan.changes == ()


def test_only_the_changed_one_is_updated() -> None:
    plan = planned([ADA, BEN], profile("ada"), profile("ben", "small"))
    assert changes(plan) == [("keep", "ada", "up to date"), ("update", "ben", "Size")]


def test_a_line_taken_out_of_the_parameters_goes_back_to_the_default() -> None:
    plan = planned([ADA], profile("ada", "big"))
    assert plan.actions[0].parameters == (("Size", "small"), ("User", "ada"))


def test_an_older_version_is_updated() -> None:
    assert changes(planned([ADA], profile("ada", version_id="pa-1"))) == [("update", "ada", "to version 1.10.0")]


def test_a_change_that_failed_is_tried_again() -> None:
    (change,) = changes(planned([ADA], profile("ada", status="TAINTED")))
    assert change == ("update", "ada", "its last change ended as TAINTED")


def test_names_gone_from_the_file_are_terminated() -> None:
    plan = planned([ADA], profile("ada"), profile("ben"))
    assert plan.terminations == ("ben",)


def test_what_belongs_to_another_set_or_product_or_nobody_is_never_touched() -> None:
    others = (profile("zoe", set_name="other"), profile("tim", product_id="prod-9"), profile("bob", set_name=""))
    plan = planned([ADA], profile("ada"), *others)
    assert plan.changes == ()


def test_a_name_that_somebody_else_has_is_refused_and_left_alone() -> None:
    plan = planned([ADA], profile("ada", set_name="other"))
    assert plan.actions == ()
    assert [each.problem for each in plan.refused] == ["'ada' is a provisioned product of the set other"]


def test_a_value_that_the_version_does_not_allow_is_refused_before_anything_is_launched() -> None:
    known = (Parameter("Persona", None, ("developer", "approver")),)
    with pytest.raises(KnownError) as caught:
        check_parameters(Place("users.yaml", 3), {"Persona": "boss"}, known, complete=True)
    assert str(caught.value) == (
        "users.yaml:3: parameter Persona does not allow 'boss'\n  → choose one of: developer, approver"
    )
