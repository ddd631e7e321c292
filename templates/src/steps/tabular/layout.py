"""Names of the files that one step writes and another reads. Where the folders are, each command is told."""

from __future__ import annotations

NUMBERS_FILE = "data.csv"  # of a split: label first, then the model's inputs
RAW_FILE = "raw.csv"  # of the test split: evaluation begins where an endpoint does, at raw columns

PREPROCESSING_FILE = "preprocessing.json"
SCHEMA_FILE = "schema.json"
MODEL_FILE = "model.json"
TRAINING_FILE = "training.json"
ARCHIVE = "model.tar.gz"  # what a training job makes of the model's folder

STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"
VIOLATIONS_FILE = "constraint_violations.json"
DRIFT_FILE = "drift.json"

METRICS_FILE = "metrics.json"
EXPLANATION_FILE = "explainability.json"
BIAS_FILE = "bias.json"
SAMPLE_FILE = "sample.jsonl"  # rows of the test split with their labels: what a deployed model is tried with
REPORT_FILE = "report.html"
PICTURE_FILE = "report.png"
