"""Scheduler's API where moto's is lenient: expressions, time zones, targets, roles, groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.scheduler import urls
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from harness.documents import schedules
from harness.emulator import acting, clock
from harness.emulator.arns import Arn, NotAnArnError
from harness.emulator.awserror import RefusedError
from harness.emulator.schedules import firing


class SchedulesResponse(EventBridgeSchedulerResponse):  # type: ignore[misc] # moto is not typed for us
    """moto's schedules, with what Scheduler would refuse."""

    def create_schedule(self) -> Any:
        """Raises ValidationException, ResourceNotFoundException."""
        self._check()
        group = self._get_param("GroupName") or "default"
        if group not in self.scheduler_backend.schedule_groups:
            raise ScheduleGroupNotFound(group)
        return super().create_schedule()

    def update_schedule(self) -> Any:
        """The same. What a request leaves out goes back to its default."""
        self._check()
        name = self.uri.split("?")[0].split("/")[-1]
        schedule: Schedule = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        answer = super().update_schedule()
        schedule.state = self._get_param("State") or "ENABLED"
        schedule.action_after_completion = self._get_param("ActionAfterCompletion")
        return answer

    def create_schedule_group(self) -> Any:
        """Raises ConflictException for a name that is taken."""
        name = json.loads(self.body or "{}").get("Name") or self.uri.split("?")[0].split("/")[-1]
        if name in self.scheduler_backend.schedule_groups:
            raise RefusedError("ConflictException", f"Schedule group {name} already exists.")
        made = self.scheduler_backend.create_schedule_group(name=name, tags=self._get_param("Tags") or [])
        return json.dumps({"ScheduleGroupArn": made.arn})

    def delete_schedule_group(self) -> Any:
        """With its schedules. Raises ValidationException for the default one."""
        name = self.uri.split("?")[0].split("/")[-1]
        if name == "default":
            raise RefusedError("ValidationException", "Cannot delete the default schedule group.")
        self.scheduler_backend.get_schedule_group(name)
        return super().delete_schedule_group()

    def _check(self) -> None:
        target: Mapping[str, Any] = self._get_param("Target") or {}
        try:
            zone = self._get_param("ScheduleExpressionTimezone") or "UTC"
            schedules.when(str(self._get_param("ScheduleExpression")), zone, clock.now())
        except schedules.InvalidExpressionError as error:
            raise RefusedError("ValidationException", f"Invalid Schedule Expression: {error}.") from None
        try:
            Arn.parse(str(target.get("Arn")))
            problem = firing.problem_of(target)
        except NotAnArnError:
            problem = f"Provided Arn is not in correct format: {target.get('Arn')}."
        if problem:
            raise RefusedError("ValidationException", problem)
        self._check_role(str(target.get("RoleArn")))

    def _check_role(self, role: str) -> None:
        account = str(self.current_account)
        group = f"arn:aws:scheduler:{self.region}:{account}:schedule-group/{self._get_param('GroupName') or 'default'}"
        try:
            acting.credentials(role, firing.PRINCIPAL, account, source_arn=group)
        except acting.NotTrustedError:
            message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            raise RefusedError("ValidationException", message) from None


def started(schedule: Schedule) -> datetime:
    """From when a schedule counts."""
    given = schedule.start_date or schedule.creation_date
    return datetime.fromtimestamp(float(given), UTC)


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    for path in urls.url_paths:
        urls.url_paths[path] = SchedulesResponse.dispatch
