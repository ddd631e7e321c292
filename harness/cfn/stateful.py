"""The resource types that hold data, or whose loss cannot be undone, each with what is lost. Data only.

Source: cfn-lint's StatefulResources.json (its I3011). What it lacks is added here; what is lost with a type is ours, so
that a reader can judge it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import cfnlint.data.AdditionalSpecs
from cfnlint.helpers import load_resource

_LOST = {
    "AWS::Athena::WorkGroup": "query history and saved queries",
    "AWS::CodeArtifact::Domain": "packages of every repository in it",
    "AWS::CodeArtifact::Repository": "packages",
    "AWS::CodeCommit::Repository": "history of the code",
    "AWS::DynamoDB::GlobalTable": "items",
    "AWS::DynamoDB::Table": "items",
    "AWS::ECR::Repository": "images",
    "AWS::EFS::FileSystem": "files",
    "AWS::Glue::Database": "tables' definitions",
    "AWS::Glue::Table": "the table's definition",
    "AWS::KMS::Key": "the key of everything that it encrypted",
    "AWS::Logs::LogGroup": "log lines",
    "AWS::MWAA::Environment": "run history",
    "AWS::S3::Bucket": "objects",
    "AWS::SQS::Queue": "messages that wait",
    "AWS::SageMaker::Domain": "the file system and the spaces of every user",
    "AWS::SageMaker::FeatureGroup": "features",
    "AWS::SageMaker::MlflowApp": "runs and metrics",
    "AWS::SageMaker::MlflowTrackingServer": "runs and metrics",
    "AWS::SageMaker::ModelPackageGroup": "registered model versions",
    "AWS::SageMaker::NotebookInstance": "the volume with the notebooks",
    "AWS::SageMaker::Space": "the volume of the space",
    "AWS::SageMaker::UserProfile": "home directory of the user",
    "AWS::SecretsManager::Secret": "the secret",
    "AWS::Timestream::Table": "records",
}


@functools.cache
def held_data() -> Mapping[str, str]:
    """Every type that holds data → what is lost with it."""
    listed = load_resource(cfnlint.data.AdditionalSpecs, "StatefulResources.json")["ResourceTypes"]
    return {**dict.fromkeys(listed, "data"), **_LOST}


def stateful_types() -> frozenset[str]:
    """Every type whose policies must be stated."""
    return frozenset(held_data())
