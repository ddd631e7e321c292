"""What acts with which role, and who could steer it: functions, pipelines, builds, profiles, stacks and the like.

A seat is a thing that acts with a role. Whoever may do one of its `steering` actions on it decides what it does with
all that the role may. Data and reading only; whether somebody may is asked in `routes`.
Sources: the services' API references (which calls change what runs, and which of them ask for iam:PassRole again).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.checks.duties.stage import Stage, Thing
from harness.iam import Values

# Service principal → prefix of the actions that hand it a role. A role that may be passed to a service is taken to be
# in the hands of whoever may write anything at all there.
PREFIXES: Mapping[str, str] = {
    "sagemaker.amazonaws.com": "sagemaker",
    "lambda.amazonaws.com": "lambda",
    "codebuild.amazonaws.com": "codebuild",
    "codepipeline.amazonaws.com": "codepipeline",
    "cloudformation.amazonaws.com": "cloudformation",
    "events.amazonaws.com": "events",
    "scheduler.amazonaws.com": "scheduler",
    "states.amazonaws.com": "states",
    "servicecatalog.amazonaws.com": "servicecatalog",
    "ssm.amazonaws.com": "ssm",
    "vpc-flow-logs.amazonaws.com": "ec2",
    "ec2.amazonaws.com": "ec2",
    "ecs-tasks.amazonaws.com": "ecs",
    "glue.amazonaws.com": "glue",
    "elasticmapreduce.amazonaws.com": "elasticmapreduce",
    "batch.amazonaws.com": "batch",
    "application-autoscaling.amazonaws.com": "application-autoscaling",
}


def prefix(service: str) -> str:
    """How the actions of a service principal's service begin."""
    return PREFIXES.get(service, service.partition(".")[0])


@dataclass(frozen=True)
class Kind:
    """How things of one type act. `roles`: paths of properties; `*` goes through a list or all values."""

    roles: tuple[str, ...]
    steering: tuple[str, ...]
    starting: tuple[str, ...] = ()  # what only sets it off, as it is
    opens: bool = False  # a person sits in it: nothing happens by itself


# Whoever makes a space, or an application in it, says what runs there when it starts: its image, its lifecycle script.
OF_SPACES = ("sagemaker:CreateApp", "sagemaker:CreateSpace", "sagemaker:StartSession", "sagemaker:UpdateSpace")

KINDS: Mapping[str, Kind] = {
    "AWS::Lambda::Function": Kind(
        ("Role",),
        ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        (
            "lambda:AddPermission",
            "lambda:CreateEventSourceMapping",
            "lambda:InvokeAsync",
            "lambda:InvokeFunction",
            "lambda:UpdateEventSourceMapping",
        ),
    ),
    "AWS::SageMaker::Pipeline": Kind(
        ("RoleArn",),
        ("sagemaker:UpdatePipeline",),  # an update that keeps the role asks for no right to pass it
        ("sagemaker:StartPipelineExecution", "sagemaker:RetryPipelineExecution"),
    ),
    "AWS::CodeBuild::Project": Kind(
        ("ServiceRole",),
        # a start may bring its own buildspec, image and source
        ("codebuild:UpdateProject", "codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:StartSandbox"),
        ("codebuild:RetryBuild", "codebuild:RetryBuildBatch"),
    ),
    "AWS::CodePipeline::Pipeline": Kind(
        ("RoleArn", "Stages.*.Actions.*.RoleArn", "Stages.*.Actions.*.Configuration.RoleArn"),
        ("codepipeline:UpdatePipeline",),
        (
            "codepipeline:EnableStageTransition",
            "codepipeline:OverrideStageCondition",
            "codepipeline:PutApprovalResult",
            "codepipeline:RetryStageExecution",
            "codepipeline:RollbackStage",
            "codepipeline:StartPipelineExecution",
        ),
    ),
    "AWS::StepFunctions::StateMachine": Kind(
        ("RoleArn",), ("states:UpdateStateMachine", "states:TestState"), ("states:StartExecution",)
    ),
    "AWS::Events::Rule": Kind(
        ("RoleArn", "Targets.*.RoleArn"),
        ("events:PutTargets",),
        ("events:EnableRule", "events:PutEvents", "events:PutRule"),
    ),
    "AWS::Scheduler::Schedule": Kind(("Target.RoleArn",), ("scheduler:UpdateSchedule",)),
    "AWS::SageMaker::NotebookInstance": Kind(
        ("RoleArn",),
        (
            "sagemaker:CreatePresignedNotebookInstanceUrl",
            "sagemaker:UpdateNotebookInstance",
            "sagemaker:UpdateNotebookInstanceLifecycleConfig",
        ),
        opens=True,
    ),
    "AWS::SageMaker::UserProfile": Kind(
        ("UserSettings.ExecutionRole",),
        ("sagemaker:CreatePresignedDomainUrl", "sagemaker:UpdateUserProfile", *OF_SPACES),
        opens=True,
    ),
    "AWS::SageMaker::Domain": Kind(
        ("DefaultUserSettings.ExecutionRole", "DefaultSpaceSettings.ExecutionRole"),
        # a profile without a role has the domain's, and so has every shared space
        ("sagemaker:CreateUserProfile", "sagemaker:UpdateDomain", *OF_SPACES),
        opens=True,
    ),
    "AWS::SageMaker::MlflowApp": Kind(
        ("RoleArn",),
        ("sagemaker:CreatePresignedMlflowAppUrl", "sagemaker:UpdateMlflowApp"),
        ("sagemaker:CallMlflowAppApi",),
        opens=True,
    ),
    # It never changes; whoever has a schedule may name it, and so set it off.
    "AWS::SageMaker::DataQualityJobDefinition": Kind(
        ("RoleArn",),
        (),
        (
            "sagemaker:CreateMonitoringSchedule",
            "sagemaker:StartMonitoringSchedule",
            "sagemaker:UpdateMonitoringSchedule",
        ),
    ),
    "AWS::SSM::Association": Kind(
        ("Parameters.AutomationAssumeRole.*",),
        ("ssm:UpdateAssociation", "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"),
        ("ssm:StartAssociationsOnce",),
    ),
}

# A stack acts with the role that it was made with, without its being passed again.
STACK_STEERING = (
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStackInstances",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:ExecuteStackRefactor",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateStackInstances",
    "cloudformation:UpdateStackSet",
)
STACK_STARTING = (
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:RollbackStack",
)
# Whose template is launched, by whom, and with which role, is said in the account of the product; what is launched is
# given another role in its own.
CATALOG_STEERING = (
    "servicecatalog:AssociatePrincipalWithPortfolio",
    "servicecatalog:AssociateServiceActionWithProvisioningArtifact",
    "servicecatalog:BatchAssociateServiceActionWithProvisioningArtifact",
    "servicecatalog:CreateConstraint",
    "servicecatalog:CreateProvisioningArtifact",
    "servicecatalog:UpdateConstraint",
    "servicecatalog:UpdateProvisionedProductProperties",
    "servicecatalog:UpdateServiceAction",
)
# Types that name a role and give nobody a way to it.
PASSIVE: Mapping[str, str] = {
    "AWS::EC2::FlowLog": "It writes logs, and has nothing that could be changed.",
    "AWS::SSM::Parameter": "It is a text; whoever reads the role there must be allowed to pass it.",
}
# Stands for whoever may do everything in an account, such as the roles that deploy foundations.
ADMINISTRATOR = "arn:aws:iam::{account}:root"


@dataclass(frozen=True)
class Seat:
    """One thing that acts with a role. `known`: condition keys that requests about it carry for certain."""

    what: str  # for a person
    unit: str
    account: str
    arn: str
    roles: tuple[str, ...]
    steering: tuple[str, ...]
    starting: tuple[str, ...]
    opens: bool
    thing: Thing | None = None
    known: Mapping[str, Values] = field(default_factory=dict)


def seats(stage: Stage) -> Iterator[Seat]:
    """Everything on the stage that acts with a role."""
    for type_, kind in KINDS.items():
        for thing in stage.of(type_):
            roles = roles_of(thing)
            if roles:
                known = {**_tags_known(thing), **_space_known(thing)}
                yield Seat(
                    str(thing), thing.unit, thing.account, thing.arn, roles, kind.steering, kind.starting, kind.opens,
                    thing, known,
                )  # fmt: skip
    yield from _stacks(stage)
    yield from _catalogs(stage)


def _stacks(stage: Stage) -> Iterator[Seat]:
    """Stacks of products act with the launch role of their product, foundations with an administrator's."""
    for account, region, stack, unit in dict.fromkeys((t.account, t.region, t.stack, t.unit) for t in stage.things):
        role = f"arn:aws:iam::{account}:role/platform-launch-{unit}"
        if unit.startswith("foundation/"):
            role = ADMINISTRATOR.format(account=account)
        arn = f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/1"
        name = f"stack {stack} of {account}"
        yield Seat(name, unit, account, arn, (role,), STACK_STEERING, STACK_STARTING, False)


def _catalogs(stage: Stage) -> Iterator[Seat]:
    """Whoever says what a product's template is, or with which role it is launched, has the launch roles."""
    launching = [each for each in stage.of("AWS::IAM::Role") if each.name.startswith("platform-launch-")]
    region = launching[0].region if launching else ""
    for account in dict.fromkeys((stage.hub, stage.registry, *stage.spokes)):
        reached = tuple(each.arn for each in launching if account in (stage.hub, each.account))
        arn = f"arn:aws:catalog:{region}:{account}:product/prod-abcdefghijklm"
        yield Seat(f"products of {account}", "foundation/hub", account, arn, reached, CATALOG_STEERING, (), False)


def roles_of(thing: Thing) -> tuple[str, ...]:
    """ARNs of the roles that it acts with, as far as its kind is known."""
    paths = KINDS[thing.type].roles if thing.type in KINDS else ()
    return tuple(dict.fromkeys(role for path in paths for role in _at(thing.properties, path.split("."))))


def _space_known(thing: Thing) -> dict[str, Values]:
    """Private spaces act with the role of the profile that owns them, shared ones with the domain's."""
    if thing.type == "AWS::SageMaker::UserProfile":
        return {"sagemaker:OwnerUserProfileArn": thing.arn, "sagemaker:SpaceSharingType": "Private"}
    return {"sagemaker:SpaceSharingType": "Shared"} if thing.type == "AWS::SageMaker::Domain" else {}


def _tags_known(thing: Thing) -> dict[str, Values]:
    service = thing.type.split("::")[1].lower()
    keys: dict[str, Values] = {}
    for prefix in ("aws:ResourceTag", f"{service}:ResourceTag"):
        for name in ("platform:persona", "platform:product", "platform:user"):
            keys[f"{prefix}/{name}"] = thing.tags.get(name)
    return keys


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(value, str) and value.startswith("arn:"):
            yield value
        return
    head, *rest = path
    if head == "*":
        for each in value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else ():
            yield from _at(each, rest)
    elif isinstance(value, Mapping) and head in value:
        yield from _at(value[head], rest)
