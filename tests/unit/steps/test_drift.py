"""The drift check: shifted data is found, unchanged data is not accused, and the files are the monitor's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tabular import baseline, drift, statistics, table
from tabular.drift import Drift
from tabular.reference import Reference, read_reference
from tabular.schema import parse_schema
from tabular.text import text_table
from tests.unit.steps.cases import CANCER, LOANS_SCHEMA, Workspace, done, loans_table, steps, write_json

SCHEMA = parse_schema(LOANS_SCHEMA, "schema.json")
Change = Callable[[pd.DataFrame], pd.DataFrame]


def reference_of(frame: pd.DataFrame) -> Reference:
    typed = table.typed(text_table("baseline.csv", frame.astype(object)), SCHEMA, with_label=False)
    columns = baseline.feature_values(typed, SCHEMA)
    files = statistics.statistics(columns, len(frame)), baseline.constraints(columns, SCHEMA)
    return read_reference(*json.loads(json.dumps(files)))


REFERENCE = reference_of(loans_table(1000))


def checked(frame: pd.DataFrame, **limits: float | None) -> Drift:
    return drift.check([text_table("new.csv", frame.astype(object))], REFERENCE, REFERENCE.thresholds(limits))


def found(frame: pd.DataFrame, **limits: float | None) -> list[tuple[str, str]]:
    return [(each.feature_name, each.constraint_check_type) for each in checked(frame, **limits).violations]


def test_unchanged_data_is_not_accused_whatever_its_size() -> None:
    """One check in a hundred may cry wolf; of these fifty none does."""
    accused = [
        (rows, seed)
        for rows in (1, 12, 30, 100, 800)
        for seed in range(1, 11)
        if checked(loans_table(rows, seed)).violations
    ]
    assert accused == []


def test_small_samples_would_be_accused_without_regard_to_chance() -> None:
    """What protects them is the significance: by the size of the effect alone most would fail."""
    careless = [found(loans_table(30, seed), significance=1e6) for seed in range(1, 11)]
    assert sum(bool(violations) for violations in careless) > 5


@pytest.mark.parametrize("rows", [60, 3000])
def test_shifted_numbers_are_found(rows: int) -> None:
    frame = loans_table(rows, seed=5)
    frame["age"] = (frame["age"] + 25).clip(upper=110)
    assert found(frame) == [("age", "baseline_drift_check")]
    description = checked(frame).violations[0].description
    assert description.startswith("Kolmogorov-Smirnov distance 0.")
    assert "Population stability index" in description


def test_a_difference_too_small_to_matter_is_no_drift_however_certain() -> None:
    reference, frame = reference_of(loans_table(20000)), loans_table(20000, seed=5)
    raw = text_table("new.csv", frame.assign(age=frame["age"] + 2).astype(object))
    result = drift.check([raw], reference, reference.thresholds({}))
    assert result.violations == ()
    assert result.to_json()["columns"]["age"]["ks_p_value"] < 1e-6
    strict = drift.check([raw], reference, reference.thresholds({"ks": 0.02}))
    assert [each.feature_name for each in strict.violations] == ["age"]


def test_a_changed_mix_of_categories_is_found() -> None:
    frame = loans_table(200, seed=5)
    frame.loc[:120, "job"] = "baker"
    assert found(frame) == [("job", "baseline_drift_check")]


def test_unknown_categories_are_found() -> None:
    frame = loans_table(400, seed=5)
    frame.loc[:15, "home"] = "castle"
    result = checked(frame)
    assert [each.constraint_check_type for each in result.violations] == ["categorical_values_check"]
    assert result.violations[0].description == "16 of 400 values are of no known category."


def test_a_single_unknown_category_is_an_accident() -> None:
    frame = loans_table(400, seed=5)
    frame.loc[0, "home"] = "castle"
    assert found(frame) == []


def test_more_missing_values_are_found() -> None:
    frame = loans_table(300, seed=5)
    frame.loc[:120, "income"] = ""
    result = checked(frame)
    assert ("income", "completeness_check") in [
        (each.feature_name, each.constraint_check_type) for each in result.violations
    ]
    assert next(column for column in result.columns if column.name == "income").missing_rate > 0.4


def test_one_gap_in_a_required_column_is_a_violation() -> None:
    frame = loans_table(300, seed=5).astype({"age": object})
    frame.loc[7, "age"] = ""
    assert found(frame) == [("age", "completeness_check")]


def test_one_number_out_of_its_declared_range_is_a_violation() -> None:
    frame = loans_table(300, seed=5)
    frame.loc[7, "age"] = 130
    result = checked(frame)
    assert [each.constraint_check_type for each in result.violations] == ["range_check"]
    assert result.violations[0].description == "1 of 300 values are not within 18 to 110."


def test_text_in_a_column_of_numbers_is_found() -> None:
    frame = loans_table(300, seed=5).astype({"income": object})
    frame.loc[:30, "income"] = "EUR"
    assert ("income", "data_type_check") in found(frame)


def test_fractions_in_a_column_of_whole_numbers_are_found() -> None:
    frame = loans_table(300, seed=5).astype({"age": float})
    frame.loc[:30, "age"] += 0.5
    assert ("age", "data_type_check") in found(frame)


def test_a_column_that_is_missing_and_one_that_is_new() -> None:
    frame = loans_table(300, seed=5).drop(columns="job").assign(colour="red")
    assert found(frame) == [("job", "missing_column_check"), ("colour", "extra_column_check")]


def test_label_and_ignored_columns_play_no_part() -> None:
    frame = loans_table(300, seed=5)
    assert found(frame.drop(columns=["default", "customer"])) == []
    assert found(frame.assign(default="yes", customer="x")) == []


def test_too_few_values_are_not_judged_and_the_file_says_so() -> None:
    frame = loans_table(29, seed=5)
    frame["age"] += 30
    columns = checked(frame).to_json()["columns"]
    assert columns["age"]["psi"] is columns["age"]["ks"] is None
    assert found(frame, minimum_rows=20) == [("age", "baseline_drift_check")]


def test_a_constant_column_that_takes_another_value_is_found() -> None:
    base = loans_table(400)
    base["income"] = 100
    new = loans_table(100, seed=5).assign(income=200)
    result = drift.check(
        [text_table("new.csv", new.astype(object))], reference_of(base), reference_of(base).thresholds({})
    )
    assert [(each.feature_name, each.constraint_check_type) for each in result.violations] == [
        ("income", "baseline_drift_check")
    ]


def test_constraints_that_are_disabled_are_not_enforced() -> None:
    config: dict[str, Any] = {**REFERENCE.config, "evaluate_constraints": "Disabled"}
    lenient = Reference(REFERENCE.features, REFERENCE.demands, config, REFERENCE.platform)
    frame = loans_table(300, seed=5).drop(columns="job").assign(age=100)
    assert drift.check([text_table("new.csv", frame.astype(object))], lenient, lenient.thresholds({})).violations == ()


def test_thresholds_come_from_the_constraints_and_then_from_the_command() -> None:
    config = {**REFERENCE.config, "distribution_constraints": {"comparison_threshold": 0.3}}
    reference = Reference(REFERENCE.features, REFERENCE.demands, config, {})
    assert reference.thresholds({}).ks == 0.3
    assert reference.thresholds({"ks": 0.4, "psi": None}).ks == 0.4
    assert reference.thresholds({}).psi == 0.2


def test_the_files_of_the_check(cancer: Workspace, tmp_path: Path) -> None:
    frame = pd.read_csv(CANCER).drop(columns="malignant").sample(200, random_state=1)
    frame["mean texture"] *= 2
    frame.drop(columns="mean symmetry").to_csv(tmp_path / "new.csv", index=False)
    out = done(
        "check-drift",
        data=tmp_path / "new.csv",
        statistics=cancer.baseline / "statistics.json",
        constraints=cancer.baseline / "constraints.json",
        output=tmp_path / "out",
    )
    content = {path.name: json.loads(path.read_text()) for path in (tmp_path / "out").glob("*.json")}
    assert set(content) == {"statistics.json", "constraint_violations.json", "drift.json"}
    violations = content["constraint_violations.json"]["violations"]
    assert [(each["feature_name"], each["constraint_check_type"]) for each in violations] == [
        ("mean symmetry", "missing_column_check"),
        ("mean texture", "baseline_drift_check"),
    ]
    assert all(set(each) == {"feature_name", "constraint_check_type", "description"} for each in violations)
    summary = "Drift: 2 violations in 200 rows, columns mean symmetry, mean texture."
    assert (content["drift.json"]["violations"], content["drift.json"]["rows"]) == (2, 200)
    assert content["drift.json"]["summary"] == summary == out.strip()
    assert content["drift.json"]["columns"]["mean texture"]["violations"] == ["baseline_drift_check"]
    assert content["statistics.json"]["dataset"]["item_count"] == 200
    page = (tmp_path / "out" / "report.html").read_text()
    assert summary in page
    assert "mean texture" in page
    assert "<script" not in page


def captured(body: str, kind: str, encoding: str) -> str:
    """One line of an endpoint's data capture."""
    data = base64.b64encode(body.encode()).decode() if encoding == "BASE64" else body
    event = {
        "captureData": {
            "endpointInput": {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding},
            "endpointOutput": {"observedContentType": kind, "mode": "OUTPUT", "data": "…", "encoding": encoding},
        },
        "eventMetadata": {"eventId": "1", "inferenceTime": "2026-11-21T00:00:00Z"},
        "eventVersion": "0",
    }
    return json.dumps(event)


def test_captured_requests_of_every_content_type_are_read(tmp_path: Path) -> None:
    rows = loans_table(8)[["age", "income", "job", "home"]]
    records = [json.dumps(record) for record in rows.to_dict("records")]
    lines = [
        captured("\n".join(records[:2]), "application/jsonlines", "BASE64"),
        captured(records[2], "application/json", "JSON"),
        captured(f'{{"instances": [{records[3]}]}}', "application/json; charset=utf-8", "JSON"),
        captured(rows[4:6].to_csv(index=False), "text/csv", "CSV"),
        captured(rows[6:8].to_csv(index=False, header=False), "text/csv", "CSV"),
        captured("neither nor", "application/json", "JSON"),
        json.dumps({"captureData": {"endpointOutput": {"data": "1"}}}),
    ]
    (tmp_path / "capture" / "2026" / "11").mkdir(parents=True)
    (tmp_path / "capture" / "2026" / "11" / "a.jsonl").write_text("\n".join(lines) + "\n")
    baseline_files = {"statistics": tmp_path / "statistics.json", "constraints": tmp_path / "constraints.json"}
    write_json(baseline_files["statistics"], {"features": list(REFERENCE.features.values())})
    write_json(
        baseline_files["constraints"], {"features": list(REFERENCE.demands.values()), "platform": REFERENCE.platform}
    )
    done("check-drift", data=tmp_path / "capture", output=tmp_path / "out", **baseline_files)
    content = json.loads((tmp_path / "out" / "drift.json").read_text())
    assert (content["rows"], content["unreadable_requests"], content["violations"]) == (8, 1, 0)
    ages = json.loads((tmp_path / "out" / "statistics.json").read_text())["features"][0]["numerical_statistics"]
    assert ages["sum"] == float(rows["age"].sum())


def test_no_row_at_all_is_not_called_free_of_drift(cancer: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"captureData": {"endpointOutput": {"data": "1"}}}) + "\n")
    result = steps(
        "check-drift",
        data=tmp_path / "a.jsonl",
        statistics=cancer.baseline / "statistics.json",
        constraints=cancer.baseline / "constraints.json",
        output=tmp_path / "out",
    )
    wanted = "a.jsonl: there is no row to compare with the baseline (0 rows).\n"
    assert (result.code, result.error) == (1, wanted)


def test_a_baseline_that_is_none_is_told(cancer: Workspace, tmp_path: Path) -> None:
    result = steps(
        "check-drift",
        data=CANCER,
        statistics=write_json(tmp_path / "statistics.json", {"x": 1}),
        constraints=cancer.baseline / "constraints.json",
        output=tmp_path / "out",
    )
    wanted = "baseline: statistics.json or constraints.json is not in the monitor's format.\n"
    assert (result.code, result.error) == (1, wanted)


def test_the_check_reads_a_baseline_that_the_monitor_itself_wrote() -> None:
    """Without our key "platform", without a sketch, with an inferred type that is unknown."""
    kll = {
        "buckets": [
            {"lower_bound": float(low), "upper_bound": float(low + 10), "count": 100.0} for low in range(0, 100, 10)
        ]
    }
    statistics_file = {
        "version": 0.0,
        "features": [
            {
                "name": "age",
                "inferred_type": "Fractional",
                "numerical_statistics": {
                    "common": {"num_present": 1000, "num_missing": 0},
                    "distribution": {"kll": kll},
                },
            },
            {"name": "note", "inferred_type": "Unknown"},
        ],
    }
    constraints_file = {
        "features": [
            {
                "name": "age",
                "inferred_type": "Fractional",
                "completeness": 1.0,
                "num_constraints": {"is_non_negative": True},
            },
            {"name": "note", "inferred_type": "Unknown", "completeness": 0.0},
        ],
        "monitoring_config": {"distribution_constraints": {"comparison_threshold": 0.1}},
    }
    reference = read_reference(statistics_file, constraints_file)
    random = np.random.default_rng(0)

    def check(values: np.ndarray[Any, Any]) -> list[str]:
        raw = text_table("new.csv", pd.DataFrame({"age": values, "note": ""}, dtype=object))
        result = drift.check([raw], reference, reference.thresholds({}))
        return [each.constraint_check_type for each in result.violations]

    assert check(random.uniform(0, 100, 500)) == []
    assert check(random.uniform(0, 50, 500)) == ["baseline_drift_check"]
    assert check(random.uniform(-1, 100, 500)) == ["range_check"]
