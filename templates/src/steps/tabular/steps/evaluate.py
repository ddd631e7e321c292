"""Judges a model on raw rows that it never saw, through its own preprocessing: metrics, explanation, bias, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tabular import bias, charts, explanation, files, metrics, preprocessing, report, table
from tabular.errors import rows
from tabular.layout import BIAS_FILE, EXPLANATION_FILE, METRICS_FILE, PICTURE_FILE, RAW_FILE, REPORT_FILE
from tabular.model import load_model


def run(model_folder: Path, test: Path, output: Path, groups: Sequence[str]) -> str:
    """Writes metrics.json, explainability.json, bias.json, report.html and report.png. `test` is a folder or a file."""
    model = load_model(model_folder)
    frame = table.load(test / RAW_FILE if test.is_dir() else test, model.schema, with_label=True)
    preprocessing.check_label(frame, model.schema, test.name)
    labels, scores = preprocessing.label_values(frame, model.schema), model.scores(frame)
    quality = metrics.evaluate(labels, scores, model.schema.is_binary)
    explained = explanation.explain(model, frame)
    compared = bias.report(frame, model.schema, groups, labels, scores)
    picture = charts.model_picture(quality, explanation.importance_of(explained), labels, scores)
    page = report.model_page(model, quality, explained, compared, picture)
    with files.whole_output(output) as folder:
        files.write_json(folder / METRICS_FILE, quality)
        files.write_json(folder / EXPLANATION_FILE, explained)
        files.write_json(folder / BIAS_FILE, compared)
        files.write_text(folder / REPORT_FILE, page)
        files.write_bytes(folder / PICTURE_FILE, picture)
    name, value = metrics.headline(quality)
    return f"test-{name}: {value:.6f} on {rows(len(frame))}"
