"""What SQS counts of its queues, which moto does not."""

from __future__ import annotations

from datetime import UTC, datetime

from moto.cloudwatch.models import MetricDatum
from moto.core.common_models import CloudWatchMetricProvider
from moto.sqs.models import Queue, sqs_backends

from harness.emulator.alarms import metrics

_NAMESPACE, _VISIBLE, _SENT = "AWS/SQS", "ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent"


def measure(queue: Queue) -> None:
    """Writes what a message that has come in changes."""
    named = {"QueueName": queue.name}
    data = [metrics.Datum(_SENT, 1, "Count", named), metrics.Datum(_VISIBLE, _visible(queue), "Count", named)]
    metrics.record(queue.account_id, queue.region, _NAMESPACE, data)


def _visible(queue: Queue) -> int:
    return len([each for each in list(queue._messages) if each.visible and not each.delayed])


class Present(CloudWatchMetricProvider):  # type: ignore[misc] # moto is not typed for us
    """How many messages wait at this moment, whenever somebody asks: moto finds its providers by their base class."""

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[MetricDatum]:
        """One value a queue."""
        now = datetime.now(UTC).replace(tzinfo=None)
        return [
            MetricDatum(_NAMESPACE, _VISIBLE, _visible(queue), [{"Name": "QueueName", "Value": name}], now, "Count")
            for name, queue in list(sqs_backends[account_id][region].queues.items())
        ]
