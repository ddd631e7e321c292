"""The spokes' stack set through boto3, as the delegated administrator. Decides nothing; see `stackset.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from harness.errors import known_error
from harness.publish.aws import Patience, code_of, explained, object_url
from harness.publish.stackset import Create, Deploy, Instance, LiveStackSet, SetAction, Update, Wanted

_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
_AUTOMATIC = {"Enabled": True, "RetainStacksOnAccountRemoval": True}
_AT_ONCE = 25  # accounts; without soft tolerance, no more than may fail go side by side
_HOURS = 12 * 3600.0  # hundreds of accounts, region after region
_OVER = {"SUCCEEDED", "FAILED", "STOPPED"}


class StackSetGateway:
    """Stack sets of the organization, from the hub in its home region."""

    def __init__(self, stacks: Any, storage: Any, place: str, bucket: str, delegated: bool = True) -> None:
        """`stacks` and `storage` are clients of cloudformation and s3; `bucket`: where templates are laid for it.

        `delegated` where the caller's account is not the management account itself.
        """
        self._stacks, self._storage, self._bucket = stacks, storage, bucket
        self._as = {"CallAs": "DELEGATED_ADMIN" if delegated else "SELF"}
        self.place = place
        self._patience = Patience(place, limit=_HOURS, longest=15.0)

    @explained
    def read(self, name: str) -> LiveStackSet | None:
        """The stack set with its stacks; None where there is none."""
        try:
            found = self._stacks.describe_stack_set(StackSetName=name, **self._as)["StackSet"]
        except ClientError as error:
            if code_of(error) != "StackSetNotFoundException":
                raise
            return None
        return LiveStackSet(
            template=found.get("TemplateBody", ""),
            parameters=tuple(each["ParameterKey"] for each in found.get("Parameters", ())),
            auto_deployment=found.get("AutoDeployment", {}).get("Enabled", False),
            instances=self.instances(name),
        )

    @explained
    def instances(self, name: str) -> tuple[Instance, ...]:
        """The stacks of the set, by account and region."""
        pages = self._stacks.get_paginator("list_stack_instances").paginate(StackSetName=name, **self._as)
        found = (
            Instance(
                each["Account"],
                each["Region"],
                each.get("OrganizationalUnitId", ""),
                each["Status"],
                each.get("StatusReason", ""),
            )
            for page in pages
            for each in page["Summaries"]
        )
        return tuple(sorted(found, key=lambda each: (each.account, each.region)))

    @explained
    def perform(self, wanted: Wanted, action: SetAction, tell: Callable[[str], None]) -> None:
        """Do it and follow it to its end, whatever that is; what failed is told by `instances`."""
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in wanted.parameters]
        match action:
            case Create():
                self._stacks.create_stack_set(
                    StackSetName=wanted.name,
                    TemplateURL=self._lay(wanted.template),
                    Capabilities=_CAPABILITIES,
                    Parameters=given,
                    PermissionModel="SERVICE_MANAGED",
                    AutoDeployment=_AUTOMATIC,
                    ManagedExecution={"Active": True},
                    **self._as,
                )
            case Update(kept=kept):
                answer = self._stacks.update_stack_set(
                    StackSetName=wanted.name,
                    TemplateURL=self._lay(wanted.template),
                    Capabilities=_CAPABILITIES,
                    Parameters=[*given, *({"ParameterKey": key, "UsePreviousValue": True} for key in kept)],
                    AutoDeployment=_AUTOMATIC,
                    OperationPreferences=_preferences(wanted.regions),
                    **self._as,
                )
                self._follow(wanted.name, answer["OperationId"], tell)
            case Deploy(units=units, regions=regions):
                answer = self._stacks.create_stack_instances(
                    StackSetName=wanted.name,
                    DeploymentTargets={"OrganizationalUnitIds": list(units)},
                    Regions=list(regions),
                    OperationPreferences=_preferences(regions),
                    **self._as,
                )
                self._follow(wanted.name, answer["OperationId"], tell)

    def _follow(self, name: str, operation: str, tell: Callable[[str], None]) -> None:
        said = ""

        def over() -> str | None:
            nonlocal said
            found = self._stacks.describe_stack_set_operation(StackSetName=name, OperationId=operation, **self._as)
            status = str(found["StackSetOperation"]["Status"])
            line = f"{name}: {status.lower()}, {self._count(name, operation)}"
            if line != said:
                said = line
                tell(line)
            return status if status in _OVER else None

        self._patience.until(f"the end of operation {operation} on {name}", over)

    def _count(self, name: str, operation: str) -> str:
        pages = self._stacks.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=name, OperationId=operation, **self._as
        )
        statuses = [each["Status"] for page in pages for each in page["Summaries"]]
        failed = f", {statuses.count('FAILED')} failed" if "FAILED" in statuses else ""
        return f"{statuses.count('SUCCEEDED')} of {len(statuses)} stacks done{failed}"

    def _lay(self, template: str) -> str:
        """Puts the template, which is larger than a request may be, where CloudFormation can fetch it; its URL."""
        content = template.encode()
        key = f"platform-spoke/{hashlib.sha256(content).hexdigest()}.yaml"
        try:
            self._storage.put_object(Bucket=self._bucket, Key=key, Body=content)
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise
            remedy = "name a bucket of the hub's, in the home region, with --bucket"
            raise known_error(self.place, f"there is no bucket {self._bucket} for the template", remedy) from error
        return object_url(self._bucket, self._storage.meta.region_name, key)


def _preferences(regions: tuple[str, ...]) -> dict[str, Any]:
    """Region after region, the home region first; the first account that fails ends it, and no account is cut off."""
    return {
        "RegionConcurrencyType": "SEQUENTIAL",
        "RegionOrder": list(regions),
        "FailureToleranceCount": 0,
        "MaxConcurrentCount": _AT_ONCE,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    }
