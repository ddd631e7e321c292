"""What the product's template tells its functions. Read once, from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENVIRONMENTS = ("preprod", "prod")


@dataclass(frozen=True)
class Settings:
    """`accounts`: environment → account id. `parameters`: of the model's stack, alike in all environments."""

    group: str
    region: str
    partition: str
    pipeline: str
    bucket: str
    topic: str
    accounts: Mapping[str, str]
    parameters: Mapping[str, str]
    copy_image: bool
    tolerance: float
    latency_ms: float
    review_url: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """From the function's environment."""
        given = json.loads(environment["SETTINGS"])
        return cls(
            group=given["ModelGroup"],
            region=environment["AWS_REGION"],
            partition=given["Partition"],
            pipeline=given["Pipeline"],
            bucket=given["Bucket"],
            topic=given["TopicArn"],
            accounts={name: given["Accounts"][name] for name in ENVIRONMENTS},
            parameters=_parameters(given),
            copy_image=given["CopyImage"] == "on",
            tolerance=float(given["Tolerance"]),
            latency_ms=float(given["LatencyLimitMs"]),
            review_url=given["ReviewUrl"],
        )

    def serving_bucket(self, environment: str) -> str:
        """The bucket of deployed versions in an environment; stacks/storage.yaml makes it."""
        return f"serving-{self.accounts[environment]}-{self.region}-{self.group}"

    def artifact_key(self, number: int) -> str:
        """Where a version's artifact lies in a serving bucket."""
        return f"versions/{number}/model.tar.gz"

    def repository(self, environment: str) -> str:
        """Where images are copied to; stacks/storage.yaml makes it."""
        return f"{self.accounts[environment]}.dkr.ecr.{self.region}.amazonaws.com/models/{self.group}"

    def role(self, environment: str, name: str) -> str:
        """ARN of a delivery role of the account's foundation: deployer, or model-stacks."""
        return f"arn:{self.partition}:iam::{self.accounts[environment]}:role/platform/delivery/{name}"

    @property
    def stack(self) -> str:
        """Name of the stack of the deployed version, the same in every environment; the endpoint has the same name."""
        return f"model-{self.group}"

    @property
    def storage_stack(self) -> str:
        """Name of the stack of what versions share."""
        return f"{self.stack}-storage"


def _parameters(given: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of the model's stack, in the units and bounds that it takes."""
    instances = [int(given["Parameters"][name]) for name in ("MinInstances", "MaxInstances")]
    return {
        **given["Parameters"],
        "MaxInstances": str(max(instances)),  # no more than at rest: it does not scale
        "ShiftSeconds": str(int(given["ShiftMinutes"]) * 60),
        "LatencyLimitMicroseconds": str(round(float(given["LatencyLimitMs"]) * 1000)),
    }
