"""An account with what jobs need: a bucket, an image, a role; and scripts that run in them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from harness.iam import EVERYTHING
from tests.unit.emulator.conftest import REGION, Tenant

MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


@dataclass(frozen=True)
class Workbench:
    """Names are the account's; `s3` and `sagemaker` are its administrator's."""

    tenant: Tenant
    bucket: str
    image: str
    role: str

    @property
    def s3(self) -> Any:
        return self.tenant.client("s3")

    @property
    def sagemaker(self) -> Any:
        return self.tenant.client("sagemaker")

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, content: str | bytes) -> str:
        """Puts an object; gives its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return self.uri(key)

    def read(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def keys(self, prefix: str = "") -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", ())]

    def processing(self, name: str, script: str, *arguments: str, **members: Any) -> dict[str, Any]:
        """A request for a processing job that runs a Python script, which is put into the bucket."""
        code = self.put(f"code/{name}.py", script)
        return {
            "ProcessingJobName": name,
            "RoleArn": self.role,
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerEntrypoint": ["python3", f"/opt/ml/processing/input/code/{name}.py"],
                **({"ContainerArguments": list(arguments)} if arguments else {}),
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
            },
            "ProcessingInputs": [input_of("code", code), *members.pop("inputs", ())],
            "ProcessingOutputConfig": {"Outputs": members.pop("outputs", [])},
            **members,
        }

    def training(self, name: str, script: str, **members: Any) -> dict[str, Any]:
        """A request for a training job that runs a Python script, which is put into the bucket."""
        code = self.put(f"code/{name}/train.py", script)
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
                **members.pop("specification", {}),
            },
            "InputDataConfig": [channel("code", code), *members.pop("channels", ())],
            "OutputDataConfig": {"S3OutputPath": self.uri("models")},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **members,
        }

    def ended(self, kind: str, name: str, seconds: float = 20) -> dict[str, Any]:
        """The description of a job (ProcessingJob, TrainingJob, TransformJob) that has ended."""
        describe = getattr(self.sagemaker, f"describe_{kind.removesuffix('Job').lower()}_job")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found: dict[str, Any] = describe(**{f"{kind}Name": name})
            if found[f"{kind}Status"] in ("Completed", "Failed", "Stopped"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{name} has not ended: {found}")

    def process(self, name: str, script: str, *arguments: str, **members: Any) -> dict[str, Any]:
        """Runs a processing job to its end; gives its description."""
        self.sagemaker.create_processing_job(**self.processing(name, script, *arguments, **members))
        return self.ended("ProcessingJob", name)

    def train(self, name: str, script: str, **members: Any) -> dict[str, Any]:
        """Runs a training job to its end; gives its description."""
        self.sagemaker.create_training_job(**self.training(name, script, **members))
        return self.ended("TrainingJob", name)


def input_of(name: str, uri: str, **members: Any) -> dict[str, Any]:
    """A processing input at /opt/ml/processing/input/<name>."""
    place = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**place, "S3InputMode": "File", **members}}


def output_of(name: str, uri: str, mode: str = "EndOfJob") -> dict[str, Any]:
    """A processing output at /opt/ml/processing/output/<name>."""
    place = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/output/{name}", "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": place}


def channel(name: str, uri: str) -> dict[str, Any]:
    """A training channel."""
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def open_workbench(tenant: Tenant) -> Workbench:
    """Makes the bucket, the image and the role."""
    bucket = f"work-{tenant.id}"
    tenant.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    ecr = tenant.client("ecr")
    ecr.create_repository(repositoryName="steps")
    ecr.put_image(repositoryName="steps", imageTag="1", imageManifest=json.dumps(MANIFEST))
    role = tenant.role("jobs", TRUST)
    tenant.client("iam").put_role_policy(RoleName="jobs", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    return Workbench(tenant, bucket, f"{tenant.id}.dkr.ecr.{REGION}.amazonaws.com/steps:1", role)
