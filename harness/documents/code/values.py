"""What an expression may stand for, as far as it matters for calls of AWS. Data only; `clients.py` works it out."""

from __future__ import annotations

import ast
from dataclasses import dataclass

# Where a name is bound: module, then the functions and classes around it, outermost first.
Scope = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A text that stands in the code, such as the name of a service."""

    value: str


@dataclass(frozen=True)
class Boto3:
    """The module boto3, or one of its members (`client`, `Session`)."""

    member: str = ""


@dataclass(frozen=True)
class Session:
    """A session of boto3. `own`: with the function's own role, no other credentials were given."""

    own: bool
    member: str = ""


@dataclass(frozen=True)
class Client:
    """A client of a service, as boto3 names it."""

    service: str
    own: bool


@dataclass(frozen=True)
class Method:
    """A method of a client."""

    client: Client
    name: str


@dataclass(frozen=True)
class ModuleValue:
    """A module of the archive."""

    name: str


@dataclass(frozen=True)
class Function:
    """A function, method or lambda of the archive; `receiver` of a bound method: the class."""

    scope: Scope
    receiver: Scope = ()


@dataclass(frozen=True)
class Class:
    """A class of the archive."""

    scope: Scope


@dataclass(frozen=True)
class Instance:
    """An object of a class of the archive; all objects of a class are taken for one."""

    scope: Scope


Value = Text | Boto3 | Session | Client | Method | ModuleValue | Function | Class | Instance
Values = frozenset[Value]
NOTHING: Values = frozenset()
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
