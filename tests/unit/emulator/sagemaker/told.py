"""What SageMaker tells as events, caught in a queue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from harness.emulator import background
from tests.unit.emulator.conftest import REGION, Tenant


@dataclass(frozen=True)
class Told:
    """A queue that gets every event of SageMaker in an account."""

    tenant: Tenant
    url: str

    def events(self, detail_type: str) -> list[dict[str, Any]]:
        """The events of that type since the last time, in their order."""
        assert background.wait_until_idle(10)
        sqs: Any = self.tenant.client("sqs")
        found = []
        while messages := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(each["Body"]) for each in messages]
            for each in messages:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])
        return [each for each in found if each["detail-type"] == detail_type]


def listen(tenant: Tenant) -> Told:
    """Begins to catch them."""
    arn = f"arn:aws:sqs:{REGION}:{tenant.id}:told"
    service = {"Service": "events.amazonaws.com"}
    grant = {"Effect": "Allow", "Principal": service, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    sqs: Any = tenant.client("sqs")
    url = sqs.create_queue(QueueName="told", Attributes={"Policy": policy})["QueueUrl"]
    events: Any = tenant.client("events")
    events.put_rule(Name="told", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn}])
    return Told(tenant, url)
