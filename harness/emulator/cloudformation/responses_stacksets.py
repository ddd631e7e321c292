"""Stack sets on the wire: their operations of the CloudFormation API over `stacksets.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from harness.cfn.model import StackError
from harness.cfn.parameters import masked
from harness.cfn.template import parse_template
from harness.emulator import organization
from harness.emulator.awserror import NotModelledError
from harness.emulator.cloudformation.requests import page, parameters_of, refusals, refuse_unmodelled, tags_of
from harness.emulator.cloudformation.responses_base import StackResponses
from harness.emulator.cloudformation.shapes import compact, tags
from harness.emulator.cloudformation.stacksets import (
    NOT_ADMINISTRATOR,
    SELF_MANAGED,
    SERVICE_MANAGED,
    Instance,
    Operation,
    StackSet,
    StackSetBackend,
    Target,
    overriding,
    set_backends,
)


class StackSetResponses(StackResponses):
    """Mixed into the response class of the service."""

    @property
    def sets(self) -> StackSetBackend:
        """The stack sets of the caller's account and region; of its management account for a delegated administrator.

        Raises StackError when the caller says that it is one, but is not.
        """
        account = self.current_account
        if self.params.get("CallAs") == "DELEGATED_ADMIN":
            if not organization.administers(account, organization.STACK_SETS):
                raise StackError(NOT_ADMINISTRATOR)
            account = organization.management_account_of(account)
        found: StackSetBackend = set_backends[account][self.region]
        return found

    def create_stack_set(self) -> ActionResult:
        """CreateStackSet."""
        refuse_unmodelled(self.params, "StackId")
        with refusals():
            template = self.template_asked()
            parameters = parameters_of(self.params.get("Parameters"))
            _must_declare(template, parameters)
            model = self.params.get("PermissionModel") or SELF_MANAGED
            deployment = dict(self.params.get("AutoDeployment") or {})
            if deployment and model != SERVICE_MANAGED:
                raise StackError("AutoDeployment can only be specified for SERVICE_MANAGED StackSets")
            made = self.sets.create(
                StackSet(
                    id="",
                    arn="",
                    name=self.params["StackSetName"],
                    template=template,
                    parameters=parameters,
                    description=self.params.get("Description") or "",
                    capabilities=tuple(self.params.get("Capabilities") or ()),
                    tags=tags_of(self.params.get("Tags")),
                    permission_model=model,
                    auto_deployment=deployment,
                    managed_execution=self._is_managed(),
                    administration_role=self.params.get("AdministrationRoleARN") or "",
                    execution_role=self.params.get("ExecutionRoleName") or "AWSCloudFormationStackSetExecutionRole",
                )
            )
        return ActionResult({"StackSetId": made.id})

    def update_stack_set(self) -> ActionResult:
        """UpdateStackSet: the definition, and then the instances (all, or those of the targets given)."""
        with refusals():
            found = self._stack_set_asked()
            template = found.template
            if not self.params.get("UsePreviousTemplate"):
                template = self.template_asked()
            given = parameters_of(self.params.get("Parameters"))
            _must_declare(template, given)
            targets = self._instances_asked(found)
            found.template = template
            found.parameters = {
                key: found.parameters.get(key) if value is None else value for key, value in given.items()
            }
            if self.params.get("Tags") is not None:
                found.tags = tags_of(self.params["Tags"])
            if self.params.get("AutoDeployment") is not None:
                found.auto_deployment = dict(self.params["AutoDeployment"])
            found.managed_execution = self._is_managed(found.managed_execution)
            found.capabilities = tuple(self.params.get("Capabilities") or ())
            found.description = self.params.get("Description") or found.description
            for each in found.instances.values():
                each.status = "OUTDATED"
            operation = self.sets.deploy(found, targets, "UPDATE", None, self._operation_id(), self._tolerance(targets))
        return ActionResult({"OperationId": operation.id})

    def describe_stack_set(self) -> ActionResult:
        """DescribeStackSet."""
        with refusals():
            return ActionResult({"StackSet": _stack_set(self._stack_set_asked())})

    def list_stack_sets(self) -> ActionResult:
        """ListStackSets."""
        wanted = self.params.get("Status")
        with refusals():
            shown = [_summary(each) for each in self.sets.stack_sets() if wanted in (None, each.status)]
        found, token = page(shown, self.params, int(self.params.get("MaxResults") or 100))
        return ActionResult({"Summaries": found, "NextToken": token})

    def delete_stack_set(self) -> ActionResult:
        """DeleteStackSet."""
        with refusals():
            self.sets.delete(self.params["StackSetName"])
        return EmptyResult()

    def create_stack_instances(self) -> ActionResult:
        """CreateStackInstances, by account or by organizational unit."""
        with refusals():
            found = self._stack_set_asked()
            overrides = parameters_of(self.params.get("ParameterOverrides"))
            targets = self._targets(found)
            _must_declare(found.template, overrides)
            found.deployments |= dict.fromkeys(self._deployments_asked(), overrides)
            operation = self.sets.deploy(
                found, targets, "CREATE", overrides, self._operation_id(), self._tolerance(targets)
            )
        return ActionResult({"OperationId": operation.id})

    def update_stack_instances(self) -> ActionResult:
        """UpdateStackInstances."""
        with refusals():
            found = self._stack_set_asked()
            targets = self._targets(found)
            for target in targets:
                self._stack_instance(found, target.account, target.region)
            given = self.params.get("ParameterOverrides")
            overrides = parameters_of(given) if given is not None else None
            if overrides is not None:
                _must_declare(found.template, overrides)
                for each in found.deployments.keys() & self._deployments_asked():
                    found.deployments[each] = overriding(overrides, found.deployments[each])
            operation = self.sets.deploy(
                found, targets, "UPDATE", overrides, self._operation_id(), self._tolerance(targets)
            )
        return ActionResult({"OperationId": operation.id})

    def delete_stack_instances(self) -> ActionResult:
        """DeleteStackInstances."""
        with refusals():
            found = self._stack_set_asked()
            targets = self._targets(found)
            for each in self._deployments_asked():
                found.deployments.pop(each, None)
            operation = self.sets.withdraw(
                found, targets, bool(self.params.get("RetainStacks")), self._operation_id(), self._tolerance(targets)
            )
        return ActionResult({"OperationId": operation.id})

    def describe_stack_instance(self) -> ActionResult:
        """DescribeStackInstance."""
        with refusals():
            found = self._stack_set_asked()
            instance = self._stack_instance(
                found, self.params["StackInstanceAccount"], self.params["StackInstanceRegion"]
            )
        shown = _instance(found, instance)
        shown["ParameterOverrides"] = _shown(found, instance.overrides)
        return ActionResult({"StackInstance": shown})

    def list_stack_instances(self) -> ActionResult:
        """ListStackInstances."""
        with refusals():
            found = self._stack_set_asked()
        account, region = self.params.get("StackInstanceAccount"), self.params.get("StackInstanceRegion")
        refuse_unmodelled(self.params, "Filters")
        shown = [
            _instance(found, each)
            for each in found.instances.values()
            if account in (None, each.target.account) and region in (None, each.target.region)
        ]
        some, token = page(shown, self.params, int(self.params.get("MaxResults") or 100))
        return ActionResult({"Summaries": some, "NextToken": token})

    def list_stack_set_operations(self) -> ActionResult:
        """ListStackSetOperations, newest first."""
        with refusals():
            found = self._stack_set_asked()
        shown = [_operation_summary(each) for each in reversed(found.operations)]
        some, token = page(shown, self.params, int(self.params.get("MaxResults") or 100))
        return ActionResult({"Summaries": some, "NextToken": token})

    def describe_stack_set_operation(self) -> ActionResult:
        """DescribeStackSetOperation."""
        with refusals():
            found = self._stack_set_asked()
            operation = self._set_operation(found)
        shown = _operation_summary(operation)
        shown |= compact(
            StackSetId=found.id,
            RetainStacks=operation.retain_stacks,
            AdministrationRoleARN=found.administration_role,
            ExecutionRoleName=found.execution_role if found.permission_model == SELF_MANAGED else None,
        )
        return ActionResult({"StackSetOperation": shown})

    def list_stack_set_operation_results(self) -> ActionResult:
        """ListStackSetOperationResults."""
        with refusals():
            operation = self._set_operation(self._stack_set_asked())
        shown = [
            compact(
                Account=target.account,
                Region=target.region,
                Status=status,
                StatusReason=reason,
                OrganizationalUnitId=target.unit,
            )
            for target, status, reason in operation.results
        ]
        some, token = page(shown, self.params, int(self.params.get("MaxResults") or 100))
        return ActionResult({"Summaries": some, "NextToken": token})

    def _stack_set_asked(self) -> StackSet:
        return self.sets.stack_set(self.params["StackSetName"])

    def _is_managed(self, otherwise: bool = False) -> bool:
        return bool((self.params.get("ManagedExecution") or {}).get("Active", otherwise))

    def _operation_id(self) -> str:
        return str(self.params.get("OperationId") or "")

    def _set_operation(self, found: StackSet) -> Operation:
        wanted = self.params["OperationId"]
        for each in found.operations:
            if each.id == wanted:
                return each
        raise StackError(f"Operation {wanted} not found", "OperationNotFoundException")

    def _stack_instance(self, found: StackSet, account: str, region: str) -> Instance:
        try:
            return found.instances[account, region]
        except KeyError:
            message = f"StackInstance not found: {found.name}, {account}, {region}"
            raise StackError(message, "StackInstanceNotFoundException") from None

    def _targets(self, found: StackSet) -> list[Target]:
        deployment = self.params.get("DeploymentTargets") or {}
        refuse_unmodelled(deployment, "AccountsUrl")
        if (kind := deployment.get("AccountFilterType")) not in (None, "NONE", "INTERSECTION"):
            raise NotModelledError(f"AccountFilterType {kind}")
        accounts = [*(self.params.get("Accounts") or ()), *(deployment.get("Accounts") or ())]
        units = deployment.get("OrganizationalUnitIds") or ()
        first = list((self.params.get("OperationPreferences") or {}).get("RegionOrder") or ())
        regions = self.params.get("Regions") or ()
        ordered = [each for each in first if each in regions] + [each for each in regions if each not in first]
        return self.sets.targets(found, ordered, accounts, units)

    def _deployments_asked(self) -> list[tuple[str, str]]:
        """The whole organizational units that the request names, with each of its regions."""
        deployment = self.params.get("DeploymentTargets") or {}
        if deployment.get("Accounts"):
            return []
        units = deployment.get("OrganizationalUnitIds") or ()
        return [(unit, region) for unit in units for region in self.params.get("Regions") or ()]

    def _tolerance(self, targets: list[Target]) -> int:
        """How many accounts of a region may fail."""
        preferences = self.params.get("OperationPreferences") or {}
        if percentage := int(preferences.get("FailureTolerancePercentage") or 0):
            return len({each.account for each in targets}) * percentage // 100
        return int(preferences.get("FailureToleranceCount") or 0)

    def _instances_asked(self, found: StackSet) -> list[Target]:
        deployment = self.params.get("DeploymentTargets") or {}
        regions = self.params.get("Regions")
        if not regions:
            return [each.target for each in found.instances.values()]
        wanted = self._targets(found) if deployment or self.params.get("Accounts") else None
        return [
            each.target
            for each in found.instances.values()
            if (each.target in wanted if wanted is not None else each.target.region in regions)
        ]


def _must_declare(template: str, given: Mapping[str, str | None]) -> None:
    """Raises StackError for a template that cannot be read, or without one of those parameters."""
    declared = parse_template(template).parameters
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise StackError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")


def _shown(each: StackSet, values: Mapping[str, str | None]) -> list[dict[str, Any]]:
    shown = masked(parse_template(each.template), values)
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in shown.items()]


def _stack_set(each: StackSet) -> dict[str, Any]:
    return compact(
        StackSetName=each.name,
        StackSetId=each.id,
        StackSetARN=each.arn,
        Description=each.description,
        Status=each.status,
        TemplateBody=each.template,
        Parameters=_shown(each, each.parameters),
        Capabilities=list(each.capabilities),
        Tags=tags(each.tags),
        AdministrationRoleARN=each.administration_role,
        ExecutionRoleName=each.execution_role if each.permission_model == SELF_MANAGED else None,
        AutoDeployment=dict(each.auto_deployment) or None,
        PermissionModel=each.permission_model,
        OrganizationalUnitIds=sorted(
            {unit for unit, _ in each.deployments}
            | {one.target.unit for one in each.instances.values() if one.target.unit}
        ),
        Regions=list(dict.fromkeys(one.target.region for one in each.instances.values())),
        ManagedExecution={"Active": each.managed_execution},
    )


def _summary(each: StackSet) -> dict[str, Any]:
    return compact(
        StackSetName=each.name,
        StackSetId=each.id,
        Description=each.description,
        Status=each.status,
        AutoDeployment=dict(each.auto_deployment) or None,
        PermissionModel=each.permission_model,
        DriftStatus="NOT_CHECKED",
    )


def _instance(found: StackSet, each: Instance) -> dict[str, Any]:
    return compact(
        StackSetId=found.id,
        Account=each.target.account,
        Region=each.target.region,
        StackId=each.stack_id,
        Status=each.status,
        StatusReason=each.reason,
        StackInstanceStatus={"DetailedStatus": each.detailed},
        OrganizationalUnitId=each.target.unit,
        DriftStatus="NOT_CHECKED",
        LastOperationId=each.operation_id,
    )


def _operation_summary(each: Operation) -> dict[str, Any]:
    failed = sum(1 for _, status, _ in each.results if status == "FAILED")
    return compact(
        OperationId=each.id,
        Action=each.action,
        Status=each.status,
        CreationTimestamp=each.started,
        EndTimestamp=each.ended,
        StatusDetails={"FailedStackInstancesCount": failed},
    )
