"""What an expression may stand for, as far as it matters for calls of AWS. Data only; `tracer.py` works it out."""

from __future__ import annotations

import ast
from dataclasses import dataclass

# Where a name is bound: module, then the functions and classes around it, outermost first. A container has one too.
Scope = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A text. A * in it stands for any run of characters that nobody knows; see `texts.py`."""

    value: str


@dataclass(frozen=True)
class Setting:
    """A value of the function's environment: the variable, then keys in the JSON that it holds; () is all of it.

    A key * stands for each that there is. `parsed`: read as JSON, so that it has keys.
    """

    path: tuple[str, ...]
    parsed: bool = False


@dataclass(frozen=True)
class Container:
    """A dict, list, tuple or set by the place that makes it; what it holds lies in the cells of that scope."""

    site: Scope
    is_mapping: bool = False


@dataclass(frozen=True)
class Credentials:
    """The answer of AssumeRole, or a part of it. `role`: ARN of the role, as a text."""

    role: str


@dataclass(frozen=True)
class Boto3:
    """The module boto3, or one of its members (`client`, `Session`)."""

    member: str = ""


@dataclass(frozen=True)
class Library:
    """A member of Python's own libraries that is known here, such as os.environ; see `library.py`."""

    name: str


@dataclass(frozen=True)
class Session:
    """A session of boto3. `role`: ARN of the role that it acts as, OWN or UNKNOWN; `region`: "" for the function's."""

    role: str = ""
    region: str = ""
    member: str = ""


@dataclass(frozen=True)
class Client:
    """A client of a service, as boto3 names it; role and region as of a session."""

    service: str
    role: str = ""
    region: str = ""


@dataclass(frozen=True)
class Method:
    """A method of a client."""

    client: Client
    name: str


@dataclass(frozen=True)
class Repeated:
    """A paginator or a waiter (`kind`): it calls the operation."""

    client: Client
    operation: str
    kind: str


@dataclass(frozen=True)
class Member:
    """A method of something that is no object of the archive."""

    of: Text | Setting | Container | Credentials | Repeated
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


Value = (
    Text | Setting | Container | Credentials | Boto3 | Library | Session | Client | Method | Repeated | Member
    | ModuleValue | Function | Class | Instance
)  # fmt: skip
Values = frozenset[Value]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

NOTHING: Values = frozenset()  # not worked out yet, or never given
ANYTHING = Text("*")
UNKNOWN: Values = frozenset({ANYTHING})
OWN_ROLE = ""  # the role that Lambda gives to the function
OTHER_ROLE = "*"  # credentials of which nobody knows whose they are


@dataclass(frozen=True)
class Arguments:
    """Of one call. `whole`: nothing was handed over that cannot be followed, as by ** of an unknown mapping."""

    positional: tuple[Values, ...]
    keywords: dict[str, Values]
    whole: bool = True

    def get(self, position: int, *names: str) -> Values:
        """The argument that stands there or has one of these names; nothing where it is not given."""
        if position < len(self.positional):
            return self.positional[position]
        return next((self.keywords[name] for name in names if name in self.keywords), NOTHING)

    def all(self) -> Values:
        """Everything that is handed over."""
        return frozenset().union(*self.positional, *self.keywords.values())
