"""A trained model as it travels: booster, preprocessing and schema together.

It predicts from raw columns and learns nothing.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost

from tabular import preprocessing
from tabular.errors import DataError
from tabular.layout import ARCHIVE, MODEL_FILE, PREPROCESSING_FILE, SCHEMA_FILE, TRAINING_FILE
from tabular.preprocessing import Preprocessing
from tabular.schema import Schema, parse_schema

THRESHOLD = 0.5  # the probability from which on the positive class is predicted


@dataclass(frozen=True)
class Model:
    """`training` tells how the model came to be: hyperparameters, rows, rounds, scores."""

    booster: xgboost.Booster
    preprocessing: Preprocessing
    schema: Schema
    training: Mapping[str, Any]

    def matrix(self, frame: pd.DataFrame) -> xgboost.DMatrix:
        """Raw columns as the booster's input."""
        return xgboost.DMatrix(self.preprocessing.apply(frame))

    def scores(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """For each row the positive class's probability, or the predicted number."""
        scores: npt.NDArray[np.float64] = self.booster.predict(self.matrix(frame)).astype(np.float64)
        return scores

    def predictions(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """For each row {"prediction", "probability"} (of the positive class); regression has the prediction alone."""
        scores = self.scores(frame).tolist()
        if not self.schema.is_binary:
            return [{"prediction": score} for score in scores]
        negative, positive = self.classes
        return [{"prediction": positive if score >= THRESHOLD else negative, "probability": score} for score in scores]

    @property
    def classes(self) -> tuple[Any, Any]:
        """Both classes as the data names them, the positive one last: 0 and 1, or two texts."""
        if self.schema.label_column.is_numeric:
            return 0, 1
        return self.preprocessing.negative, self.schema.positive


def load_model(folder: Path) -> Model:
    """The model of a folder that holds model.tar.gz, or what was packed into it. Raises DataError."""
    content = _archived(folder / ARCHIVE) if (folder / ARCHIVE).exists() else _loose(folder)
    for name in (MODEL_FILE, PREPROCESSING_FILE, SCHEMA_FILE):
        if name not in content:
            raise DataError(folder.name, f"the model lacks its file '{name}'")
    booster = xgboost.Booster()
    booster.load_model(bytearray(content[MODEL_FILE]))
    return Model(
        booster,
        preprocessing.from_json(loads(content[PREPROCESSING_FILE]), PREPROCESSING_FILE),
        parse_schema(loads(content[SCHEMA_FILE]), SCHEMA_FILE),
        loads(content.get(TRAINING_FILE, b"{}")),
    )


_FILES = (MODEL_FILE, PREPROCESSING_FILE, SCHEMA_FILE, TRAINING_FILE)


def _loose(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in _FILES if (folder / name).is_file()}


def _archived(path: Path) -> dict[str, bytes]:
    """The known files of an archive. They are read where they lie: nothing is unpacked, so no member can go astray."""
    try:
        with tarfile.open(path) as archive:
            members = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
            streams = {name: archive.extractfile(members[name]) for name in _FILES if name in members}
            return {name: stream.read() for name, stream in streams.items() if stream}
    except tarfile.TarError:
        raise DataError(path.name, "the file is not a tar archive") from None
