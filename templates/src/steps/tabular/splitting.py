"""Divides rows into training, validation and test: the same rows for the same seed, classes in equal shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from tabular.errors import DataError, rows
from tabular.preprocessing import label_values
from tabular.schema import Schema


@dataclass(frozen=True)
class Split:
    """Three frames without a common row, each in the order of the original."""

    training: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def split(frame: pd.DataFrame, schema: Schema, validation: float, test: float, seed: int, place: str) -> Split:
    """Divide by the two fractions (of all rows). Raises DataError where a part would lack a class or any row."""
    if not 0 < validation < 1 or not 0 < test < 1 or validation + test >= 1:
        raise DataError(
            place, f"fractions {validation:g} for validation and {test:g} for test leave nothing to train on"
        )
    labels = label_values(frame, schema) if schema.is_binary else None
    smallest = int(min((labels == 0).sum(), (labels == 1).sum())) if labels is not None else len(frame)
    # R² wants two rows; of two classes, each must be there.
    if smallest * min(validation, test) < (2 if labels is None else 1):
        what = "rows of the rarer class" if labels is not None else "rows"
        problem = f"{smallest} {what} are too few to divide into training, validation and test ({rows(len(frame))})"
        raise DataError(place, problem)
    everyone = np.arange(len(frame))
    rest, testing = train_test_split(everyone, test_size=round(len(frame) * test), random_state=seed, stratify=labels)
    training, validating = train_test_split(
        rest,
        test_size=round(len(frame) * validation),
        random_state=seed,
        stratify=None if labels is None else labels[rest],
    )
    parts = (frame.iloc[np.sort(part)].reset_index(drop=True) for part in (training, validating, testing))
    return Split(*parts)
