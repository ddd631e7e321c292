"""What brings things into accounts: CodePipeline, CodeBuild, CodeConnections, CloudFormation, Service Catalog.

What a stack makes is made with the account's own rights, whoever asked: the caller needs the call and the right to pass
the stack's role, while the role's own rights are not asked (docs/emulator.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.emulator.delivery.store import store_of
from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Context, Need, Table
from harness.emulator.servicecatalog.backend import store_of as catalog_of


def _projects_of_builds(asked: Asked) -> list[str]:
    given = asked.get("ids") or [asked.text("id")]
    names = dict.fromkeys(str(each).rpartition("/")[2].partition(":")[0] for each in given if each)
    return [own.arn_of("codebuild", asked.region, asked.caller.account_id, f"project/{name}") for name in names]


CODEBUILD = Table(
    prefix="codebuild",
    resources=dict.fromkeys(("BatchGetBuilds", "BatchDeleteBuilds", "RetryBuild", "StopBuild"), _projects_of_builds),
    variables={"ProjectName": ("projectName", "name", "names", "project"), "ReportGroupName": ("name",)},
    roles=dict.fromkeys(("serviceRole", "serviceRoleOverride"), "codebuild.amazonaws.com"),
)

CODEPIPELINE = Table(
    prefix="codepipeline",
    variables={
        "PipelineName": ("pipelineName", "name", "pipeline.name"),
        "StageName": ("stageName",),
        "ActionName": ("actionName",),
    },
    roles={"roleArn": "codepipeline.amazonaws.com"},
    tags=own.tags("codepipeline", "list_tags_for_resource", "resourceArn", "tags"),
    tagging="TagResource",
)


def _connection(asked: Asked) -> list[str]:
    return [asked.text("ConnectionArn") or asked.text("ResourceArn")]


def _connection_tags(arn: str) -> dict[str, str]:
    parts = arn.split(":", 5)
    found = store_of(parts[4], parts[3]).connections.get(parts[5])
    return dict(found.tags) if found else {}


def _connections(prefix: str) -> Table:
    """The service has two names, and actions of both."""
    named = ("DeleteConnection", "GetConnection", "ListTagsForResource", "TagResource", "UntagResource")
    return Table(
        prefix=prefix,
        resources=dict.fromkeys(named, _connection),
        keys=lambda asked: {f"{prefix}:ProviderType": asked.get("ProviderType")},
        tags=_connection_tags,
        tagging="TagResource",
        whole_if_unnamed=True,
    )


CODECONNECTIONS = _connections("codeconnections")
CODESTAR_CONNECTIONS = _connections("codestar-connections")


def _stack(asked: Asked) -> list[str]:
    """By its ARN; by its name with any id, which is how AWS tells of it."""
    change_set, name = asked.text("ChangeSetName"), asked.text("StackName") or asked.text("ResourceName")
    if name.startswith("arn:"):
        return [name]
    if not name and not change_set:
        return []
    # A change set that is named by its ARN does not say whose it is.
    return [own.arn_of("cloudformation", asked.region, asked.caller.account_id, f"stack/{name or '*'}/*")]


def _stack_tags(arn: str) -> dict[str, str]:
    name = arn.split(":", 5)[5].split("/")[1]
    found = own.api(arn).attempt("cloudformation", "describe_stacks", StackName=name)
    return own.pairs(found["Stacks"][0].get("Tags")) if found else {}


def _stack_keys(asked: Asked) -> Context:
    return {
        "cloudformation:RoleArn": asked.get("RoleARN"),
        "cloudformation:TemplateUrl": asked.get("TemplateURL"),
        "cloudformation:StackPolicyUrl": asked.get("StackPolicyURL"),
        "cloudformation:ChangeSetName": asked.get("ChangeSetName"),
        "cloudformation:ResourceTypes": tuple(asked.get("ResourceTypes") or ()),
        "cloudformation:CreateAction": asked.operation,
        "cloudformation:ImportResourceTypes": (),
        "cloudformation:TypeArn": asked.get("Arn"),
        "cloudformation:TargetRegion": tuple(asked.get("Regions") or ()),
    }


CLOUDFORMATION = Table(
    prefix="cloudformation",
    kinds={"stack": _stack},
    variables={"StackSetName": ("StackSetName",), "Id": ("StackSetId",)},
    roles={"RoleARN": "cloudformation.amazonaws.com", "AdministrationRoleARN": "cloudformation.amazonaws.com"},
    keys=_stack_keys,
    tags=_stack_tags,
    tagging="TagResource",
    whole_if_unnamed=True,
)


def _catalog_tags(arn: str) -> dict[str, str]:
    region, account_id, resource = arn.split(":", 5)[3:]
    kept, identifier = catalog_of(account_id, region), resource.partition("/")[2]
    found = kept.portfolios.get(identifier) or kept.products.get(identifier)
    return dict(found.tags) if found is not None else {}


def _passed_by_constraint(asked: Asked) -> Iterator[Need]:
    """A launch constraint hands its role to Service Catalog."""
    text = asked.text("Parameters")
    if asked.operation not in ("CreateConstraint", "UpdateConstraint") or not text:
        return
    try:
        said = json.loads(text)
    except ValueError:
        return  # Service Catalog refuses it
    role = said.get("RoleArn") or ""
    if local := said.get("LocalRoleName"):
        role = f"arn:aws:iam::{asked.caller.account_id}:role/{local}"
    if role:
        yield Need("iam:PassRole", role, role.split(":")[4], {"iam:PassedToService": "servicecatalog.amazonaws.com"})


def _by_id(asked: Asked) -> list[str]:
    identifier = asked.text("ResourceId")
    kind = "portfolio" if identifier.startswith("port-") else "product"
    return [own.arn_of("catalog", asked.region, asked.caller.account_id, f"{kind}/{identifier}")]


SERVICE_CATALOG = Table(
    prefix="servicecatalog",
    resources=dict.fromkeys(("AssociateTagOptionWithResource", "DisassociateTagOptionFromResource"), _by_id),
    variables={"ProductId": ("ProductId", "Id", "SourceProductArn"), "PortfolioId": ("PortfolioId", "Id")},
    keys=lambda asked: {
        # Calls reach what belongs to the caller's account and nothing else.
        "servicecatalog:accountLevel": "self",
        "servicecatalog:roleLevel": None,
        "servicecatalog:userLevel": None,
        "servicecatalog:Resource": asked.get("ResourceId"),
        "servicecatalog:ResourceType": None,
    },
    tags=_catalog_tags,
    more=_passed_by_constraint,
    whole_if_unnamed=True,
)
