"""An account that serves models: a bucket, a role, and short ways to make models, configurations and endpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.sagemaker.archives import SCRIPT_MODE

MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
SAGEMAKER = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
RIGHTS = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "logs:*", "cloudwatch:DescribeAlarms", "kms:*"],
    "Resource": "*",
}


@dataclass(frozen=True)
class Host:
    """The account."""

    tenant: Tenant
    role: str

    @property
    def bucket(self) -> str:
        return f"models-{self.tenant.id}"

    @property
    def image(self) -> str:
        return f"{self.tenant.id}.dkr.ecr.{REGION}.amazonaws.com/inference:1"

    @property
    def sagemaker(self) -> Any:
        return self.tenant.client("sagemaker")

    def put(self, key: str, archive: bytes) -> str:
        """Puts an archive into the bucket; gives its location."""
        self.tenant.client("s3").put_object(Bucket=self.bucket, Key=key, Body=archive)
        return f"s3://{self.bucket}/{key}"

    def container(self, key: str, archive: bytes) -> dict[str, Any]:
        """A container that serves an archive, which is put at that key."""
        return {"Image": self.image, "ModelDataUrl": self.put(key, archive), "Environment": SCRIPT_MODE}

    def model(self, name: str, archive: bytes, **more: Any) -> str:
        """Makes a model of an archive; gives its name."""
        container = self.container(f"{name}/model.tar.gz", archive)
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role, **more)
        return name

    def config(self, name: str, *models: str, count: int = 1, **more: Any) -> str:
        """Makes a configuration with a variant for each model; gives its name."""
        variants = [
            {"VariantName": model, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
            for model in models
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)
        return name

    def endpoint(self, config: str, name: str = "live") -> str:
        """Makes an endpoint and waits for it; gives its name."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.settled(name)
        return name

    def settled(self, name: str = "live") -> dict[str, Any]:
        """The endpoint, once nothing is under way with it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            shown: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
            if shown["EndpointStatus"] in ("InService", "Failed"):
                return shown
            time.sleep(0.02)
        raise AssertionError(f"still {shown['EndpointStatus']}")

    def ask(self, body: str, name: str = "live", **more: Any) -> str:
        """An invocation's answer, as text."""
        runtime = self.tenant.client("sagemaker-runtime")
        return str(
            runtime.invoke_endpoint(EndpointName=name, Body=body, **{"ContentType": "text/csv", **more})["Body"]
            .read()
            .decode()
        )


def host(tenant: Tenant) -> Host:
    """Makes the account ready."""
    tenant.client("s3").create_bucket(
        Bucket=f"models-{tenant.id}", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    ecr = tenant.client("ecr")
    ecr.create_repository(repositoryName="inference")
    ecr.put_image(repositoryName="inference", imageTag="1", imageManifest=json.dumps(MANIFEST))
    role = tenant.role("models", SAGEMAKER)
    allow(tenant, "models", RIGHTS)
    return Host(tenant, role)


def allow(tenant: Tenant, role: str, *statements: Mapping[str, Any]) -> None:
    """Sets what a role may do."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    tenant.client("iam").put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=policy)
