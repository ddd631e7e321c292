"""Starts and stops the emulated landscape's server, and finds one that runs already. Lays out nothing in it."""

from __future__ import annotations

import contextlib
import json
import logging.handlers
import os
import socket
import sys
import threading
import urllib.request
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

from harness.emulator import (
    acting,
    alarms,
    background,
    bucketpolicies,
    conditionalwrites,
    delivery,
    events,
    functions,
    identity,
    imagelayers,
    managed_policies,
    objectevents,
    organization,
    sagemaker,
    schedules,
    servicecatalog,
    signing,
    sts,
    topicdelivery,
)
from harness.emulator.applications import application
from harness.emulator.cloudformation import autodeployment
from harness.emulator.gate import HEALTH_PATH, LOG, Gate
from harness.errors import known_error

HOST = "127.0.0.1"
STATE_FILE = Path(".build/local.json")
LOG_FILE = Path(".build/local.log")
_LOG_BYTES = 1_000_000
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy stands before loopback


@dataclass(frozen=True)
class Emulator:
    """A running emulated landscape."""

    url: str  # http://127.0.0.1:N


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc] # moto is not typed for us
    """Answers without a line on stderr per request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class _Server(ThreadedWSGIServer):
    """Writes nothing to stderr, whatever happens: nobody may be reading it."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        LOG.error("a connection from %s: %s", client_address, str(sys.exc_info()[1]))

    def log(self, type: str, message: str, *args: Any) -> None:
        LOG.error("%s", " ".join((message % args if args else message).split()))


def install() -> None:
    """Puts every extension in its place; a second call changes nothing."""
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # a thousand images per account and region
    # moto warns of every error code that an API model does not list, such as AccessDenied.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"moto\.")
    identity.install()
    managed_policies.install()
    bucketpolicies.install()
    conditionalwrites.install()
    imagelayers.install()
    sts.install()
    signing.install()
    servicecatalog.install()
    sagemaker.install()
    organization.install()
    autodeployment.install()
    events.install()
    functions.install()
    schedules.install()
    objectevents.install()
    topicdelivery.install()
    alarms.install()
    delivery.install()


def _bind(port: int, label: str) -> BaseWSGIServer:
    install()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # werkzeug, asked to bind itself, prints and exits on a port in use.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            remedy = "choose another with --port, or stop what uses it"
            raise known_error(f"{HOST}:{port}", f"cannot listen there: {reason}", remedy) from None
        listener.listen(128)
        free = listener.getsockname()[1]
        gate = Gate(application, label)
        return _Server(HOST, free, gate, _QuietHandler, fd=listener.fileno())


@contextlib.contextmanager
def running_server(port: int = 0, label: str = "", log: Path | None = None) -> Iterator[Emulator]:
    """Serves in a thread of this process until the block ends. `port` 0 takes a free one.

    Emulated accounts live as long as the process: two servers in one process show the same ones. `log` gets a line
    for each failure of the emulator itself. Raises KnownError when the port is in use.
    """
    with _failures_told_in(log), _serving(port, label) as emulator:
        yield emulator


@contextlib.contextmanager
def _serving(port: int, label: str) -> Iterator[Emulator]:
    server = _bind(port, label)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="emulator")
    thread.start()
    url = f"http://{HOST}:{server.port}"
    acting.serve_at(url)
    background.begin()
    try:
        yield Emulator(url)
    finally:
        acting.no_longer_at(url)
        background.end()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextlib.contextmanager
def _failures_told_in(log: Path | None) -> Iterator[None]:
    if log is None:
        yield
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    told = logging.handlers.RotatingFileHandler(log, maxBytes=_LOG_BYTES, backupCount=1, delay=True)
    told.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(told)
    try:
        yield
    finally:
        LOG.removeHandler(told)
        told.close()


def record(root: Path, emulator: Emulator) -> None:
    """Writes where this repository's landscape is served, for the commands that come after."""
    path = root / STATE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"url": emulator.url, "pid": os.getpid()}) + "\n")


def forget(root: Path) -> None:
    """Removes what `record` wrote, if it is ours."""
    path = root / STATE_FILE
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads(path.read_text())["pid"] == os.getpid():
            path.unlink()


def find_served(root: Path) -> str | None:
    """The URL of this repository's served landscape, if one is recorded and it answers for this very repository."""
    try:
        url = str(json.loads((root / STATE_FILE).read_text())["url"])
        with _DIRECT.open(url + HEALTH_PATH, timeout=2) as answer:
            serves = str(json.loads(answer.read())["emulator"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):  # another's answer, or a file of another's
        return None
    return url if serves == label_of(root) else None


def label_of(root: Path) -> str:
    """How a served landscape says whose it is."""
    return str(root.resolve())
