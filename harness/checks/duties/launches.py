"""Launches of single stacks in the stack engine, each remembered by all that it was asked and by what it read in SSM.

A stack is told in two parts: what came of it, which is enough to know whether a stage is one that was judged before;
and the rows of its resources, which are read only where somebody looks at them. Both are plain data from the beginning,
so that a stack that is remembered is the same as one that was launched. It judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.cfn.model import Outcome, StackError, StackRequest, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from harness.checks.inputs import digest, text_digest
from harness.checks.memory import Answer, Memory, remembered
from harness.checks.rehearse import CAPABILITIES

# Kept of one launch: as often as what it reads in SSM was different.
_WAYS = 8


@dataclass(frozen=True)
class Asked:
    """One stack to create. `unit`: the product or "foundation/<name>" whose template `text` is."""

    unit: str
    text: str
    stack: str
    account: str
    region: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Stood:
    """What came of a launch. `reason`: why nothing stands there; empty: it does.

    `sha256`: of the rows; `names`: what Ref gives for each; `ssm`: parameter written → its value.
    """

    unit: str
    account: str
    sha256: str
    names: tuple[str, ...] = ()
    ssm: tuple[tuple[str, str], ...] = ()
    reason: str = ""


class Launches:
    """Creates stacks that are not known. `memory` None: nothing is remembered for longer than this lives.

    `engine`: digest of whatever the outcome of a launch depends on beside what it is asked.
    """

    def __init__(self, memory: Memory | None = None, engine: str = "") -> None:
        self._memory = memory
        self._engine = engine
        self._rows: dict[str, list[list[Any]]] = {}  # by digest
        self._asked: dict[str, tuple[Asked, dict[str, str]]] = {}  # by digest of rows: how to come by them again

    def stand(self, asked: Asked, ssm: Mapping[str, str]) -> Stood:
        """The stack of that launch. `ssm`: what stands in the account's Parameter Store."""
        key = self._key(asked)
        ways = (self._memory.find(key) if self._memory else None) or []
        known = next((told for read, told in ways if all(ssm.get(name) == value for name, value in read.items())), None)
        if known is not None:
            return self._noted(_stood(known), asked, ssm)
        looked = _Looked(ssm)
        stood = self._launched(asked, looked)
        if self._memory:
            self._memory.keep(key, [[looked.at, asdict(stood)], *ways[: _WAYS - 1]])
        return self._noted(stood, asked, ssm)

    def rows(self, stood: Stood) -> list[list[Any]]:
        """Its resources: logical id, type, name, attributes, properties, deletion policy."""
        if not stood.sha256:
            return []
        if stood.sha256 not in self._rows and self._memory:
            found = self._memory.find(stood.sha256)
            if found is not None:
                self._rows[stood.sha256] = found
        if stood.sha256 not in self._rows:  # forgotten meanwhile
            self._launched(*self._asked[stood.sha256])
        return self._rows[stood.sha256]

    def remembered(self, what: str, text: str, find_out: Callable[[], Answer]) -> Answer:
        """Something that follows from a template's text alone, as plain data."""
        return remembered(self._memory, digest(what, self._engine, text_digest(text)), find_out)

    def _noted(self, stood: Stood, asked: Asked, ssm: Mapping[str, str]) -> Stood:
        if stood.sha256 and stood.sha256 not in self._rows:
            self._asked[stood.sha256] = (asked, dict(ssm))
        return stood

    def _key(self, asked: Asked) -> str:
        place = [asked.unit, asked.stack, asked.account, asked.region, dict(asked.parameters)]
        return digest("stack", self._engine, text_digest(asked.text), place)

    def _launched(self, asked: Asked, ssm: Mapping[str, str]) -> Stood:
        around = Surroundings(
            account_id=asked.account,
            region=asked.region,
            zones={asked.region: tuple(f"{asked.region}{letter}" for letter in "abc")},
            ssm=ssm,
        )
        request = StackRequest(asked.stack, asked.text, dict(asked.parameters), capabilities=CAPABILITIES)
        try:
            outcome = create_stack(request, around, SchemaProvider())
        except StackError as error:
            return Stood(asked.unit, asked.account, "", reason=error.message)
        if outcome.state.status != "CREATE_COMPLETE":
            return Stood(asked.unit, asked.account, "", reason=outcome.state.reason or outcome.state.status)
        rows = json.loads(json.dumps(_told(outcome)))
        sha256 = digest("things", asked.unit, asked.account, asked.region, asked.stack, rows)
        self._rows[sha256] = rows
        if self._memory:
            self._memory.keep(sha256, rows)
        written = tuple((name, _text(properties)) for _, kind, name, _, properties, _ in rows if kind == _PARAMETER)
        return Stood(asked.unit, asked.account, sha256, tuple(row[2] for row in rows), written)


_PARAMETER = "AWS::SSM::Parameter"


def _told(outcome: Outcome) -> list[list[Any]]:
    return [
        [each.logical_id, each.type, each.ref or each.physical_id, dict(each.attributes), dict(each.properties),
         each.deletion_policy]
        for each in outcome.state.resources
    ]  # fmt: skip


def _text(properties: Mapping[str, Any]) -> str:
    value = properties.get("Value")
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _stood(told: Mapping[str, Any]) -> Stood:
    pairs = tuple((name, value) for name, value in told["ssm"])
    return Stood(**{**told, "names": tuple(told["names"]), "ssm": pairs})


class _Looked(Mapping[str, str]):
    """A Parameter Store that notes what is looked up there. `at`: name → value, None where there is none."""

    def __init__(self, ssm: Mapping[str, str]) -> None:
        self._ssm = ssm
        self.at: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        self.at[name] = self._ssm.get(name)
        return self._ssm[name]

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a stack looks up single parameters; were it to read all, a launch could not be remembered")

    def __len__(self) -> int:
        raise TypeError("a stack looks up single parameters; were it to count them, a launch could not be remembered")
