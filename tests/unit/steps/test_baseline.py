"""Statistics and constraints in Model Monitor's formats, and the sketch inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tabular import distance, statistics
from tests.unit.steps.cases import Workspace


def feature(content: Any, name: str) -> Any:
    return next(each for each in content["features"] if each["name"] == name)


def test_statistics_of_a_column_of_numbers(loans: Workspace) -> None:
    content = loans.read("baseline/statistics.json")
    assert content["version"] == 0.0
    assert content["dataset"] == {"item_count": 560}
    assert [each["name"] for each in content["features"]] == [
        "age",
        "income",
        "job",
        "home",
    ]  # no label, nothing ignored
    income = feature(content, "income")
    assert income["inferred_type"] == "Fractional"
    numbers = income["numerical_statistics"]
    assert set(numbers) == {"common", "mean", "sum", "std_dev", "min", "max", "distribution"}
    present, missing = numbers["common"]["num_present"], numbers["common"]["num_missing"]
    assert present + missing == 560
    assert missing > 30
    assert numbers["mean"] == pytest.approx(numbers["sum"] / present)
    buckets = numbers["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10
    assert sum(bucket["count"] for bucket in buckets) == present
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (numbers["min"], numbers["max"])
    sketch = numbers["distribution"]["kll"]["sketch"]
    assert sketch["parameters"] == {"c": 0.64, "k": 2048.0}
    assert len(sketch["data"][0]) == present


def test_statistics_of_a_column_of_categories(loans: Workspace) -> None:
    job = feature(loans.read("baseline/statistics.json"), "job")
    assert job["inferred_type"] == "String"
    counts = {
        bucket["value"]: bucket["count"]
        for bucket in job["string_statistics"]["distribution"]["categorical"]["buckets"]
    }
    assert list(counts) == ["clerk", "nurse", "pilot", "baker"]
    assert job["string_statistics"]["distinct_count"] == 4
    assert sum(counts.values()) == job["string_statistics"]["common"]["num_present"]


def test_constraints_say_what_the_schema_demands_and_what_the_data_suggests(loans: Workspace) -> None:
    content = loans.read("baseline/constraints.json")
    age, income = feature(content, "age"), feature(content, "income")
    assert age == {
        "name": "age",
        "inferred_type": "Integral",
        "completeness": 1.0,
        "num_constraints": {"is_non_negative": True},
    }
    assert 0.8 < income["completeness"] < 0.9  # a tenth is missing, and a margin
    assert feature(content, "home")["string_constraints"] == {"domains": ["own", "rent"]}
    assert feature(content, "job")["string_constraints"] == {"domains": ["baker", "clerk", "nurse", "pilot"]}
    assert content["monitoring_config"]["distribution_constraints"]["comparison_method"] == "Robust"
    assert content["platform"]["ranges"] == {"age": [18.0, 110.0], "income": [0.0, None]}
    assert content["platform"]["not_features"] == ["default", "customer"]
    assert set(content) == {"version", "features", "monitoring_config", "platform"}


def as_feature(numbers: list[float]) -> dict[str, Any]:
    column = statistics.Values("x", "Fractional", np.array(numbers), np.empty(0, dtype=object), 0)
    content: dict[str, Any] = statistics.statistics([column], len(numbers))["features"][0]
    return content


@given(some.lists(some.floats(-1e9, 1e9), min_size=1, max_size=200))
def test_a_small_column_is_its_own_sketch(numbers: list[float]) -> None:
    values, weights = statistics.sketched(as_feature(numbers))
    assert values.tolist() == sorted(numbers)
    assert set(weights.tolist()) == {1.0}


@pytest.mark.parametrize("rows", [2049, 5001, 100_003])
def test_a_sketch_keeps_every_rank_of_a_large_column(rows: int) -> None:
    numbers = np.random.default_rng(0).gamma(2.0, size=rows)
    values, weights = statistics.sketched(as_feature(numbers.tolist()))
    assert weights.sum() == rows
    assert len(values) <= 2 * statistics.SKETCH_SIZE
    assert distance.kolmogorov_smirnov(values, weights, numbers).value < 0.002
