"""A small real model on real data, and its registration as the training pipeline does it, for tests that need one."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pandas as pd

from tabular.cli import main as steps
from tests.support.landscapes import Landscape
from tests.support.repository import PROJECT

DATA = PROJECT / "products/training-pipeline/examples/data"
LABEL = "malignant"


def train(folder: Path) -> pd.DataFrame:
    """The steps of training, as a data scientist runs them; gives the rows that were kept aside, without label."""
    frame = pd.read_csv(DATA / "breast-cancer.csv")
    known = frame.sample(frac=0.7, random_state=1)
    known.to_csv(folder / "known.csv", index=False)
    schema = DATA / "breast-cancer.schema.json"
    (folder / "hyperparameters.json").write_text(json.dumps({"num_round": "20"}))
    prepared = folder / "prepared"
    every = [
        ["preprocess", "--data", folder / "known.csv", "--schema", schema, "--output", prepared],
        [
            *["train", "--train", prepared / "train", "--validation", prepared / "validation"],
            *["--preprocessing", prepared / "preprocessing", "--model", folder / "model"],
            *["--hyperparameters", folder / "hyperparameters.json"],
        ],
        ["baseline", "--data", prepared / "raw", "--schema", schema, "--output", folder / "baseline"],
    ]
    for arguments in every:
        assert steps([str(each) for each in arguments]) == 0
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "model", arcname=".")
    return frame.drop(known.index).drop(columns=[LABEL])


def register(landscape: Landscape, folder: Path, group: str) -> str:
    """Puts what `train` made into the group of the registry, pending; gives the version's ARN."""
    bucket = f"models-{landscape.registry}-{landscape.region}-{group}"
    files = {
        "model.tar.gz": folder / "model.tar.gz",
        "schema.json": DATA / "breast-cancer.schema.json",
        "baseline/statistics.json": folder / "baseline/statistics.json",
        "baseline/constraints.json": folder / "baseline/constraints.json",
    }
    s3 = landscape.client("s3", landscape.registry)
    for name, path in files.items():
        s3.put_object(Bucket=bucket, Key=f"a1b2c3/{name}", Body=path.read_bytes(), IfNoneMatch="*")
    where, hub = f"s3://{bucket}/a1b2c3", landscape.repository.catalog.landscape.hub.account
    image = f"{hub}.dkr.ecr.{landscape.region}.amazonaws.com/platform/inference:xgboost-3.0-5"
    made = landscape.client("sagemaker", landscape.registry).create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": image,
                    "ModelDataUrl": f"{where}/model.tar.gz",
                    "Environment": {
                        "SAGEMAKER_PROGRAM": "inference.py",
                        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                    },
                }
            ],
            "SupportedContentTypes": ["application/jsonlines"],
            "SupportedResponseMIMETypes": ["application/jsonlines"],
        },
        DriftCheckBaselines={
            "ModelDataQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": f"{where}/baseline/statistics.json"},
                "Constraints": {"ContentType": "application/json", "S3Uri": f"{where}/baseline/constraints.json"},
            }
        },
        CustomerMetadataProperties={"platform:schema": f"{where}/schema.json"},
    )
    return str(made["ModelPackageArn"])
