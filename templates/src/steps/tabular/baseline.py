"""What new data will be held against: statistics and constraints of the training data, in Model Monitor's file formats.

Everything that is not of the format stands under the one key "platform": missing-value marks, declared ranges, columns
that are no features. Only features are described: the label is what nobody knows yet, and ignored columns may change
as they like.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabular.schema import Column, Schema
from tabular.statistics import FRACTIONAL, INTEGRAL, MOST_CATEGORIES, STRING, Values, count_categories

# A column that may be empty is missing somewhat more often in one batch than in another.
COMPLETENESS_MARGIN = 0.05
# Shares of values of another type, or of an unknown category, that are still an accident.
TOLERATED_SHARE = 0.01
KS_THRESHOLD = 0.1
PSI_THRESHOLD = 0.2


def feature_values(frame: pd.DataFrame, schema: Schema) -> list[Values]:
    """The features of a typed table, column by column."""
    found = []
    for column in schema.features:
        values = frame[column.name]
        there = values[values.notna()]
        found.append(
            Values(
                name=column.name,
                kind=_kind(column),
                numbers=there.to_numpy(dtype=np.float64) if column.is_numeric else np.empty(0),
                texts=np.empty(0, dtype=object) if column.is_numeric else there.to_numpy(dtype=object),
                missing=int(values.isna().sum()),
            )
        )
    return found


def constraints(columns: list[Values], schema: Schema) -> dict[str, Any]:
    """The whole constraints file: what the schema demands, and where it is silent what the data suggests."""
    return {
        "version": 0.0,
        "features": [_feature(values, column) for values, column in zip(columns, schema.features)],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": TOLERATED_SHARE,
            "domain_content_threshold": TOLERATED_SHARE,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": KS_THRESHOLD,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": KS_THRESHOLD,
                "categorical_drift_method": "LInfinity",
            },
        },
        "platform": {
            "psi_threshold": PSI_THRESHOLD,
            "missing_values": list(schema.missing_values),
            "ranges": {column.name: [column.minimum, column.maximum] for column in schema.features if column.has_range},
            "not_features": [schema.label, *schema.ignored],
        },
    }


def _kind(column: Column) -> str:
    return {"numeric": FRACTIONAL, "integer": INTEGRAL}.get(column.type, STRING)


def _feature(values: Values, column: Column) -> dict[str, Any]:
    observed = values.present / values.rows if values.rows else 0.0
    feature: dict[str, Any] = {
        "name": column.name,
        "inferred_type": values.kind,
        "completeness": 1.0 if column.required else round(max(0.0, observed - COMPLETENESS_MARGIN), 4),
    }
    if values.kind != STRING:
        feature["num_constraints"] = {"is_non_negative": column.minimum is not None and column.minimum >= 0}
        return feature
    domain = column.categories or tuple(count_categories(values.texts))
    if len(domain) <= MOST_CATEGORIES:  # a column of names or codes has no domain
        feature["string_constraints"] = {"domains": sorted(domain)}
    return feature
