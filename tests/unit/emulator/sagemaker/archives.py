"""Model archives as training writes them, small enough to need no learning library."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

# Says what it was loaded with and adds its offset to every number that it is asked about.
ADDER = """
import json, os, pathlib

def model_fn(model_dir):
    return int((pathlib.Path(model_dir) / "offset.txt").read_text())

def input_fn(body, content_type):
    if content_type not in ("text/csv", "application/json"):
        raise ValueError(f"cannot read {content_type}")
    text = body.decode()
    return json.loads(text) if content_type == "application/json" else [int(each) for each in text.split(",")]

def predict_fn(data, model):
    return [each + model for each in data]

def output_fn(prediction, accept):
    return ",".join(str(each) for each in prediction), "text/csv"
"""


def archive(files: Mapping[str, str]) -> bytes:
    """A model.tar.gz of those files, path → text."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as opened:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            opened.addfile(entry, io.BytesIO(text.encode()))
    return written.getvalue()


def adder(offset: int, handlers: str = ADDER) -> bytes:
    """A model that adds a number."""
    return archive({"offset.txt": str(offset), "code/inference.py": handlers})


SCRIPT_MODE = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
