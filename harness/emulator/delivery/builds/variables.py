"""What a build's commands find in their environment: CodeBuild's own, the project's, the buildspec's, and secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.documents.buildspecs import Environment
from harness.emulator.delivery.builds.failures import PhaseError, of_client
from harness.emulator.delivery.builds.model import Build
from harness.emulator.delivery.builds.sandbox import Sandbox


def own(build: Build, folder: Sandbox) -> dict[str, str]:
    """CODEBUILD_…, as its guide lists them."""
    found = {
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": str(build.settings["environment"]["image"]),
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_KMS_KEY_ID": str(build.settings["encryptionKey"]),
        "CODEBUILD_LOG_PATH": build.log_stream,
        "CODEBUILD_PROJECT_ARN": f"{build.arn.rsplit(':build/', 1)[0]}:project/{build.project}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.resolved_version,
        "CODEBUILD_SOURCE_REPO_URL": str(build.settings["source"].get("location") or ""),
        "CODEBUILD_SOURCE_VERSION": build.source_version,
        "CODEBUILD_SRC_DIR": str(folder.source),
        "CODEBUILD_START_TIME": str(int(build.started.timestamp() * 1000)),
    }
    for each in build.settings.get("secondarySources") or ():
        identifier = str(each["sourceIdentifier"])
        found[f"CODEBUILD_SRC_DIR_{identifier}"] = str(folder.secondary(identifier))
    return found


def resolved(build: Build, spec: Environment, clients: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The variables of buildspec and project, the project's winning, with what was secret. Raises PhaseError."""
    found = dict(spec.variables)
    secrets: dict[str, str] = {}
    for name, where in spec.parameter_store.items():
        secrets[name] = _parameter(clients["ssm"], where)
    for name, where in spec.secrets_manager.items():
        secrets[name] = _secret(clients["secretsmanager"], where)
    found |= secrets
    for each in build.settings["environment"].get("environmentVariables") or ():
        name, value = str(each["name"]), str(each["value"])
        match each.get("type", "PLAINTEXT"):
            case "PARAMETER_STORE":
                found[name] = secrets[name] = _parameter(clients["ssm"], value)
            case "SECRETS_MANAGER":
                found[name] = secrets[name] = _secret(clients["secretsmanager"], value)
            case _:
                found[name] = value
    return found, list(secrets.values())


def _parameter(ssm: Any, name: str) -> str:
    try:
        answer = ssm.get_parameters(Names=[name], WithDecryption=True)
    except (ClientError, BotoCoreError) as error:
        raise of_client(error, f"getting the parameter {name}") from error
    if not answer["Parameters"]:
        raise PhaseError("CLIENT_ERROR", f"Parameter {name} does not exist")
    return str(answer["Parameters"][0]["Value"])


def _secret(client: Any, reference: str) -> str:
    """`secret-id:json-key:version-stage:version-id`, where the id may be an ARN."""
    parts = reference.split(":")
    head = 7 if reference.startswith("arn:") else 1
    identifier, rest = ":".join(parts[:head]), [*parts[head:], "", "", ""]
    key, stage, version = rest[:3]
    more = {"VersionStage": stage} if stage else {}
    more |= {"VersionId": version} if version else {}
    try:
        text = str(client.get_secret_value(SecretId=identifier, **more)["SecretString"])
    except (ClientError, BotoCoreError) as error:
        raise of_client(error, f"getting the secret {identifier}") from error
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError):
        raise PhaseError("CLIENT_ERROR", f"the secret {identifier} has no key {key}") from None
