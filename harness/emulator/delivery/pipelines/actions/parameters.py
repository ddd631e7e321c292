"""ParameterOverrides of a CloudFormation action: a JSON object, whose values may come out of artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.emulator.delivery.pipelines.context import ActionError, Context


def overrides(context: Context) -> dict[str, str]:
    """Parameter → value. Raises ActionError on what is no such object, or names an artifact that is not there."""
    text = context.get("ParameterOverrides") or "{}"
    try:
        given = json.loads(text)
    except ValueError as error:
        raise _invalid(f"Invalid ParameterOverrides: {error}") from None
    if not isinstance(given, Mapping):
        raise _invalid("Invalid ParameterOverrides: a JSON object was expected")
    return {str(key): _value(context, str(key), value) for key, value in given.items()}


def _value(context: Context, key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        match list(value.items()):
            case [("Fn::GetArtifactAtt", [str(name), str(attribute)])]:
                return _attribute(context, name, attribute)
            case [("Fn::GetParam", [str(name), str(file), str(entry)])]:
                return _entry(context, name, file, entry)
        raise _invalid(f"Invalid ParameterOverrides: {key} is neither a text, Fn::GetArtifactAtt nor Fn::GetParam")
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attribute(context: Context, name: str, attribute: str) -> str:
    artifact = context.run.inputs.get(name)
    if artifact is None:
        raise _invalid(f"Fn::GetArtifactAtt: {name} is no input artifact")
    address = f"https://{artifact.bucket}.s3.amazonaws.com/{artifact.key}"
    known = {"ArtifactName": name, "BucketName": artifact.bucket, "ObjectKey": artifact.key, "URL": address}
    if attribute not in known:
        raise _invalid(f"Fn::GetArtifactAtt: {attribute} is none of {', '.join(known)}")
    return known[attribute]


def _entry(context: Context, name: str, file: str, entry: str) -> str:
    try:
        return str(json.loads(context.input_file(f"{name}::{file}"))[entry])
    except ValueError as error:
        raise _invalid(f"Fn::GetParam: {file} of {name} is no JSON: {error}") from None
    except (KeyError, TypeError):
        raise _invalid(f"Fn::GetParam: {file} of {name} has no entry {entry}") from None


def _invalid(message: str) -> ActionError:
    return ActionError(message, "ConfigurationError")
