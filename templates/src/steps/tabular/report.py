"""The page that a model approver reads before deciding: how good, on what, because of what, alike for whom.

It computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabular import bias, pages
from tabular.explanation import importance_of
from tabular.model import Model

_MOST_COLUMNS = 25
_SHOWN = {
    "auc": "Area under the ROC curve",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "false_positive_rate": "False positive rate",
    "rmse": "Root mean squared error",
    "mae": "Mean absolute error",
    "r2": "R²",
}


def model_page(
    model: Model, metrics: Mapping[str, Any], explanation: dict[str, Any], groups: Mapping[str, Any], picture: bytes
) -> str:
    """The whole page."""
    values = metrics.get("binary_classification_metrics") or metrics["regression_metrics"]
    parts = [pages.paragraph(_lead(model, metrics, values), "lead"), _metrics(values)]
    if "confusion_matrix" in values:
        parts.append(_confusion(model, values["confusion_matrix"]))
    parts += [pages.image(picture, "Charts of the model's quality"), *_importance(explanation), *_bias(groups)]
    return pages.page(f"Model report: {model.schema.label}", *parts, *_origin(model))


def _lead(model: Model, metrics: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    count = metrics["dataset"]["item_count"]
    if "auc" in values:
        return (
            f"On {count} rows that it never saw, the model gives a positive case a higher probability than a negative "
            f"one in {values['auc']['value']:.1%} of all pairs, and is right in {values['accuracy']['value']:.1%} of "
            f"all cases. Always giving the same answer would be right in "
            f"{values['accuracy_best_constant_classifier']['value']:.1%}."
        )
    return (
        f"On {count} rows that it never saw, the model is wrong by {values['mae']['value']:.4g} on average, and "
        f"explains {max(values['r2']['value'], 0):.1%} of the variation of '{model.schema.label}'."
    )


def _metrics(values: Mapping[str, Any]) -> str:
    rows = []
    for name, title in _SHOWN.items():
        if name in values:
            constant = values.get(f"{name}_best_constant_classifier", {}).get("value")
            deviation = values[name]["standard_deviation"]
            rows.append([title, values[name]["value"], None if deviation == "NaN" else deviation, constant])
    return pages.heading("Quality") + pages.table(
        ["Metric", "Value", "Standard deviation", "Best constant answer"], rows
    )


def _confusion(model: Model, counts: Mapping[str, Mapping[str, int]]) -> str:
    negative, positive = model.classes
    rows = [[f"truly {name}", counts[key]["0"], counts[key]["1"]] for key, name in (("0", negative), ("1", positive))]
    return pages.table(["Rows", f"predicted {negative}", f"predicted {positive}"], rows)


def _importance(explanation: dict[str, Any]) -> list[str]:
    ranked = importance_of(explanation)
    total = sum(ranked.values()) or 1.0
    rows = [[name, value, f"{value / total:.1%}"] for name, value in list(ranked.items())[:_MOST_COLUMNS]]
    left_out = len(ranked) - len(rows)
    return [
        pages.heading("What the model relies on"),
        pages.paragraph("Mean size of each column's effect on a prediction (Shapley values of the trees).", "note"),
        pages.table(["Column", "Mean effect", "Share"], rows),
        *([pages.paragraph(f"{left_out} more columns have less effect.", "note")] if left_out else []),
    ]


def _bias(groups: Mapping[str, Any]) -> list[str]:
    section = groups["post_training_bias_metrics"]
    parts = [pages.heading("Groups compared")]
    if not section["facets"]:
        return [*parts, pages.paragraph("No column was named whose groups should be compared.", "note")]
    for name, values in section["facets"].items():
        before = groups["pre_training_bias_metrics"]["facets"][name]
        titles = [metric["description"] for metric in (*before[0]["metrics"], *values[0]["metrics"])] if values else []
        rows = [
            [
                f"{name} {group['value_or_threshold']}",
                group["rows"],
                *(metric["value"] for metric in (*earlier["metrics"], *group["metrics"])),
            ]
            for earlier, group in zip(before, values)
        ]
        few = [str(group["value_or_threshold"]) for group in values if group["rows"] < bias.FEW_ROWS]
        parts.append(pages.table(["Group", "Rows", *titles], rows))
        if few:
            parts.append(
                pages.paragraph(f"Fewer than {bias.FEW_ROWS} rows, so little is known: {', '.join(few)}.", "note")
            )
    parts.append(
        pages.paragraph(
            "Each group is compared with all others. 0 means no difference; for Disparate Impact 1 does.", "note"
        )
    )
    return parts


def _origin(model: Model) -> list[str]:
    training = model.training
    facts = [
        ["Predicted column", model.schema.label],
        ["Problem", model.schema.problem.replace("_", " ")],
        ["Raw columns, model inputs", f"{len(model.schema.features)}, {len(model.preprocessing.outputs)}"],
        ["Rows trained on", str(training.get("rows", "unknown"))],
        ["Trees", str(training.get("rounds", "unknown"))],
        *([name, f"{value:g}"] for name, value in training.get("hyperparameters", {}).items()),
    ]
    return [pages.heading("How it came to be"), pages.table(["", ""], facts)]
