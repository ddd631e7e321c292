"""What ends a persona's rights, one by one: the repair engineer's a moment, the approver's and support's their duties.

A line of the proof; see `proof.py`. What is written about a right that is not listed here is that it is too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import STATUS, Landscape
from harness.checks.duties.problem import APPROVER, Problem, personas
from harness.checks.duties.routes import APPROVER_PATHS
from harness.iam import UNLIMITED, Principal, Values, reference
from harness.iam.possible import Question, may, possible

# Everything that a persona may change, whatever its policies come to say.
WRITES: Mapping[str, frozenset[str]] = {
    # decisions, and nothing else; the others open the own profile and the reports
    APPROVER: frozenset({"kms:Decrypt", "sagemaker:CreatePresignedDomainUrl", "sagemaker:UpdateModelPackage"}),
    # ends and repeats what hangs, silences alarms, asks AWS; no data, no configuration
    "support": frozenset(
        {
            "cloudwatch:DisableAlarmActions",
            "cloudwatch:EnableAlarmActions",
            "codepipeline:RetryStageExecution",
            "sagemaker:DeleteApp",
            "sagemaker:RetryPipelineExecution",
            "sagemaker:StopPipelineExecution",
            "sagemaker:StopProcessingJob",
            "sagemaker:StopTrainingJob",
            "sagemaker:StopTransformJob",
            "support:AddCommunicationToCase",
            "support:CreateCase",
        }
    ),
}


def limits(landscape: Landscape) -> Iterator[Problem]:
    """Every right that goes beyond."""
    for name, who in personas(landscape):
        if name == "repair":
            yield from _over(who)
        for action in sorted(_written(landscape, who) - WRITES[name]) if name in WRITES else ():
            what = f"the persona {name} of {who.account} may do {action}"
            yield Problem(
                what, "take it away, or name it among the duties in harness/checks/duties/limits.py", who.unit
            )
    yield from _decisions_only(landscape)


def _written(landscape: Landscape, who: Holder) -> set[str]:
    """What somebody may change by their own policies, or by those of the account's resources."""
    granted = landscape.granting(who)
    return {action for action in may(who.principal, who.policies, who.known, granted) if not _reads(action)}


def _over(who: Holder) -> Iterator[Problem]:
    """What is left of a repair engineer's rights when the time is over."""
    late: dict[str, Values] = {"aws:CurrentTime": "2999-01-01T00:00:00Z"}
    left = sorted(may(who.principal, who.policies, {**who.known, **late}))
    if left:
        what = f"the repair engineer of {who.account} may still do {left[0]} when the time is over"
        yield Problem(what, "keep the statement NothingAfterRepairUntil", who.unit)
    root = Principal.account(who.account)
    known = {**late, "aws:PrincipalAccount": who.account}
    question = Question(root, "sts:AssumeRole", who.arn, known, who.account)
    if possible(question, UNLIMITED, who.trust, resource_must_allow=True):
        what = f"somebody may become the repair engineer of {who.account} when the time is over"
        yield Problem(what, "keep DateLessThan in the role's trust policy", who.unit)


def _decisions_only(landscape: Landscape) -> Iterator[Problem]:
    """Whoever decides changes nothing else of a version; and a function that approves never rejects."""
    for who in landscape.holders:
        if not who.name.startswith(APPROVER_PATHS):
            continue
        statuses: list[str | None] = [None]
        if "lambda.amazonaws.com" in who.services:
            statuses.append("Rejected")
        for status in statuses:
            # each side for itself: the own policies, and those of the group
            if who.may("sagemaker:UpdateModelPackage", "*", who.account, {STATUS: status}):
                told = "changes versions without a decision" if status is None else "rejects"
                yield Problem(
                    f"the role {who.name} of {who.account} {told}", "name the statuses that it sets", who.unit
                )
        if who.account == landscape.stage.registry:
            continue
        for owner, group, policy in landscape.groups:
            versions = f"arn:aws:sagemaker:*:{owner}:model-package/{group}/*"
            known: dict[str, Values] = {**who.known, STATUS: None}
            question = Question(who.principal, "sagemaker:UpdateModelPackage", versions, known, owner)
            if possible(question, UNLIMITED, policy):
                what = f"the policy of the group {group} lets {who.name} change versions without a decision"
                yield Problem(
                    what, "name the statuses in products/model-registry/policies/group.yaml.j2", "model-registry"
                )


def _reads(action: str) -> bool:
    known = reference.known(action)
    return known is not None and known.reads
