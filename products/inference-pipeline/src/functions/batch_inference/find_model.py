"""The pipeline's first step: the newest approved version of the model group, asked for at every run (P4 P8).

It decides nothing about data and starts nothing. Its output names the version and the files that later steps read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SCHEMA = "platform:schema"  # customer metadata: the schema file's S3 address, as the training pipeline registers it


class Registry(Protocol):
    """What is used of boto3's SageMaker client."""

    def list_model_packages(self, **given: Any) -> dict[str, Any]: ...
    def describe_model_package(self, **given: Any) -> dict[str, Any]: ...


class NoModelError(Exception):
    """There is no version that a run could take; the message is a sentence for the team."""


@dataclass(frozen=True)
class Version:
    """An approved version. Addresses are S3 URIs in the registry's bucket."""

    arn: str
    number: int
    statistics: str
    constraints: str
    schema: str

    def outputs(self) -> dict[str, Any]:
        """Output parameters of the Lambda step."""
        return {
            "ModelPackageArn": self.arn,
            "ModelPackageVersion": self.number,
            "Statistics": self.statistics,
            "Constraints": self.constraints,
            "Schema": self.schema,
        }


def newest_approved(registry: Registry, group: str) -> Version:
    """The newest approved version of the group (an ARN). Raises NoModelError for none, or an incomplete one."""
    asked: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 100,
    }
    while True:
        page = registry.list_model_packages(**asked)
        # A page may be empty although more follow: the status is looked at after the page was cut.
        if page["ModelPackageSummaryList"]:
            newest = page["ModelPackageSummaryList"][0]["ModelPackageArn"]
            return version(registry.describe_model_package(ModelPackageName=newest))
        if not page.get("NextToken"):
            break
        asked["NextToken"] = page["NextToken"]
    raise NoModelError(
        f"No version of model group {group.rpartition('/')[2]} is approved in the registry {group.split(':')[4]}. "
        "Have an approver approve one there, then start the run again."
    )


def _refused(group: str) -> str:
    """A registry that does not know this account does not tell either whether it has the group."""
    account, name = group.split(":")[4], group.rpartition("/")[2]
    return (
        f"The registry {account} does not show the model group {name} to this account. "
        f"Launch the product model registry there for {name}, or name this account in its launch."
    )


def version(described: Mapping[str, Any]) -> Version:
    """An answer of DescribeModelPackage. Raises NoModelError that names what the registration lacks."""
    baseline = described.get("DriftCheckBaselines", {}).get("ModelDataQuality", {})
    found = {
        "drift statistics": baseline.get("Statistics", {}).get("S3Uri", ""),
        "drift constraints": baseline.get("Constraints", {}).get("S3Uri", ""),
        "a schema": described.get("CustomerMetadataProperties", {}).get(SCHEMA, ""),
    }
    missing = [name for name, address in found.items() if not address]
    if missing:
        raise NoModelError(
            f"Version {described['ModelPackageVersion']} of model group {described['ModelPackageGroupName']} "
            f"was registered without {' and '.join(missing)}. "
            "Register models with the product training pipeline, which adds them."
        )
    statistics, constraints, schema = found.values()
    return Version(described["ModelPackageArn"], int(described["ModelPackageVersion"]), statistics, constraints, schema)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry."""
    import boto3
    from botocore.exceptions import ClientError

    group = os.environ["MODEL_GROUP_ARN"]
    try:
        found = newest_approved(boto3.client("sagemaker"), group)
    except NoModelError as error:
        print(json.dumps({"no model": str(error)}))
        raise
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        print(json.dumps({"refused": str(error)}))
        raise NoModelError(_refused(group)) from None
    print(json.dumps({"model": found.outputs()}))
    return found.outputs()
