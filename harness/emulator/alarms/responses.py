"""CloudWatch's API where alarms are evaluated: what is checked, states that are set, data that arrive."""

from __future__ import annotations

from functools import partial
from typing import Any

from moto.cloudwatch import urls
from moto.cloudwatch.exceptions import InvalidParameterValue, ResourceNotFound, ValidationError
from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.logs.models import LogStream

from harness.emulator import background, control
from harness.emulator.alarms import embedded, evaluation, expression, metrics, rule, series
from harness.emulator.alarms.definition import COMPARISONS
from harness.emulator.awserror import RefusedError
from harness.emulator.control import Asked

_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_KEPT = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


class AlarmsResponse(CloudWatchResponse):  # type: ignore[misc] # moto is not typed for us
    """moto's metrics and alarms, which work."""

    def put_metric_alarm(self) -> Any:
        """Refuses what the landscape could not evaluate. A new alarm has no data; a changed one keeps its state."""
        if self._get_param("ComparisonOperator") not in COMPARISONS:
            message = f"The emulated landscape evaluates no alarms by {self._get_param('ComparisonOperator')}."
            raise RefusedError("UnsupportedOperation", message)
        if (self._get_param("TreatMissingData") or "missing") not in _MISSING:
            raise ValidationError(f"TreatMissingData must be one of {', '.join(_MISSING)}.")
        periods, datapoints = self._get_param("EvaluationPeriods"), self._get_param("DatapointsToAlarm")
        if datapoints and int(datapoints) > int(periods):
            raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
        if self._get_param("Threshold") is None:
            raise RefusedError("UnsupportedOperation", "The emulated landscape detects no anomalies.")
        name = self._get_param("AlarmName")
        before = self.cloudwatch_backend.alarms.get(name)
        answer = super().put_metric_alarm()
        alarm = self.cloudwatch_backend.alarms[name]
        try:
            series.check(alarm)
            series.points(str(self.current_account), str(self.region), alarm)
        except (series.NotModelledError, expression.InvalidExpressionError) as error:
            self._put_back(name, before)
            message = f"The emulated landscape evaluates no such alarm: {error}"
            raise RefusedError("UnsupportedOperation", message) from None
        _begin(alarm, before)
        return answer

    def put_composite_alarm(self) -> Any:
        """Refuses a rule that is none, or that names alarms which do not exist."""
        if self._get_param("ActionsSuppressor"):
            raise RefusedError("UnsupportedOperation", "The emulated landscape suppresses no actions of alarms.")
        try:
            read = rule.parse(str(self._get_param("AlarmRule")))
        except rule.InvalidRuleError as error:
            raise ValidationError(f"AlarmRule must not contain syntax errors: {error}") from None
        alarms = self.cloudwatch_backend.alarms
        absent = [each for each in sorted(read.names) if each.rsplit(":alarm:", 1)[-1] not in alarms]
        if absent:
            raise ValidationError(f"AlarmRule must not reference alarms that do not exist: {', '.join(absent)}")
        name = self._get_param("AlarmName")
        before = alarms.get(name)
        answer = super().put_metric_alarm()
        _begin(alarms[name], before)
        self._evaluate_composites()
        return answer

    def _evaluate_composites(self) -> None:
        account, region = str(self.current_account), str(self.region)
        work = partial(evaluation.evaluate_composites, account, region)
        background.submit(f"metrics:{account}:{region}", work)

    def _put_back(self, name: str, before: Alarm | None) -> None:
        if before is None:
            self.cloudwatch_backend.alarms.pop(name)
        else:
            self.cloudwatch_backend.alarms[name] = before

    def set_alarm_state(self) -> ActionResult:
        """Until it is evaluated again. The alarm acts as if its data had said so."""
        alarm = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
        state = self._get_param("StateValue")
        if alarm is None:
            raise ResourceNotFound
        if state not in ("OK", "ALARM", "INSUFFICIENT_DATA"):
            raise ValidationError(f"{state} is no state of an alarm.")
        account, region = str(self.current_account), str(self.region)
        data = self._get_param("StateReasonData") or "{}"
        evaluation.change(account, region, alarm, state, self._get_param("StateReason"), data)
        self._evaluate_composites()
        return EmptyResult()

    def put_metric_data(self) -> Any:
        """Namespaces of AWS are AWS's own."""
        namespace = str(self._get_param("Namespace"))
        if namespace.startswith("AWS/"):
            raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
        answer = super().put_metric_data()
        names = {each["MetricName"] for each in self._get_param("MetricData") or ()}
        metrics.arrived(str(self.current_account), str(self.region), namespace, names)
        return answer


def _begin(alarm: Alarm, before: Alarm | None) -> None:
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        for each in _KEPT:
            setattr(alarm, each, getattr(before, each))


_put = LogStream.put_log_events


def _put_and_measure(stream: LogStream, log_events: list[dict[str, Any]]) -> str:
    answer: str = _put(stream, log_events)
    for event in log_events:
        for namespace, datum in embedded.read(str(event.get("message", ""))):
            metrics.record(stream.account_id, stream.region, namespace, [datum])
    return answer


def _evaluate(asked: Asked) -> dict[str, Any]:
    """POST …/alarms/evaluate?account=…&region=…"""
    if asked.method != "POST" or asked.path[1:] != ("evaluate",):
        raise control.UnknownError("alarms are evaluated by POST /moto-api/platform/alarms/evaluate")
    return {"changed": evaluation.evaluate(asked.text("account"), asked.text("region"))}


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    urls.url_paths["{0}/$"] = AlarmsResponse.dispatch
    LogStream.put_log_events = _put_and_measure
    control.register("alarms", _evaluate)
    metrics.when_arrived(evaluation.evaluate)
