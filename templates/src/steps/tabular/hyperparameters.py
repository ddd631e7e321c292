"""Hyperparameters as SageMaker hands them over: a JSON object in which every value is text. It trains nothing."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tabular.errors import DataError


def _setting(default: float, low: float, high: float, help_text: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "help": help_text})


@dataclass(frozen=True)
class Hyperparameters:
    """The settings of a training, by XGBoost's names. Bounds are inclusive and are XGBoost's own."""

    num_round: int = _setting(300, 1, 100_000, "most trees; early stopping usually takes fewer")
    early_stopping_rounds: int = _setting(20, 1, 100_000, "stop after so many trees without a better validation score")
    max_depth: int = _setting(4, 1, 64, "deepest tree")
    eta: float = _setting(0.1, 0.0, 1.0, "learning rate")
    min_child_weight: float = _setting(1.0, 0.0, math.inf, "least weight of a leaf")
    subsample: float = _setting(0.9, 0.01, 1.0, "share of rows for each tree")
    colsample_bytree: float = _setting(0.9, 0.01, 1.0, "share of columns for each tree")
    gamma: float = _setting(0.0, 0.0, math.inf, "least gain of a split")
    alpha: float = _setting(0.0, 0.0, math.inf, "L1 penalty")
    reg_lambda: float = _setting(1.0, 0.0, math.inf, "L2 penalty")
    scale_pos_weight: float = _setting(1.0, 0.0, math.inf, "weight of the positive class")
    max_bin: int = _setting(256, 2, 65_536, "bins of a column's histogram")
    seed: int = _setting(0, 0, 2**31 - 1, "of everything random")
    # More threads add floating point numbers in another order: faster, and no longer the same bytes on every machine.
    nthread: int = _setting(1, 1, 1024, "threads; 1 gives the same model bytes on every machine")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_ALIASES = {"lambda": "reg_lambda", "learning_rate": "eta", "random_state": "seed", "n_estimators": "num_round"}


def parse(content: Any, place: str) -> Hyperparameters:
    """Hyperparameters of the JSON file's content. Names that SageMaker adds for itself are passed over.

    Raises DataError for an unknown name, a value that is no number, and one out of its bounds.
    """
    if not isinstance(content, Mapping):
        raise DataError(place, "hyperparameters are a JSON object of texts")
    known = {each.name: each for each in fields(Hyperparameters)}
    chosen: dict[str, Any] = {}
    for given, text in content.items():
        if given.startswith(("sagemaker_", "_tuning_")):
            continue
        name = _ALIASES.get(given, given)
        if name not in known:
            close = difflib.get_close_matches(given, [*known, *_ALIASES], n=1)
            hint = f"; did you mean '{close[0]}'" if close else ""
            raise DataError(place, f"the hyperparameter '{given}' is unknown{hint}")
        if name in chosen:
            raise DataError(place, f"the hyperparameter '{name}' is given twice, also as '{given}'")
        setting = known[name]
        whole = isinstance(setting.default, int)
        number = _number(text)
        if number is None or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            raise DataError(place, f"the hyperparameter '{given}' is {text!r}, and must be {kind}")
        low, high = setting.metadata["low"], setting.metadata["high"]
        if not low <= number <= high:
            raise DataError(place, f"the hyperparameter '{given}' is {number:g}, out of {low:g} to {high:g}")
        chosen[name] = int(number) if whole else number
    return Hyperparameters(**chosen)


def _number(value: Any) -> float | None:
    """A number of "5", 5 or "\\"5\\"": SageMaker's SDK writes values as JSON inside the text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return None
        if isinstance(value, str):
            return _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
