"""What tests of the functions share: settings as the template gives them, a version as the registry describes it."""

from __future__ import annotations

from typing import Any

from model_delivery.settings import Settings

GROUP = "credit-risk-default"
REGISTRY, PREPROD, PROD = "111111111111", "222222222222", "222222222223"
PACKAGE = f"arn:aws:sagemaker:eu-west-1:{REGISTRY}:model-package/{GROUP}/7"
RUN_PREFIX = f"s3://models-{REGISTRY}-eu-west-1-{GROUP}/run-1"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-west-1.amazonaws.com/platform/inference:xgboost-3.0-5"


def settings(**changed: Any) -> Settings:
    """The settings of a pipeline launched with its defaults."""
    given: dict[str, Any] = {
        "group": GROUP,
        "region": "eu-west-1",
        "partition": "aws",
        "pipeline": f"{GROUP}-deployment",
        "bucket": f"delivery-{PROD}-eu-west-1-{GROUP}",
        "topic": f"arn:aws:sns:eu-west-1:{PROD}:topic",
        "accounts": {"preprod": PREPROD, "prod": PROD},
        "parameters": {"Serving": "endpoint", "InstanceType": "ml.m5.large"},
        "copy_image": False,
        "tolerance": 0.02,
        "latency_ms": 1000.0,
        "review_url": "https://example.com/review",
    }
    return Settings(**{**given, **changed})


def described(**changed: Any) -> dict[str, Any]:
    """An answer of DescribeModelPackage."""
    given: dict[str, Any] = {
        "ModelPackageArn": PACKAGE,
        "ModelPackageGroupName": GROUP,
        "ModelPackageVersion": 7,
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": f"{RUN_PREFIX}/model.tar.gz"}]},
        "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": f"{RUN_PREFIX}/evaluation/metrics.json"}}},
        "CustomerMetadataProperties": {"platform:sample": f"{RUN_PREFIX}/sample/records.jsonl"},
    }
    return {**given, **changed}
