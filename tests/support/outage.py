"""A way to a served landscape on which one region can be cut off, as if its network were down."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from harness.emulator.server import STATE_FILE
from tests.support.served import Served

_REGION = re.compile(r"Credential=[^/]+/\d+/([^/]+)/")


@dataclass
class Outage:
    """`is_cut`: whether a request (its region, its HTTP method) gets no answer."""

    is_cut: Callable[[str, str], bool] = lambda _region, _method: False


@contextmanager
def outage(served: Served) -> Iterator[tuple[Served, Outage]]:
    """The landscape by that way, for the block: every command on its repository takes it."""
    state, told = Outage(), served.root / STATE_FILE
    before = told.read_text()

    class Way(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            found = _REGION.search(self.headers.get("Authorization", ""))
            if found and state.is_cut(found.group(1), self.command):
                self.close_connection = True
                return
            behind = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=60)
            behind.request(self.command, self.path, body, dict(self.headers.items()))
            answer = behind.getresponse()
            content = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - as the base class calls them

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Way)
    url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.write_text(json.dumps({**json.loads(before), "url": url}))
    try:
        yield replace(served, url=url), state
    finally:
        told.write_text(before)
        server.shutdown()
        server.server_close()
