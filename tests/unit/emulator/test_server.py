"""Where the emulator is served, and how others find it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from harness.emulator import server
from harness.errors import KnownError


def test_a_server_takes_a_free_port_on_loopback() -> None:
    with server.running_server() as one, server.running_server() as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != other.url


def test_a_port_in_use_is_told_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = pytest.raises(KnownError, match=rf"127\.0\.0\.1:{port}: .*\n  → choose another with --port")
        with told, server.running_server(port):
            pass


def test_a_served_landscape_is_found_until_it_stops(tmp_path: Path) -> None:
    with server.running_server(label=server.label_of(tmp_path)) as emulator:
        server.record(tmp_path, emulator)
        assert server.find_served(tmp_path) == emulator.url
    assert server.find_served(tmp_path) is None


def test_another_repositorys_landscape_is_not_ours(tmp_path: Path) -> None:
    with server.running_server(label="/another/repository") as emulator:
        server.record(tmp_path, emulator)
        assert server.find_served(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "not json", json.dumps({"url": "http://127.0.0.1:1", "pid": 1})])
def test_a_stale_record_is_no_landscape(tmp_path: Path, text: str) -> None:
    path = tmp_path / server.STATE_FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert server.find_served(tmp_path) is None


def test_only_the_server_that_wrote_the_record_removes_it(tmp_path: Path) -> None:
    path = tmp_path / server.STATE_FILE
    server.record(tmp_path, server.Emulator("http://127.0.0.1:1"))
    server.forget(tmp_path)
    assert not path.exists()
    path.write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 1}))
    server.forget(tmp_path)
    assert path.exists()
