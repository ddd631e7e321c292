"""AWS API models, read as the JSON data that botocore's package carries. Imports no client: botocore is never loaded.

Source of every shape, operation, paginator and waiter: https://github.com/boto/botocore, folder botocore/data.
"""

from __future__ import annotations

import functools
import gzip
import importlib.util
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class UnknownServiceError(LookupError):
    """There is no such service; the message names it as boto3 would take it."""


@functools.cache
def service_names() -> frozenset[str]:
    """Names that boto3.client takes."""
    return frozenset(each.name for each in _folder().iterdir() if each.is_dir())


@functools.cache
def model(service: str) -> Mapping[str, Any]:
    """The newest model of a service: `metadata`, `operations`, `shapes`. Raises UnknownServiceError."""
    found: Mapping[str, Any] | None = _read(service, "service-2")
    if found is None:
        raise UnknownServiceError(service)
    return found


@functools.cache
def methods(service: str) -> Mapping[str, str]:
    """Method of a boto3 client → operation, such as list_objects_v2 → ListObjectsV2."""
    return {method_name(each): each for each in model(service)["operations"]}


@functools.cache
def paginated(service: str) -> frozenset[str]:
    """Operations that have a paginator."""
    found = _read(service, "paginators-1") or {}
    return frozenset(found.get("pagination", ()))


@functools.cache
def waiters(service: str) -> Mapping[str, str]:
    """Waiter, as boto3 names it → the operation that it calls."""
    found = _read(service, "waiters-2") or {}
    return {method_name(name): each["operation"] for name, each in found.get("waiters", {}).items()}


_SPLIT_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_SPLIT_END = re.compile(r"([a-z0-9])([A-Z])")
_TRAILING_PLURAL = re.compile(r"[A-Z]{2,}s$")
# Names of one word that their capitals would part.
_ONE_WORD = ("WhatsApp", "PartiQL", "OAuth2", "iSCSI", "OTel", "HITs")


def method_name(operation: str) -> str:
    """The method of a boto3 client for an operation: words in lower case, with underscores between them."""
    for word in _ONE_WORD:
        operation = operation.replace(word, word.capitalize())
    if match := _TRAILING_PLURAL.search(operation):
        operation = f"{operation[: match.start()]}_{match[0].lower()}"
    return _SPLIT_END.sub(r"\1_\2", _SPLIT_WORD.sub(r"\1_\2", operation)).lower().replace("__", "_")


def _read(service: str, name: str) -> Any:
    folder = _folder() / service
    if not service or not folder.is_dir():
        return None
    newest = max(each.name for each in folder.iterdir() if each.is_dir())
    packed, plain = folder / newest / f"{name}.json.gz", folder / newest / f"{name}.json"
    if packed.is_file():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(plain.read_bytes()) if plain.is_file() else None


@functools.cache
def _folder() -> Path:
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("botocore is not installed; it is among the dependencies of this project")
    return Path(spec.submodule_search_locations[0]) / "data"
