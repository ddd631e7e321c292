"""What the search for routes has an answer to, so that what it has none to is a finding and not silence.

Of every right to change something, of whoever a persona may come to act as: either it is a step that `routes` looks
for, or it is told here why it leads nowhere. Of every type of resource that names a role: either `seats` knows who
steers it, or why nobody does. Of every service that a role trusts: what its actions are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from harness.checks.duties import places, seats
from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import Landscape
from harness.checks.duties.routes import LAUNCH, SHAPING, SHAPING_POLICIES, UPDATES
from harness.iam import reference
from harness.iam.policy import Actions
from harness.iam.possible import services_of

# Who decides about models; asked of everybody who is reached.
DECISIONS = (
    "sagemaker:CreateModelPackage",
    "sagemaker:DeleteModelPackageGroupPolicy",
    "sagemaker:PutModelPackageGroupPolicy",
    "sagemaker:UpdateModelPackage",
)
STEPS = frozenset(
    {
        *(action for kind in seats.KINDS.values() for action in (*kind.steering, *kind.starting)),
        *(*seats.STACK_STEERING, *seats.STACK_STARTING, *seats.CATALOG_STEERING),
        *(*places.IMAGES, *places.PACKAGES, *places.OBJECTS, *places.PARAMETERS),
        *(*SHAPING, *SHAPING_POLICIES, LAUNCH, *UPDATES, *DECISIONS, "iam:PassRole", "sts:AssumeRole"),
    }
)
# Why a right to change something brings nobody to another role → the rights.
LEADS_NOWHERE: Mapping[str, tuple[str, ...]] = {
    "It ends, removes or holds up what there is.": (
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DisableAlarmActions",
        "codepipeline:DisableStageTransition",
        "codepipeline:StopPipelineExecution",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "events:DisableRule",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "sagemaker:DeleteApp",
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "sagemaker:DeletePipeline",
        "sagemaker:DeleteProject",
        "sagemaker:DeleteSpace",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:StopPipelineExecution",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:StopTransformJob",
        "servicecatalog:DeleteProvisionedProductPlan",
        "servicecatalog:TerminateProvisionedProduct",
    ),
    "What it makes acts with a role that its maker must be allowed to pass, which is a step.": (
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateModel",
        "sagemaker:CreatePipeline",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
    ),
    "It runs models that stand there, each with the role that it was made with.": (
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateTransformJob",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    ),
    "It launches what a portfolio offers to whoever asks, as they would themselves.": (
        "sagemaker:CreateProject",
        "sagemaker:UpdateProject",
        "servicecatalog:CreateProvisionedProductPlan",
    ),
    "It changes how many runs go side by side, and a name.": ("sagemaker:UpdatePipelineExecution",),
    "Tags that decide are held by the boundary, which is proved for itself.": ("sagemaker:AddTags",),
    "A group of one's own is nobody else's; versions in it are decisions, which are asked for.": (
        "sagemaker:CreateModelPackageGroup",
    ),
    "The role is AWS's own, with AWS's policies.": ("iam:CreateServiceLinkedRole",),
    "It uses a key on data, or saves one; no role acts by it.": (
        "kms:CancelKeyDeletion",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:EnableKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ),
    "It writes what people and alarms read; whom an alarm may call is said by a policy of the one called.": (
        "cloudwatch:EnableAlarmActions",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:PutMetricData",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "support:AddCommunicationToCase",
        "support:CreateCase",
    ),
    "It is a part of a network, or a size.": (
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
    ),
    "Messages that were let in before go where they were sent before.": ("sqs:StartMessageMoveTask",),
}
_HARMLESS = frozenset(action for actions in LEADS_NOWHERE.values() for action in actions)
_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/.+")
# Where a role's ARN says nothing about who acts with it: policies, and what a function reads.
_SAID_ELSEWHERE = ("Environment",)


def unjudged_rights(who: Holder) -> tuple[str, ...]:
    """What its own policies let it change of which nobody has said whether it leads somewhere."""
    allowing = (each.actions for policy in who.policies.identity for each in policy.statements if each.allows)
    return tuple(sorted({action for actions in allowing for action in changes(actions)} - STEPS - _HARMLESS))


@cache
def changes(actions: Actions) -> frozenset[str]:
    """The actions of an Action element that do more than read, as far as IAM knows them."""
    exact = actions.exact if not actions.inverted and not actions.patterns else frozenset[str]()
    names = exact or {f"{service}:{name}" for service in services_of(actions) for name in reference.names(service)}
    known = (reference.known(each) for each in names if actions.cover(each.lower()))
    return frozenset(each.name for each in known if each is not None and not each.reads)


def unjudged_things(landscape: Landscape) -> Iterator[tuple[str, str]]:
    """Whatever acts with a role in a way that nobody has said, and the unit that it is of; each type once."""
    told: set[str] = set()
    for thing in landscape.stage.things:
        if thing.type in told or thing.type in seats.PASSIVE or thing.type.startswith("AWS::IAM::"):
            continue
        if unknown := set(_roles(thing.properties)) - set(seats.roles_of(thing)):
            told.add(thing.type)
            yield f"{thing} acts with {min(unknown)}, and nobody has said who steers it", thing.unit
    for role in landscape.holders:
        for service in role.services:
            prefix = seats.prefix(service)
            if service not in told and not reference.names(prefix):
                told.add(service)
                yield f"{role.name} trusts {service}, and nobody has said which actions are the service's", role.unit


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _ROLE.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        if "Statement" not in value:
            yield from (role for key, each in value.items() if key not in _SAID_ELSEWHERE for role in _roles(each))
    elif isinstance(value, list | tuple):
        yield from (role for each in value for role in _roles(each))
