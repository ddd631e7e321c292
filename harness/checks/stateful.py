"""The resource types that hold data, or whose loss cannot be undone. Data only; rule E9020 reads it.

Source: cfn-lint's StatefulResources.json (its I3011). What it lacks is added here, each with what is lost, so that a
reader can judge it.
"""

from __future__ import annotations

import functools

import cfnlint.data.AdditionalSpecs
from cfnlint.helpers import load_resource

# Type → what is lost with it.
_BEYOND_CFN_LINT = {
    "AWS::Athena::WorkGroup": "query history and saved queries",
    "AWS::CodeArtifact::Domain": "packages of every repository in it",
    "AWS::CodeArtifact::Repository": "packages",
    "AWS::CodeCommit::Repository": "history of the code",
    "AWS::ECR::Repository": "images",
    "AWS::Glue::Database": "tables' definitions",
    "AWS::Glue::Table": "the table's definition",
    "AWS::MWAA::Environment": "run history",
    "AWS::SageMaker::Domain": "the file system of every user; spaces",
    "AWS::SageMaker::FeatureGroup": "features",
    "AWS::SageMaker::MlflowApp": "runs and metrics",
    "AWS::SageMaker::MlflowTrackingServer": "runs and metrics",
    "AWS::SageMaker::ModelPackageGroup": "registered model versions",
    "AWS::SageMaker::NotebookInstance": "the volume with the notebooks",
    "AWS::SageMaker::Space": "the volume of the space",
    "AWS::SageMaker::UserProfile": "home directory of the user",
    "AWS::Timestream::Table": "records",
}


@functools.cache
def stateful_types() -> frozenset[str]:
    """Every type whose policies must be stated."""
    listed = load_resource(cfnlint.data.AdditionalSpecs, "StatefulResources.json")["ResourceTypes"]
    return frozenset(listed) | frozenset(_BEYOND_CFN_LINT)
