"""What the approver and the registry are shown: metrics, importance, groups, report."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tabular import bias, metrics, pages
from tabular.model import load_model
from tabular.schema import parse_schema
from tests.unit.steps.cases import LOANS_SCHEMA, Workspace, done, steps

LABELS = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
SCORES = np.array([0.9, 0.8, 0.3, 0.7, 0.4, 0.2, 0.2, 0.1])


@pytest.fixture(scope="module")
def evaluated(loans: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("evaluated")
    done("evaluate", model=loans.archive, test=loans.split / "test", output=root, groups="home, age,job")
    return Workspace(root, loans.raw, loans.schema)


def test_metrics_of_a_case_counted_by_hand() -> None:
    found = metrics.evaluate(LABELS, SCORES, is_binary=True)["binary_classification_metrics"]
    assert found["confusion_matrix"] == {"0": {"0": 4, "1": 1}, "1": {"0": 1, "1": 2}}
    wanted = {
        "accuracy": 6 / 8,
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 2 / 3,
        "false_positive_rate": 1 / 5,
        "true_negative_rate": 4 / 5,
        "auc": 13 / 15,
        "accuracy_best_constant_classifier": 5 / 8,
        "precision_best_constant_classifier": 3 / 8,
        "recall_best_constant_classifier": 1.0,
    }
    assert {name: found[name]["value"] for name in wanted} == pytest.approx(wanted)
    assert found["auc"]["standard_deviation"] == "NaN"  # fewer than 200 rows


def test_a_standard_deviation_is_given_from_200_rows_on() -> None:
    labels, scores = np.tile(LABELS, 25), np.tile(SCORES, 25)
    deviation = metrics.evaluate(labels, scores, is_binary=True)["binary_classification_metrics"]["auc"]
    assert 0 < deviation["standard_deviation"] < 0.1


def test_the_area_under_the_curve_is_that_of_the_models_own_predictions(evaluated: Workspace, loans: Workspace) -> None:
    raw = pd.read_csv(loans.split / "test" / "raw.csv", keep_default_na=False, na_values=[""])
    scores = load_model(loans.model).scores(raw)
    found = evaluated.read("metrics.json")
    assert found["dataset"]["item_count"] == len(raw)
    own = roc_auc_score(raw["default"] == "yes", scores)
    assert found["binary_classification_metrics"]["auc"]["value"] == pytest.approx(own)


def test_importance_is_by_raw_column_and_largest_first(evaluated: Workspace) -> None:
    label = evaluated.read("explainability.json")["explanations"]["kernel_shap"]["label0"]
    importance = label["global_shap_values"]
    assert set(importance) == {"age", "income", "job", "home"}
    assert list(importance.values()) == sorted(importance.values(), reverse=True)
    assert list(importance)[-1] == "home"  # the one column that plays no part in the data
    assert isinstance(label["expected_value"], float)


def test_groups_of_each_column_are_compared(evaluated: Workspace) -> None:
    found = evaluated.read("bias.json")
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        facets = found[section]["facets"]
        assert [group["value_or_threshold"] for group in facets["home"]] in (["own", "rent"], ["rent", "own"])
        assert len(facets["age"]) == 1  # a number with many values: those above the median
        assert re.fullmatch(r"\(\d+(\.5)?, inf\)", facets["age"][0]["value_or_threshold"])
    assert (
        found["pre_training_bias_metrics"]["label"],
        found["pre_training_bias_metrics"]["label_value_or_threshold"],
    ) == (
        "default",
        "yes",
    )


def test_bias_of_a_case_counted_by_hand() -> None:
    """Group d: 2 of 4 truly positive, 1 predicted so; the others: 1 of 4, and 3 predicted."""
    frame = pd.DataFrame({"home": ["own"] * 4 + ["rent"] * 4}, dtype=object)
    labels = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    scores = np.array([0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.1])
    found = bias.report(frame, parse_schema(LOANS_SCHEMA, "s"), ["home"], labels, scores)
    values: dict[str, Any] = {}
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        group = found[section]["facets"]["home"][0]
        assert (group["value_or_threshold"], group["rows"]) == ("own", 4)
        values.update({metric["name"]: metric["value"] for metric in group["metrics"]})
    assert values == pytest.approx(
        {
            "CI": 0,
            "DPL": -1 / 4,
            "DPPL": 2 / 4,
            "DI": 1 / 3,
            "AD": 2 / 4 - 3 / 4,
            "RD": 1 / 2,
            "DAR": 1 / 3 - 1,
            "SD": 2 / 3,
        }
    )


def test_a_measure_that_cannot_be_computed_is_null_with_a_reason() -> None:
    frame = pd.DataFrame({"home": ["own", "own", "rent"]}, dtype=object)
    found = bias.report(
        frame, parse_schema(LOANS_SCHEMA, "s"), ["home"], np.array([1.0, 0.0, 0.0]), np.array([0.9, 0.1, 0.1])
    )
    rent = found["post_training_bias_metrics"]["facets"]["home"][1]["metrics"]
    recall = next(metric for metric in rent if metric["name"] == "RD")
    assert (recall["value"], recall["error"]) == (None, "too few rows of one kind to divide by")


def test_a_group_column_that_is_not_there(loans: Workspace, tmp_path: Path) -> None:
    result = steps("evaluate", model=loans.archive, test=loans.split / "test", output=tmp_path / "out", groups="gender")
    assert (result.code, result.error) == (1, "groups: column 'gender' is not in the test data (120 rows).\n")
    assert not (tmp_path / "out").exists()


class Outline(HTMLParser):
    """What a page is made of: its tags, the addresses it would load, and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_stands_alone_and_says_what_an_approver_asks(evaluated: Workspace) -> None:
    page = Outline((evaluated.root / "report.html").read_text())
    assert set(page.tags).isdisjoint({"script", "link", "iframe", "form"})
    assert page.addresses
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    for wanted in (
        "Model report: default",
        "On 120 rows that it never saw",
        "Groups compared",
        "home rent",
        "max_depth",
    ):
        assert wanted in page.text
    assert (evaluated.root / "report.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_is_the_same_bytes_twice(evaluated: Workspace, loans: Workspace, tmp_path: Path) -> None:
    done("evaluate", model=loans.archive, test=loans.split / "test", output=tmp_path, groups="home,age,job")
    for path in evaluated.root.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_values_cannot_break_out_of_a_page() -> None:
    hostile = "<script>alert('x')</script>"
    drawing = pages.paired_bars([hostile], [0.5], [0.5])
    parts = [pages.heading(hostile), pages.table([hostile], [[hostile], [drawing]]), pages.paragraph(hostile)]
    page = Outline(pages.page(hostile, *parts))
    assert "script" not in page.tags
    assert page.text.count(hostile) == 8  # twice in the title, twice in the drawing


def test_test_data_of_one_class_cannot_judge(loans: Workspace, tmp_path: Path) -> None:
    frame = pd.read_csv(loans.split / "test" / "raw.csv", dtype=str, keep_default_na=False)
    frame[frame["default"] == "no"].head(9).to_csv(tmp_path / "raw.csv", index=False)
    result = steps("evaluate", model=loans.archive, test=tmp_path / "raw.csv", output=tmp_path / "out")
    wanted = "raw.csv: the label column 'default' has one class only, 'no', in all 9 rows.\n"
    assert (result.code, result.error) == (1, wanted)


def test_the_sample_asks_what_an_endpoint_is_asked_and_knows_the_answers(
    evaluated: Workspace, loans: Workspace
) -> None:
    lines = [json.loads(line) for line in (evaluated.root / "sample.jsonl").read_text().splitlines()]
    raw = pd.read_csv(loans.split / "test" / "raw.csv", keep_default_na=False, na_values=[""])
    label = load_model(loans.model).schema.label
    assert len(lines) == len(raw) <= 500
    assert {each["label"] for each in lines} == {0.0, 1.0}
    assert set(lines[0]["record"]) == set(raw.columns) - {label}
