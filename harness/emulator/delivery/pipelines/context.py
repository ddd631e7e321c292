"""What an action has at hand: its configuration, clients that act with its role, its artifacts in their store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.emulator import acting, identity
from harness.emulator.delivery import archives
from harness.emulator.delivery.pipelines import structure
from harness.emulator.delivery.pipelines.model import ActionRun, Artifact, Execution, Outcome, Pipeline
from harness.emulator.identity import Session

_SERVICE = "codepipeline.amazonaws.com"


class ActionError(Exception):
    """The action fails; `code` is the API's: JobFailed, ConfigurationError, PermissionError …"""

    def __init__(self, message: str, code: str = "JobFailed") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Poll:
    """The action goes on elsewhere: `check` is asked until it gives an outcome."""

    check: Callable[[], Outcome | None]
    every: float = 0.1  # seconds


@dataclass(frozen=True)
class Wait:
    """Somebody else ends the action; after so many seconds it fails."""

    seconds: float
    expired: str
    code: str = "JobFailed"


@dataclass(frozen=True)
class Context:
    """One action under way. Clients and artifacts may raise botocore's errors and NotTrustedError."""

    pipeline: Pipeline
    execution: Execution
    run: ActionRun

    def get(self, key: str, default: str = "") -> str:
        """A configuration value."""
        return str(self.run.configuration.get(key, default))

    @cached_property
    def session(self) -> Session:
        """Of the action's role, which the pipeline's role assumes; of the pipeline's role where the action has none."""
        own = str(self.execution.declaration["roleArn"])
        account, name = self.pipeline.account_id, self.execution.id
        session = acting.credentials(own, _SERVICE, account, name, self.pipeline.arn)
        role = self.run.declaration.get("roleArn")
        if not role or role == own:
            return session
        sts = acting.client("sts", self.pipeline.region, session)
        given = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        who = identity.caller(given["AccessKeyId"])
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return Session(who, identity.user_id(keys[0]), *keys, given["Expiration"])

    def client(self, service: str) -> Any:
        """A client that acts with the action's session."""
        return acting.client(service, self.pipeline.region, self.session)

    @property
    def store(self) -> Mapping[str, Any]:
        """The artifact store."""
        return structure.store_of(self.execution.declaration, self.pipeline.region)

    def input(self, name: str) -> bytes:
        """The bytes of an input artifact."""
        if name not in self.run.inputs:
            raise ActionError(f"{name} is no input artifact of action {self.run.name}", "ConfigurationError")
        artifact = self.run.inputs[name]
        content: bytes = self.client("s3").get_object(Bucket=artifact.bucket, Key=artifact.key)["Body"].read()
        return content

    def input_file(self, reference: str) -> bytes:
        """A file of an input artifact: Artifact::path."""
        name, _, path = reference.partition("::")
        try:
            return archives.member(self.input(name), path)
        except KeyError:
            raise ActionError(f"File [{path}] does not exist in artifact [{name}]", "ConfigurationError") from None
        except archives.NotAnArchiveError as error:
            raise ActionError(f"Artifact {name}: {error}", "ConfigurationError") from None

    @property
    def outputs(self) -> list[str]:
        """The names of the output artifacts."""
        return [str(each["name"]) for each in self.run.declaration.get("outputArtifacts") or ()]

    def location(self, name: str) -> Artifact:
        """Where a new artifact goes: pipeline/artifact/random, shortened as CodePipeline does."""
        key = f"{self.pipeline.name[:20]}/{name[:10]}/{uuid.uuid4().hex[:7]}"
        return Artifact(str(self.store["location"]), key)

    @property
    def encryption(self) -> dict[str, str]:
        """S3's parameters for what is put into the artifact store."""
        key = (self.store.get("encryptionKey") or {}).get("id")
        return {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": str(key)} if key else {})}

    def put(self, artifact: Artifact, content: bytes) -> Artifact:
        """Writes an artifact."""
        self.client("s3").put_object(Bucket=artifact.bucket, Key=artifact.key, Body=content, **self.encryption)
        return artifact
