"""The calls that a launch, an update and a removal make in the launch role's name: action, resource, condition keys.

From the resolved resources of a stack. Where neither the schema nor the properties say which resource a permission is
about, it is every resource of that kind: more than is called, so that a role that passes is wide enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.checks.duties.stage import Stage, Thing
from harness.checks.launching import handlers
from harness.iam import Values, reference

# How a service writes itself in kms:ViaService when it uses a key in the caller's name.
_VIA = {"DynamoDB": "dynamodb", "Lambda": "lambda", "S3": "s3", "SNS": "sns", "SQS": "sqs"}
_ROLE_KEYS = {"ExecutionRole", "Role", "RoleARN", "RoleArn", "ServiceRole"}
# What an action on a thing asks for beside it. A VPC may be another account's, who shares it; the rules of a group are
# things of their own, with the stack's tags. Source: service authorization reference of EC2, optional resource types.
_RULES = "arn:aws:ec2:{region}:{account}:security-group-rule/*"
_ASKED_TOO = {
    "ec2:AuthorizeSecurityGroupEgress": _RULES,
    "ec2:AuthorizeSecurityGroupIngress": _RULES,
    "ec2:CreateSecurityGroup": "arn:aws:ec2:{region}:*:vpc/{VpcId}",
    "ec2:CreateTags": _RULES,
    "ec2:DeleteTags": _RULES,
}
# The action by which a thing comes into being carries the tags of the request, and finds none at the resource.
_BIRTHS = ("Create", "Register", "Run")
# Asked for together with the creation, there are no tags yet; an update tells those alone that it changes.
_TAGS_NOT_TOLD = {"create": ":ResourceTag/", "update": ":RequestTag/"}
# What is run with roles that its runs pass, and that nobody passes when it is made.
_RUN_INSIDE = {"Configuration", "PipelineDefinition"}
_POLICIES = ("Policy", "PolicyDocument", "Policies")
# The kind that a handler means where an action takes several and the properties name none.
_USUAL = frozenset({"bucket", "file-system", "object"})
# A connection has ARNs under the service's present name, and CloudFormation asks for it under the earlier one too.
_ALSO_CALLED = {"codeconnections": "codestar-connections"}
# Directories of people are kept by another account of the organization.
_OF_THE_ORGANIZATION = "arn:${Partition}:identitystore:"
# Services whose own role the first resource of a type makes, where it is not only its own service's.
_SERVICE_LINKED = {"AWS::SageMaker::Domain": ("elasticfilesystem.amazonaws.com", "sagemaker.amazonaws.com")}


@dataclass(frozen=True, eq=False)
class Call:
    """One permission that a handler takes. `operation`: create, read, update, delete."""

    thing: Thing
    operation: str
    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)

    def __str__(self) -> str:
        on = "" if self.resource == "*" else f" on {self.resource}"
        return f"to {self.operation} {self.thing.logical_id} ({self.thing.type}) takes {self.action}{on}"


class Surroundings:
    """What else stands there: keys with their tags and aliases, roles with their boundaries."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @cached_property
    def tags(self) -> Mapping[str, Mapping[str, str]]:
        """ARN → tags."""
        return {each.arn: each.tags for each in self.stage.things if each.arn}

    @cached_property
    def keys(self) -> Mapping[tuple[str, str], str]:
        """Account and id → ARN of a key."""
        return {(each.account, each.name): each.arn for each in self.stage.of("AWS::KMS::Key")}

    @cached_property
    def aliases(self) -> Mapping[str, tuple[str, ...]]:
        """ARN of a key → its aliases."""
        found: dict[str, tuple[str, ...]] = {}
        for each in self.stage.of("AWS::KMS::Alias"):
            target = str(each.properties["TargetKeyId"])
            arn = self.keys.get((each.account, target), target)
            found[arn] = (*found.get(arn, ()), str(each.properties["AliasName"]))
        return found

    @cached_property
    def roles(self) -> Mapping[tuple[str, str], Thing]:
        """Account and name → role."""
        return {(each.account, each.name): each for each in self.stage.of("AWS::IAM::Role")}


# What Service Catalog does around a stack in the launch role's name. Source: its administrator guide, "Launch
# constraints" and "Updating provisioned products"; plans are change sets.
_OF_THE_STACK = (
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeStackEvents",
    "DescribeStackResources",
    "DescribeStacks",
    "ExecuteChangeSet",
    "GetTemplate",
    "ListChangeSets",
    "ListStackResources",
    "SetStackPolicy",
    "TagResource",
    "UntagResource",
    "UpdateStack",
)
_BEFORE_THE_STACK = ("cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate")
# Parameters of these types are looked up when a stack begins.
_LOOKED_UP = {
    "AWS::EC2::SecurityGroup::Id": "ec2:DescribeSecurityGroups",
    "AWS::EC2::Subnet::Id": "ec2:DescribeSubnets",
    "AWS::EC2::VPC::Id": "ec2:DescribeVpcs",
}


def calls_around(stack: Thing, parameters: Iterable[tuple[str, str]]) -> Iterator[Call]:
    """What is called for a stack as a whole. `stack`: a thing that stands for it; `parameters`: type and default."""
    for name in _OF_THE_STACK:
        yield Call(stack, "launch", f"cloudformation:{name}", stack.arn)
    for action in _BEFORE_THE_STACK:
        yield Call(stack, "launch", action, "*")
    kept = {"s3:ExistingObjectTag/servicecatalog:provisioning": "true"}
    yield Call(stack, "launch", "s3:GetObject", "arn:aws:s3:::sc-0123456789ab-templates/template", kept)
    for kind, default in parameters:
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            arn = f"arn:aws:ssm:{stack.region}:{stack.account}:parameter{default}"
            yield Call(stack, "launch", "ssm:GetParameters", arn)
        for text, action in _LOOKED_UP.items():
            if text in kind:
                yield Call(stack, "launch", action, "*")


def calls(thing: Thing, around: Surroundings) -> Iterator[Call]:
    """Everything that handlers do with one resource of a stack."""
    for operation in handlers.OPERATIONS:
        if operation == "delete" and thing.deletion_policy == "Retain":
            continue  # CloudFormation never asks for it
        for action in handlers.actions(thing.type, operation, thing.properties):
            for resource in _resources(thing, action, around):
                for context in _contexts(thing, operation, action, resource, around):
                    yield Call(thing, operation, action, resource, context)


def _resources(thing: Thing, action: str, around: Surroundings) -> list[str]:
    found = _asked_for(thing, action, around)
    if action in _ASKED_TOO and thing.type.startswith("AWS::EC2::SecurityGroup"):
        vpc = thing.properties.get("VpcId", "*")
        found.append(_ASKED_TOO[action].format(region=thing.region, account=thing.account, VpcId=vpc))
    if thing.type == "AWS::Logs::LogGroup":
        found += [each.removesuffix(":*") for each in found]  # by which its tags are asked for; source: its user guide
    return list(dict.fromkeys(found))


def _asked_for(thing: Thing, action: str, around: Surroundings) -> list[str]:
    known = reference.known(action)
    assert known is not None, action
    if action == "iam:CreateServiceLinkedRole":
        linked = _SERVICE_LINKED.get(thing.type, (f"{handlers.service(thing.type)}.amazonaws.com",))
        return [f"arn:aws:iam::{thing.account}:role/aws-service-role/{each}/*" for each in linked]
    of_roles = action.startswith("iam:") and action.endswith(("Role", "RolePolicy"))
    if action == "iam:PassRole" or (of_roles and _roles(thing, around)):
        return _roles(thing, around)
    if not known.types:
        return ["*"]
    if action == "kms:Decrypt" and thing.type == "AWS::Lambda::Function":
        return [*_key_of_code(around), *(arn for arn in _arns(thing.properties) if ":kms:" in arn)]
    required = [each for each in known.types if each.required]
    arn = own_arn(thing)
    if arn and (own := [each for each in known.types if each.is_one(arn)]):
        if re.search("Tag|Untag", known.name):
            return [arn]  # of several kinds that have tags it is one
        # what lies below it (a table's stream) is not asked for with it
        rest = [each for each in required if not any(each.arn.startswith(kind.arn) for kind in own)]
        return [arn, *(resource for kind in rest for resource in _of_kind(kind, thing, around))]
    chosen = required or list(known.types)
    found = [resource for kind in chosen for resource in _of_kind(kind, thing, around, whole=bool(required))]
    nearest = next((kind for kind in known.types if kind.name in _USUAL), known.types[0])
    return list(dict.fromkeys(found)) or _of_kind(nearest, thing, around)


def own_arn(thing: Thing) -> str:
    """Its ARN; by IAM's reference where nothing else tells it, empty where that lists no such resource."""
    kind = handlers.own_kind(thing.type)
    if thing.arn or kind is None or len(kind.variables) != 1:
        return thing.arn
    text = kind.arn.replace("${Partition}", "aws").replace("${Region}", thing.region)
    return text.replace("${Account}", thing.account).replace(f"${{{kind.variables[0]}}}", _last(thing.name))


def _last(name: str) -> str:
    return re.split(r"[:/|]", name)[-1]


def _key_of_code(around: Surroundings) -> list[str]:
    """The key of the hub's bucket where code lies."""
    return [arn for arn, names in around.aliases.items() if "alias/platform-artifacts" in names]


def _of_kind(kind: reference.ResourceType, thing: Thing, around: Surroundings, whole: bool = True) -> list[str]:
    """Resources of a kind that the properties name; where they name none, all of that kind in the account."""
    named = [arn for arn in _named(thing, around) if kind.is_one(arn)]
    if named:
        return list(dict.fromkeys(named))
    if not whole and not set(kind.variables) <= _names(thing).keys():
        return []
    account = "" if kind.arn.startswith("arn:${Partition}:s3") else thing.account
    account = "*" if kind.arn.startswith(_OF_THE_ORGANIZATION) else account
    text = kind.arn.replace("${Partition}", "aws").replace("${Region}", thing.region).replace("${Account}", account)
    for variable, value in _names(thing).items():
        text = text.replace(f"${{{variable}}}", value)
    return [reference.ResourceType(kind.name, text, True).pattern]


def _named(thing: Thing, around: Surroundings) -> Iterator[str]:
    """ARNs of what the properties name. What a policy names is its readers' matter: no handler asks for it."""
    for arn in _arns({key: each for key, each in thing.properties.items() if not key.endswith(_POLICIES)}):
        yield arn
        parts = arn.split(":")
        if parts[2] in _ALSO_CALLED:
            yield ":".join([*parts[:2], _ALSO_CALLED[parts[2]], *parts[3:]])
    if thing.type == "AWS::KMS::Alias":
        yield around.keys.get((thing.account, str(thing.properties["TargetKeyId"])), "")


def _names(thing: Thing) -> dict[str, str]:
    """What the variables of ARN formats are called for that thing, where its own name fills them."""
    properties = thing.properties
    short = thing.type.rpartition("::")[2]
    own = _last(thing.name)
    found = {f"{short}Name": own, short: own, f"{short}Id": own}
    if thing.type == "AWS::S3::BucketPolicy":
        found["BucketName"] = str(properties["Bucket"])
    if thing.type == "AWS::KMS::Alias":
        found["Alias"] = thing.name.removeprefix("alias/")
    if thing.type == "AWS::CodePipeline::Pipeline":
        found["PipelineName"] = thing.name
    if thing.type == "AWS::CloudWatch::Dashboard":
        found["DashboardName"] = thing.name
    if thing.type == "AWS::Budgets::Budget":
        found["BudgetName"] = thing.name
    if thing.type == "AWS::SQS::QueuePolicy":
        found["QueueName"] = str(properties["Queues"][0]).rpartition("/")[2]
    if thing.type == "AWS::Lambda::Function":
        code = properties.get("Code", {})
        found["BucketName"], found["ObjectName"] = str(code.get("S3Bucket", "*")), str(code.get("S3Key", "*"))
    if thing.type == "AWS::SSM::Parameter":
        found["ParameterNameWithoutLeadingSlash"] = thing.name.removeprefix("/")
    return found


def _roles(thing: Thing, around: Surroundings) -> list[str]:
    if thing.type == "AWS::IAM::Role":
        return [thing.arn]
    if thing.type in ("AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
        names = thing.properties.get("Roles") or [thing.properties.get("RoleName")]
        given = [str(name) for name in names if name]
        known = [around.roles.get((thing.account, name)) for name in given]
        return [
            role.arn if role else f"arn:aws:iam::{thing.account}:role/{name}"
            for name, role in zip(given, known, strict=True)
        ]
    found = dict.fromkeys(_values(thing.properties, _ROLE_KEYS))
    return [each for each in found if each.split(":")[4] == thing.account]  # nobody passes another account's role


def _contexts(
    thing: Thing, operation: str, action: str, resource: str, around: Surroundings
) -> Iterator[dict[str, Values]]:
    known = reference.known(action)
    assert known is not None
    context: dict[str, Values] = {}
    service, _, name = action.partition(":")
    its_own = "*" in resource or resource == own_arn(thing).removesuffix(":*")
    born = its_own and operation == "create" and name.startswith(_BIRTHS) and service == handlers.service(thing.type)
    request = thing.tags if operation in ("create", "update") else {}
    if known.offers("aws:RequestTag/any"):
        context |= {f"aws:RequestTag/{key}": value for key, value in request.items()}
    if known.offers("aws:TagKeys"):
        context["aws:TagKeys"] = tuple(request) or None
    context |= _about(thing, service, action, resource, around)
    tags: Mapping[str, str] = thing.tags if its_own else around.tags.get(resource, {})
    if born:
        tags = {}
    for key, value in tags.items():
        context[f"aws:ResourceTag/{key}"] = value
        context[f"{service}:ResourceTag/{key}"] = value
    if action == "iam:CreateServiceLinkedRole":
        context["iam:AWSServiceName"] = resource.split("/")[2]
    if name in ("AttachRolePolicy", "DetachRolePolicy") and thing.type == "AWS::IAM::Role":
        for arn in thing.properties.get("ManagedPolicyArns", ()):
            yield {**context, "iam:PolicyARN": str(arn)}
        return
    yield context
    if name in ("TagResource", "AddTags", "CreateTags") and its_own and operation in _TAGS_NOT_TOLD:
        yield {key: value for key, value in context.items() if _TAGS_NOT_TOLD[operation] not in key}


def _about(thing: Thing, service: str, action: str, resource: str, around: Surroundings) -> dict[str, Values]:
    """The keys of services, as the handler's call carries them."""
    found: dict[str, Values] = {}
    if action == "iam:PassRole":
        found["iam:PassedToService"] = f"{handlers.service(thing.type)}.amazonaws.com"
    if service == "iam":
        role = next((each for each in around.roles.values() if each.arn == resource), None)
        boundary = role.properties.get("PermissionsBoundary") if role else None
        found["iam:PermissionsBoundary"] = None if boundary is None else str(boundary)
        found["iam:PolicyARN"] = thing.arn if thing.type == "AWS::IAM::ManagedPolicy" else None
    if service == "kms" and thing.type != "AWS::KMS::Key":
        via = _VIA.get(thing.type.split("::")[1])
        via = "s3" if resource in _key_of_code(around) else via
        found["kms:ViaService"] = f"{via}.{thing.region}.amazonaws.com" if via else None
        found["kms:ResourceAliases"] = around.aliases.get(resource)
    if action == "kms:CreateGrant" or action == "kms:RevokeGrant":
        found["kms:GrantIsForAWSResource"] = "true"
    if action == "kms:ScheduleKeyDeletion":
        found["kms:ScheduleKeyDeletionPendingWindowInDays"] = str(thing.properties.get("PendingWindowInDays", 30))
    if service == "elasticfilesystem":
        found |= {
            "elasticfilesystem:Encrypted": "true",  # a domain's file system always is
            "elasticfilesystem:CreateAction": "CreateFileSystem",
            "aws:ResourceTag/ManagedByAmazonSageMakerResource": thing.arn,
        }
    return found


def _arns(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("arn:") and " " not in value and len(value) < 300:
            yield value
        if value.startswith("s3://") and " " not in value:
            yield f"arn:aws:s3:::{value.removeprefix('s3://').partition('/')[0]}"
            yield f"arn:aws:s3:::{value.removeprefix('s3://')}"
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _arns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _arns(each)


def _values(value: Any, keys: set[str]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key in keys and isinstance(each, str) and ":role/" in each:
                yield each
            elif key not in _RUN_INSIDE:
                yield from _values(each, keys)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, keys)
