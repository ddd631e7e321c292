"""Where the emulator is served, and how others find it."""

from __future__ import annotations

import io
import json
import socket
import socketserver
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.emulator import server
from harness.emulator.gate import Gate
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


def test_no_proxy_of_this_machine_stands_before_a_served_landscape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with server.running_server(label=server.label_of(tmp_path)) as emulator:
        server.record(tmp_path, emulator)
        assert server.find_served(tmp_path) == emulator.url


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.0 200 OK\r\n\r\n[1]", b"HTTP/1.0 200 OK\r\n\r\nx"])
def test_what_took_the_port_since_is_no_landscape(tmp_path: Path, answer: bytes) -> None:
    class Stranger(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.handle_request).start()
        server.record(tmp_path, server.Emulator(f"http://127.0.0.1:{stranger.server_address[1]}"))
        assert server.find_served(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"url": 5}', "not json", json.dumps({"url": "http://127.0.0.1:1", "pid": 1})]
)
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


_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/{}/aws4_request, Signature=00"
_JSON = "application/x-amz-json-1.1"
_FORM = "application/x-www-form-urlencoded"


def raw_answer(url: str, service: str, headers: dict[str, str], body: bytes) -> str:
    """What comes back for bytes that no AWS client would send."""
    host, port = url.removeprefix("http://").split(":")
    sent = {"Host": f"{host}:{port}", "Authorization": _AUTHORIZATION.format(service)}
    sent |= {"Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.parametrize(
    ("service", "headers", "body", "code"),
    [
        ("ssm", {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Type": _JSON}, b"{no", "SerializationException"),
        ("ssm", {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Type": _JSON}, b"[1]", "SerializationException"),
        ("ssm", {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Length": "500"}, b"{", "IncompleteBody"),
        ("ssm", {"X-Amz-Target": "AmazonSSM.GetParameter", "Content-Length": "-5"}, b"{", "IncompleteBody"),
        ("cloudformation", {"Content-Type": _FORM, "Content-Length": "500"}, b"Action=ListStacks", "IncompleteBody"),
        ("cloudformation", {"Content-Type": _FORM}, b"Action=Nonsense", "InvalidAction"),
        ("nosuchservice", {"X-Amz-Target": "Some.Thing", "Content-Type": _JSON}, b"{}", "UnsupportedOperation"),
    ],
)
def test_a_request_that_is_none_is_refused_in_the_services_words(
    emulator: server.Emulator, service: str, headers: dict[str, str], body: bytes, code: str
) -> None:
    answer = raw_answer(emulator.url, service, headers, body)
    assert answer.startswith("HTTP/1.1 400")
    assert code in answer


def test_a_failure_of_the_emulator_is_an_internal_failure_and_a_line_in_its_log(tmp_path: Path) -> None:
    def defective(_: object) -> Any:
        raise RuntimeError("first line\nsecond line")

    log = tmp_path / "logs/local.log"
    answers: list[str] = []
    environ = {
        "wsgi.input": io.BytesIO(b"{}"),
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_LENGTH": "2",
        "HTTP_X_AMZ_TARGET": "AmazonSSM.GetParameter",
        "HTTP_AUTHORIZATION": _AUTHORIZATION.format("ssm"),
    }
    with server.running_server(log=log):
        body = b"".join(Gate(defective, "")(environ, lambda status, _: answers.append(status)))
    assert answers == ["500 "]
    assert json.loads(body)["__type"] == "InternalFailure"
    (line,) = log.read_text().splitlines()
    assert "GetParameter of ssm: RuntimeError: first line second line" in line
    assert "test_server.py" in line


def test_clients_that_go_away_leave_stderr_empty_and_the_server_at_work(
    emulator: server.Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = emulator.url.removeprefix("http://").split(":")
    authorization = _AUTHORIZATION.format("s3")
    announced = f"PUT /bucket/key HTTP/1.1\r\nAuthorization: {authorization}\r\nContent-Length: 9000\r\n"
    for sent in (announced + "\r\npart", announced, "GARBAGE\r\n\r\n", ""):
        for reset in (True, False):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(sent.encode())
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answer = raw_answer(emulator.url, "ssm", {"X-Amz-Target": "AmazonSSM.DescribeParameters"}, b"{}")
    assert answer.startswith("HTTP/1.1 200")
    assert capfd.readouterr().err == ""
