"""Which columns the model relies on, in the shape of SageMaker Clarify's analysis.json, so that the registry can show
it.

Values are exact Shapley values of the trees (XGBoost computes them), summed over the inputs that came from one raw
column, and averaged by size over the rows. Their unit is the model's own: log-odds of the positive class, or the
label's unit. Clarify's readers look under "kernel_shap", whatever way the values were computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabular.model import Model

MOST_ROWS = 5000  # averages do not change beyond; the time does


def explain(model: Model, frame: pd.DataFrame) -> dict[str, Any]:
    """The explainability file: global importance of each raw column, largest first, and the mean prediction."""
    shares = model.booster.predict(model.matrix(frame.head(MOST_ROWS)), pred_contribs=True)
    values, expected = shares[:, :-1], float(shares[:, -1].mean())
    origins = np.array(model.preprocessing.origins)
    importance = {
        column.name: float(np.abs(values[:, origins == column.name].sum(axis=1)).mean())
        for column in model.schema.features
    }
    ranked = dict(sorted(importance.items(), key=lambda each: (-each[1], each[0])))
    content = {"global_shap_values": ranked, "expected_value": expected}
    return {"version": "1.0", "explanations": {"kernel_shap": {"label0": content}}}


def importance_of(content: dict[str, Any]) -> dict[str, float]:
    """Column and importance of such a file, largest first."""
    ranked: dict[str, float] = content["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    return ranked
