"""CodeConnections: connections to source providers, and the repositories of this machine that stand behind them.

At AWS a person completes a connection in the browser, and the provider tells of pushes. Here the control path
/moto-api/platform/connections does the one, and branches are looked at while the landscape is served for the other.
"""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.emulator import background, control
from harness.emulator.arns import Arn, NotAnArnError
from harness.emulator.control import Asked, UnknownError
from harness.emulator.delivery import repositories
from harness.emulator.delivery.repositories import Repository, RepositoryError
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK, store_of, stores

_LOOK = 0.5  # seconds between looks at the branches
# codestar-connections is the old name of the same service; ARNs keep the name that they were made with.
SERVICES = ("codeconnections", "codestar-connections")


@dataclass(frozen=True)
class Connection:
    """A connection. It is PENDING until somebody completes it, and reaches nothing before that."""

    arn: str
    name: str
    provider: str
    status: str = "PENDING"
    host: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    repositories: Mapping[str, Repository] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Under what a store keeps it, whichever of the two names the ARN has."""
        return self.arn.split(":", 5)[-1]

    def described(self) -> dict[str, Any]:
        """The API's Connection."""
        found = {
            "ConnectionName": self.name,
            "ConnectionArn": self.arn,
            "ProviderType": self.provider,
            "OwnerAccountId": self.arn.split(":")[4],
            "ConnectionStatus": self.status,
        }
        return found | ({"HostArn": self.host} if self.host else {})


@dataclass(frozen=True)
class Push:
    """A branch has got another commit. `before` is "" for a new branch."""

    connection: str  # ARN
    repository: Repository
    branch: str
    before: str
    after: str


_listeners: list[Callable[[Push], None]] = []
_heads: dict[tuple[str, str], Mapping[str, str]] = {}  # connection, repository → branch → commit
_watching = threading.Lock()
_watch_is_on = threading.Event()


def when_pushed(listener: Callable[[Push], None]) -> None:
    """Tells a listener of every push from now on."""
    if listener not in _listeners:
        _listeners.append(listener)


def operations(service: str) -> Mapping[str, Operation]:
    """The operations under one of the two names of the service."""

    def create(call: Call) -> Answer:
        provider, host = call.get("ProviderType"), call.get("HostArn")
        if bool(provider) == bool(host):
            raise ServiceError("InvalidInputException", "Give one of ProviderType and HostArn")
        if host:
            raise ServiceError("ResourceNotFoundException", f"Host {host} not found: hosts are not modelled")
        tags = {each["Key"]: each["Value"] for each in call.get("Tags") or ()}
        arn = call.store.arn(service, f"connection/{uuid.uuid4()}")
        connection = Connection(arn, call["ConnectionName"], provider, tags=tags)
        call.store.connections[connection.key] = connection
        return {"ConnectionArn": arn, "Tags": _tags(connection)}

    return {
        "CreateConnection": create,
        "DeleteConnection": _delete,
        "GetConnection": lambda call: {"Connection": _known(call, "ConnectionArn").described()},
        "ListConnections": _list,
        "ListTagsForResource": lambda call: {"Tags": _tags(_known(call, "ResourceArn"))},
        "TagResource": _tag,
        "UntagResource": _untag,
    }


def _known(call: Call, parameter: str) -> Connection:
    arn = str(call[parameter])
    found = call.store.connections.get(arn.split(":", 5)[-1])
    if found is None or arn.split(":")[4] != call.account_id:
        raise ServiceError("ResourceNotFoundException", f"Connection {arn} not found")
    return found


def _delete(call: Call) -> Answer:
    with LOCK:
        del call.store.connections[_known(call, "ConnectionArn").key]
    return {}


def _list(call: Call) -> Answer:
    wanted = call.get("ProviderTypeFilter")
    found = [each for each in call.store.connections.values() if wanted in (None, each.provider)]
    return {"Connections": [each.described() for each in found]}


def _tags(connection: Connection) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in connection.tags.items()]


def _tag(call: Call) -> Answer:
    with LOCK:
        current = _known(call, "ResourceArn")
        tags = {**current.tags, **{each["Key"]: each["Value"] for each in call["Tags"]}}
        call.store.connections[current.key] = dataclasses.replace(current, tags=tags)
    return {}


def _untag(call: Call) -> Answer:
    with LOCK:
        current = _known(call, "ResourceArn")
        tags = {key: value for key, value in current.tags.items() if key not in call["TagKeys"]}
        call.store.connections[current.key] = dataclasses.replace(current, tags=tags)
    return {}


def complete(connection_arn: str) -> Connection:
    """Somebody signs in to the provider: the connection can be used. Raises UnknownError."""
    return _replaced(connection_arn, lambda current: dataclasses.replace(current, status="AVAILABLE"))


def register(connection_arn: str, repository_id: str, path: Path) -> Connection:
    """A folder of this machine stands for a repository of the provider; completes the connection as well.

    Raises UnknownError where the connection or the folder is not there.
    """
    if not path.is_dir():
        raise UnknownError(f"there is no folder {path}")
    repository = Repository(repository_id, path)

    def changed(current: Connection) -> Connection:
        known = {**current.repositories, repository_id: repository}
        return dataclasses.replace(current, status="AVAILABLE", repositories=known)

    connection = _replaced(connection_arn, changed)
    with _watching:
        _heads.pop((connection.arn, repository_id), None)
        _pushes(connection, repository)  # what is there already was not pushed
    _watch_on()
    return connection


def look() -> int:
    """Looks at every repository for pushes, tells the listeners, and gives how many there were."""
    pushes: list[Push] = []
    with _watching:
        for store in stores():
            for connection in list(store.connections.values()):
                for repository in connection.repositories.values():
                    pushes += _pushes(connection, repository)
    for push in pushes:
        for listener in _listeners:
            listener(push)
    return len(pushes)


def _watch_on() -> None:
    """Looks from now on, now and then, as long as there is a repository to look at."""
    with LOCK:
        if _watch_is_on.is_set() or not background.is_served() or not _has_repositories():
            return
        _watch_is_on.set()
    background.later(_LOOK, "connections", _watch, awaited=False)


def _watch() -> None:
    try:
        look()
    finally:  # whatever a listener made of it
        _watch_is_on.clear()
        _watch_on()


def _has_repositories() -> bool:
    return any(connection.repositories for store in stores() for connection in list(store.connections.values()))


def _forget() -> None:
    _watch_is_on.clear()
    _heads.clear()


def _pushes(connection: Connection, repository: Repository) -> list[Push]:
    key = (connection.arn, repository.id)
    try:
        now = repositories.branches(repository)
    except RepositoryError:  # one that is being written: the next look will tell
        return []
    before = _heads.get(key, now)
    _heads[key] = now
    return [
        Push(connection.arn, repository, branch, before.get(branch, ""), commit)
        for branch, commit in now.items()
        if before.get(branch) != commit
    ]


def _replaced(connection_arn: str, change: Callable[[Connection], Connection]) -> Connection:
    try:
        arn = Arn.parse(connection_arn)
    except NotAnArnError:
        raise UnknownError(f"{connection_arn} is not the ARN of a connection") from None
    store = store_of(arn.account, arn.region)
    with LOCK:
        current = store.connections.get(arn.resource)
        if current is None:
            raise UnknownError(f"there is no connection {connection_arn}")
        changed = store.connections[arn.resource] = change(current)
    return changed


def _controlled(asked: Asked) -> dict[str, Any]:
    """…/connections/complete, …/connections/repositories and …/connections/look."""
    match asked.path[1:]:
        case ("complete",):
            return {"connection": complete(asked.text("connection")).described()}
        case ("repositories",):
            path = Path(asked.text("path")).expanduser().absolute()
            connection = register(asked.text("connection"), asked.text("repository"), path)
            return {"connection": connection.described(), "repositories": sorted(connection.repositories)}
        case ("look",):
            return {"pushes": look()}
    raise UnknownError("there is connections/complete, connections/repositories and connections/look")


def install() -> None:
    """Opens the control path, and looks whenever the landscape is served."""
    control.register("connections", _controlled)
    background.when_ended(_forget)
    background.when_begun(_watch_on)
