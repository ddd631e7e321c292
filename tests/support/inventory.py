"""What stands in an account of the emulated landscape, by name, to compare two moments. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.emulator.clients import administrator

Clients = Callable[[str], Any]


def inventory(url: str, account: str, region: str) -> frozenset[str]:
    """`kind name` of everything that products make."""
    return frozenset(_all(lambda service: administrator(service, account, region, url)))


def _all(client: Clients) -> Iterator[str]:
    for kind, service, operation, result, name in _LISTS:
        for page in client(service).get_paginator(operation).paginate():
            yield from (f"{kind} {each[name] if name else each}" for each in page.get(result, ()))
    for schedule in client("scheduler").list_schedules()["Schedules"]:
        yield f"schedule {schedule['Name']}"
    for alarm in client("cloudwatch").get_paginator("describe_alarms").paginate().search("MetricAlarms[].AlarmName"):
        yield f"alarm {alarm}"
    s3 = client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        yield f"bucket {bucket['Name']}"
    for target in client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
        "ScalableTargets"
    ]:
        yield f"scaling {target['ResourceId']}"


# kind, service, operation, member of the answer, member of each that names it (none: it is the name).
_LISTS = (
    ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("delivery", "codepipeline", "list_pipelines", "pipelines", "name"),
    ("project", "codebuild", "list_projects", "projects", ""),
    ("table", "dynamodb", "list_tables", "TableNames", ""),
    ("repository", "ecr", "describe_repositories", "repositories", "repositoryName"),
    ("rule", "events", "list_rules", "Rules", "Name"),
    ("role", "iam", "list_roles", "Roles", "RoleName"),
    ("key", "kms", "list_keys", "Keys", "KeyId"),
    ("function", "lambda", "list_functions", "Functions", "FunctionName"),
    ("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("model", "sagemaker", "list_models", "Models", "ModelName"),
    ("endpoint", "sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    ("configuration", "sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("group", "sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ("pipeline", "sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName"),
    ("topic", "sns", "list_topics", "Topics", "TopicArn"),
    ("queue", "sqs", "list_queues", "QueueUrls", ""),
)
