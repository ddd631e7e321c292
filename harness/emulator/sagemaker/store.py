"""State by account and region, in moto's own way of keeping it, so that accounts are forgotten like any other's."""

from __future__ import annotations

import importlib
from threading import RLock
from types import ModuleType

from moto.core.base_backend import BaseBackend

# One lock for all of it: operations are short, and some look into two accounts.
LOCK = RLock()


class Backend(BaseBackend):  # type: ignore[misc] # moto is not typed for us
    """One account and region. A theme subclasses it and keeps `BackendDict(Its, "sagemaker")`."""

    @property
    def _url_module(self) -> ModuleType:
        # moto derives this from the backend's module name, which holds only inside its own package.
        return importlib.import_module("moto.sagemaker.urls")
