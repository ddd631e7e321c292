"""Judges a model on raw rows that it never saw, through its own preprocessing: metrics, explanation, bias, report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tabular import bias, charts, explanation, files, metrics, preprocessing, report, table
from tabular.errors import rows
from tabular.layout import (
    BIAS_FILE,
    EXPLANATION_FILE,
    METRICS_FILE,
    PICTURE_FILE,
    RAW_FILE,
    REPORT_FILE,
    SAMPLE_FILE,
)
from tabular.model import load_model
from tabular.records import records

SAMPLE_ROWS = 500


def run(model_folder: Path, test: Path, output: Path, groups: Sequence[str]) -> str:
    """Writes metrics.json, explainability.json, bias.json, report.html, report.png and sample.jsonl.

    `test` is a folder or a file. The sample is the first rows: the split is in no order that would make them special.
    """
    model = load_model(model_folder)
    frame = table.load(test / RAW_FILE if test.is_dir() else test, model.schema, with_label=True)
    preprocessing.check_label(frame, model.schema, test.name)
    labels, scores = preprocessing.label_values(frame, model.schema), model.scores(frame)
    quality = metrics.evaluate(labels, scores, model.schema.is_binary)
    explained = explanation.explain(model, frame)
    compared = bias.report(frame, model.schema, groups, labels, scores)
    picture = charts.model_picture(quality, explanation.importance_of(explained), labels, scores)
    asked = frame.drop(columns=model.schema.label)
    sample = [
        {"record": record, "label": float(label)}
        for record, label in zip(records(asked[:SAMPLE_ROWS], model.schema), labels)
    ]
    page = report.model_page(model, quality, explained, compared, picture)
    with files.whole_output(output) as folder:
        files.write_json(folder / METRICS_FILE, quality)
        files.write_json(folder / EXPLANATION_FILE, explained)
        files.write_json(folder / BIAS_FILE, compared)
        files.write_text(folder / REPORT_FILE, page)
        files.write_bytes(folder / PICTURE_FILE, picture)
        files.write_json_lines(folder / SAMPLE_FILE, sample)
    name, value = metrics.headline(quality)
    return f"test-{name}: {value:.6f} on {rows(len(frame))}"
