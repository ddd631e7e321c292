"""How well a deployed version answers: compares its answers with labels, and its speed with a limit. Calls nobody."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_delivery.refusal import RefusedError


@dataclass(frozen=True)
class Sample:
    """Held-out records with labels: 1 and 0 of a classification (the probability is that of 1), or numbers."""

    records: tuple[Mapping[str, Any], ...]
    labels: tuple[float, ...]


@dataclass(frozen=True)
class Registered:
    """A metric as the registry has it: auc (good when high), or rmse (good when low)."""

    name: str
    value: float

    def holds(self, measured: float, tolerance: float) -> bool:
        """Whether a measured value is as good, but for the tolerance: absolute for auc, a share for rmse."""
        if self.name == "auc":
            return measured >= self.value - tolerance
        return measured <= self.value * (1 + tolerance)


def read_sample(text: str, place: str) -> Sample:
    """Lines of {"record": {…}, "label": number}. Raises RefusedError."""
    lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not lines:
        raise RefusedError(f"The sample {place} holds no record: nothing could be tested.")
    return Sample(tuple(each["record"] for each in lines), tuple(float(each["label"]) for each in lines))


def read_registered(text: str, place: str) -> Registered:
    """The metric of a model-quality file. Raises RefusedError where it has neither AUC nor RMSE."""
    content = json.loads(text)
    for section, name in (("binary_classification_metrics", "auc"), ("regression_metrics", "rmse")):
        value = content.get(section, {}).get(name, {}).get("value")
        if isinstance(value, int | float) and math.isfinite(value):
            return Registered(name, float(value))
    raise RefusedError(f"The metrics {place} have neither an AUC nor an RMSE: nothing to compare with.")


def read_answers(text: str, expected: int) -> list[Mapping[str, Any]]:
    """One JSON object a record. Raises RefusedError where the number differs or a prediction is missing."""
    answers = [json.loads(line) for line in text.splitlines() if line.strip()]
    if len(answers) != expected:
        raise RefusedError(f"{expected} records were asked for and {len(answers)} answers came.")
    for index, answer in enumerate(answers, start=1):
        if answer.get("prediction") is None:
            raise RefusedError(f"Answer {index} of {expected} has no prediction: {json.dumps(answer)[:200]}")
    return answers


def measure(name: str, answers: Sequence[Mapping[str, Any]], labels: Sequence[float]) -> float:
    """The metric of that name on these answers."""
    if name == "auc":
        return area_under_curve([float(each["probability"]) for each in answers], labels)
    errors = [(float(each["prediction"]) - label) ** 2 for each, label in zip(answers, labels, strict=True)]
    return math.sqrt(sum(errors) / len(errors))


def area_under_curve(scores: Sequence[float], labels: Sequence[float]) -> float:
    """Area under the ROC curve, by ranks (Mann–Whitney). Raises RefusedError where all labels are of one class."""
    positives = sum(1 for label in labels if label == 1)
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise RefusedError("The sample holds one class only: an AUC needs both.")
    total = sum(rank for rank, label in zip(ranks(scores), labels, strict=True) if label == 1)
    return (total - positives * (positives + 1) / 2) / (positives * negatives)


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            found[index] = (start + end) / 2 + 1
        start = end + 1
    return found


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least that share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
