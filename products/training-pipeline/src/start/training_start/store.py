"""What is remembered, in one item of a DynamoDB table, and the claim on it: of two calls at once, one decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from training_start.guard import State
from training_start.requests import Code

LEASE = timedelta(seconds=90)  # longer than the function may run: whoever holds a claim by then never ends


class Table(Protocol):
    """What is used of boto3's DynamoDB client."""

    def update_item(self, **given: Any) -> Any: ...


class BusyError(Exception):
    """Another call is deciding at this moment."""


class Store:
    """The item of one model group, held by `claim` until `release`."""

    def __init__(self, table: Table, name: str, group: str, claim: str) -> None:
        self._table, self._name, self._group, self._claim = table, name, group, claim

    def claim(self, now: datetime) -> State:
        """Takes the item for this call alone. Raises BusyError where another call has it."""
        from botocore.exceptions import ClientError

        try:
            answer = self._update(
                "SET claim = :claim, claimed_until = :until",
                "attribute_not_exists(claim) OR claimed_until < :now",
                {":until": _number(now + LEASE), ":now": _number(now)},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise BusyError("another request is being decided") from None
            raise
        return _state(answer["Attributes"])

    def keep(self, state: State) -> None:
        """Writes the state and keeps the claim."""
        self._update("SET " + _ASSIGNED, "claim = :claim", _values(state))

    def release(self) -> None:
        """Gives the item free; the state stays as it was kept."""
        self._update("REMOVE claim, claimed_until", "claim = :claim", {})

    def _update(self, change: str, condition: str, values: Mapping[str, Any], **more: Any) -> Any:
        return self._table.update_item(
            TableName=self._name,
            Key={"group": {"S": self._group}},
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeValues={":claim": {"S": self._claim}, **values},
            **more,
        )


_ASSIGNED = "drift = :drift, waiting = :waiting, code_uri = :code_uri, code_file = :code_file"


def _values(state: State) -> dict[str, Any]:
    code = state.code or Code("", "")
    return {
        ":drift": {"L": [_number(each) for each in state.drift]},
        ":waiting": {"S": state.waiting},
        ":code_uri": {"S": code.uri},
        ":code_file": {"S": code.file},
    }


def _state(item: Mapping[str, Any]) -> State:
    drift = item.get("drift", {}).get("L", [])
    uri, file = (item.get(name, {}).get("S", "") for name in ("code_uri", "code_file"))
    return State(
        drift=tuple(datetime.fromtimestamp(float(each["N"]), UTC) for each in drift),
        waiting=item.get("waiting", {}).get("S", ""),
        code=Code(uri, file) if uri else None,
    )


def _number(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
