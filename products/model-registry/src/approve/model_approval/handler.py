"""The function behind automatic approval: asks SageMaker and S3, approves, tells people. It decides nothing itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import boto3

from model_approval.decision import RefusedError, Rule, judge, metrics_key

LOG = logging.getLogger("model_approval")
LOG.setLevel(logging.INFO)


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One event "SageMaker Model Package State Change". Errors of AWS go to the caller, which tries again."""
    return approve(event["detail"]["ModelPackageArn"], rule_of(os.environ), os.environ["TOPIC"])


def rule_of(settings: Mapping[str, str]) -> Rule:
    """The rule of the function's environment."""
    names = settings["MODEL_GROUP"], settings["BUCKET"], settings["METRIC"]
    return Rule(*names, float(settings["THRESHOLD"]), settings["TRUSTED_CODE"])


def approve(arn: str, rule: Rule, topic: str) -> dict[str, Any]:
    """Approve the version if it may be. Answers {"approved": bool, "reason": str}.

    The event only says which version: what counts is what the registry answers now.
    """
    sagemaker = boto3.client("sagemaker")
    try:
        version = sagemaker.describe_model_package(ModelPackageName=arn)
        key = metrics_key(version, rule)
        content = boto3.client("s3").get_object(Bucket=rule.bucket, Key=key)["Body"].read()
        reason = judge(content, rule)
    except RefusedError as refusal:
        LOG.info("%s is not approved automatically: %s", arn, refusal)
        return {"approved": False, "reason": str(refusal)}
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription=f"Automatic: {reason}"
    )
    LOG.info("%s is approved automatically: %s", arn, reason)
    boto3.client("sns").publish(
        TopicArn=topic,
        Subject=f"{rule.group}: version {arn.rpartition('/')[2]} approved automatically",
        Message=f"{arn} was approved without a person, because {reason}.",
    )
    return {"approved": True, "reason": reason}
