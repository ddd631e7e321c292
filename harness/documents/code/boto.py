"""boto3: what its clients and sessions give, and which operations of AWS are called with them. It follows nothing."""

from __future__ import annotations

from dataclasses import dataclass

from harness.documents.apimodels import methods, paginated, service_names, waiters
from harness.documents.code.cells import Cells
from harness.documents.code.texts import texts
from harness.documents.code.values import (
    NOTHING,
    OTHER_ROLE,
    OWN_ROLE,
    UNKNOWN,
    Arguments,
    Boto3,
    Client,
    Container,
    Credentials,
    Method,
    Repeated,
    Session,
    Text,
    Value,
    Values,
)
from harness.errors import Finding, Place

# Members of every client that call nothing by themselves.
_OTHER_MEMBERS = frozenset(("can_paginate", "close", "exceptions", "generate_presigned_url", "meta"))
_REPEATING = ("get_paginator", "get_waiter")
# Methods that boto3 adds, with their positional arguments. Source: boto3's S3 customization.
_MANAGED = {
    ("s3", "copy"): ("CopySource", "Bucket", "Key"),
    ("s3", "download_file"): ("Bucket", "Key"),
    ("s3", "download_fileobj"): ("Bucket", "Key"),
    ("s3", "upload_file"): ("", "Bucket", "Key"),
    ("s3", "upload_fileobj"): ("", "Bucket", "Key"),
}
# Where credentials and region stand among the arguments, of those that make sessions and clients.
_KEY_OF = {"Session": 0, "client": 6, "resource": 6}
_REGION_OF = {"Session": 3, "client": 1, "resource": 1}
_ASSUMES = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
_DEEPEST = 3  # keys of an argument: CopySource.Bucket, Entries.0.EventBusName


@dataclass(frozen=True)
class Call:
    """One operation that is called: `operation` as the API names it, or a managed method such as `copy`.

    `role`: whose credentials it is made with: OWN_ROLE, OTHER_ROLE or an ARN. `arguments`: name → texts that it may be,
    a.b for what lies in a mapping; those that are absent are not given, as far as the call is `whole`.
    """

    service: str
    operation: str
    place: Place
    role: str = OWN_ROLE
    region: str = ""
    arguments: tuple[tuple[str, frozenset[str]], ...] = ()
    whole: bool = False


class Boto:
    """Gives clients and sessions, and keeps the calls and the mistakes that it saw."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._referred: set[tuple[Client, str, Place]] = set()
        self._calls: set[Call] = set()
        self.findings: set[Finding] = set()

    def forget(self) -> None:
        """Begin another round."""
        self._referred.clear()
        self._calls.clear()
        self.findings.clear()

    def calls(self) -> frozenset[Call]:
        """All calls. A method that is only referred to may be called with anything."""
        known = {(each.service, each.operation, each.role) for each in self._calls}
        named = {
            Call(client.service, operation, place, client.role, client.region)
            for client, operation, place in self._referred
            if (client.service, operation, client.role) not in known
        }
        return frozenset(self._calls | named)

    def attribute(self, client: Client, name: str, place: Place) -> Values:
        """A method of a client."""
        if name in _REPEATING:
            return frozenset({Method(client, name)})
        operation = operation_of(client.service, name)
        if not operation:
            return NOTHING
        self._referred.add((client, operation, place))
        return frozenset({Method(client, name)})

    def check(self, clients: list[Client], name: str, place: Place) -> None:
        """Tells a name that is no member of any client that may stand there."""
        known = name in _OTHER_MEMBERS or name in _REPEATING
        if clients and not known and not any(operation_of(each.service, name) for each in clients):
            services = " or ".join(sorted({each.service for each in clients}))
            self._tell(place, f"boto3's client of {services} has no method {name}", "correct the name")

    def made(self, of: Boto3 | Session, arguments: Arguments, place: Place) -> Values:
        """What a member of boto3 or of a session gives when it is called."""
        if of.member not in _KEY_OF:
            return UNKNOWN
        roles, regions = _roles(of, arguments), _regions(of, arguments)
        match of:
            case Boto3(member="Session"):
                return frozenset(Session(role, region) for role in roles for region in regions)
            case Boto3(member="client") | Session(member="client"):
                return self._clients(arguments, roles, regions, place)
            case Boto3(member="resource") | Session(member="resource"):
                remedy = "take boto3.client: its calls are the API's operations"
                self._tell(place, "resources of boto3 cannot be followed", remedy)
        return UNKNOWN

    def called(self, method: Method, arguments: Arguments, place: Place) -> Values:
        """The answer of a method."""
        if method.name in _REPEATING:
            return self._repeated(method, arguments, place)
        operation = operation_of(method.client.service, method.name)
        positional = _MANAGED.get((method.client.service, operation), ())
        named = dict(zip(positional, arguments.positional, strict=False))
        self._call(method.client, operation, {**named, **arguments.keywords}, arguments.whole, place)
        if method.client.service == "sts" and operation in _ASSUMES:
            given = arguments.keywords.get("RoleArn", UNKNOWN)
            return frozenset(Credentials(each) for each in texts(given)) if given else NOTHING
        return UNKNOWN

    def repeated(self, of: Repeated, name: str, arguments: Arguments, place: Place) -> Values:
        """A method of a paginator or a waiter."""
        if name == {"paginator": "paginate", "waiter": "wait"}[of.kind]:
            self._call(of.client, of.operation, arguments.keywords, arguments.whole, place)
        return UNKNOWN

    def escaped(self, method: Method, place: Place) -> None:
        """The method is handed to somebody who may call it with anything."""
        if operation := operation_of(method.client.service, method.name):
            self._call(method.client, operation, {}, False, place)

    def _call(self, client: Client, operation: str, arguments: dict[str, Values], whole: bool, place: Place) -> None:
        given = tuple(sorted((name, found) for name, found in self._given(arguments).items() if name))
        self._calls.add(Call(client.service, operation, place, client.role, client.region, given, whole))

    def _given(self, arguments: dict[str, Values], depth: int = 1) -> dict[str, frozenset[str]]:
        """Arguments as texts. What lies in a list goes by the list's name, whichever of it it is."""
        found: dict[str, frozenset[str]] = {}
        for name, values in arguments.items():
            inner = [each for each in values if isinstance(each, Container)]
            if len(inner) < len(values) or not values:
                found[name] = texts(each for each in values if each not in inner)
            for each in inner if depth <= _DEEPEST else ():
                for key, texts_there in self._given(dict(self._cells.held(each)), depth + 1).items():
                    rest = key.partition(".")[2]
                    below = f"{name}.{key}" if each.is_mapping else f"{name}.{rest}".rstrip(".")
                    found[below] = found.get(below, frozenset()) | texts_there
        return found

    def _clients(self, arguments: Arguments, roles: set[str], regions: set[str], place: Place) -> Values:
        named = arguments.get(0, "service_name")
        services = {each.value for each in named if isinstance(each, Text) and "*" not in each.value}
        unknown = services - service_names()
        if not services or unknown:
            told = f"boto3 knows no service {min(unknown)}" if unknown else "which service this is cannot be followed"
            self._tell(place, told, "name the service in the call")
        return frozenset(Client(each, role, at) for each in services - unknown for role in roles for at in regions)

    def _repeated(self, method: Method, arguments: Arguments, place: Place) -> Values:
        service, kind = method.client.service, method.name.removeprefix("get_")
        found: set[Value] = set()
        for name in (
            each.value for each in arguments.get(0, "operation_name", "waiter_name") if isinstance(each, Text)
        ):
            operation = _of_waiter(service, name) if kind == "waiter" else _of_paginator(service, name)
            if operation:
                self._referred.add((method.client, operation, place))
                found.add(Repeated(method.client, operation, kind))
            elif name != "*":
                self._tell(place, f"boto3's client of {service} has no {kind} {name}", "correct the name")
        return frozenset(found)

    def _tell(self, place: Place, problem: str, remedy: str) -> None:
        self.findings.add(Finding(place, problem, remedy))


def operation_of(service: str, method: str) -> str:
    """The operation of a client's method, or the method itself where boto3 adds it; empty for none."""
    return methods(service).get(method) or (method if (service, method) in _MANAGED else "")


def _of_waiter(service: str, name: str) -> str:
    return waiters(service).get(name, "")


def _of_paginator(service: str, name: str) -> str:
    operation = methods(service).get(name, "")
    return operation if operation in paginated(service) else ""


def _roles(of: Boto3 | Session, arguments: Arguments) -> set[str]:
    """Whose credentials a session or client is made with."""
    position = _KEY_OF[of.member]
    if "profile_name" in arguments.keywords:
        return {OTHER_ROLE}
    if "aws_access_key_id" not in arguments.keywords and len(arguments.positional) <= position:
        return {of.role if isinstance(of, Session) else OWN_ROLE}
    given = arguments.get(position, "aws_access_key_id")
    roles = {each.role for each in given if isinstance(each, Credentials)}
    return roles or ({OTHER_ROLE} if given else set())


def _regions(of: Boto3 | Session, arguments: Arguments) -> set[str]:
    position = _REGION_OF[of.member]
    if "region_name" not in arguments.keywords and len(arguments.positional) <= position:
        return {of.region if isinstance(of, Session) else ""}
    given = arguments.get(position, "region_name")
    return set(texts(given)) if given else set()
