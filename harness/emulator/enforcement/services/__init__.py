"""One table a service: what its calls take. docs/emulator.md lists them, and says what holds of a service without."""

from __future__ import annotations

from harness.emulator.enforcement.services import (
    compute,
    delivery,
    kms,
    messaging,
    packages,
    people,
    s3,
    sagemaker,
    storing,
    watching,
)
from harness.emulator.enforcement.table import Table

# Signing name → table.
TABLES: dict[str, Table] = {
    "cloudformation": delivery.CLOUDFORMATION,
    "codeartifact": packages.CODEARTIFACT,
    "codebuild": delivery.CODEBUILD,
    "codeconnections": delivery.CODECONNECTIONS,
    "codestar-connections": delivery.CODESTAR_CONNECTIONS,
    "codepipeline": delivery.CODEPIPELINE,
    "dynamodb": storing.DYNAMODB,
    "ec2": people.EC2,
    "ecr": storing.ECR,
    "events": messaging.EVENTS,
    "iam": people.IAM,
    "kms": kms.TABLE,
    "lambda": compute.LAMBDA,
    "logs": watching.LOGS,
    "monitoring": watching.CLOUDWATCH,
    "s3": s3.TABLE,
    "sagemaker": sagemaker.TABLE,
    "scheduler": messaging.SCHEDULER,
    "secretsmanager": storing.SECRETS,
    "servicecatalog": delivery.SERVICE_CATALOG,
    "sns": messaging.SNS,
    "sqs": messaging.SQS,
    "ssm": storing.SSM,
    "states": compute.STATES,
    "sts": people.STS,
}
# Of services without a table, where the actions begin with another name than the one that signs.
_PREFIXES = {"tagging": "tag"}
_BY_PREFIX = {each.prefix: each for each in TABLES.values()}


def table(signing_name: str) -> Table | None:
    """The table of the service that signs with that name, if it has one."""
    return TABLES.get(signing_name)


def prefix(signing_name: str) -> str:
    """How the actions of the service that signs with that name begin, whether it has a table or not."""
    known = TABLES.get(signing_name)
    return known.prefix if known else _PREFIXES.get(signing_name, signing_name)


def by_prefix(prefix: str) -> Table:
    """The table of the service whose actions begin so: a call to one service may take permissions of another."""
    return _BY_PREFIX[prefix]
