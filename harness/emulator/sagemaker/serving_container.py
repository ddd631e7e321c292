"""The program of a model server's process: loads the user's handler functions once and answers on loopback.

It does what the serving toolkit in SageMaker's framework containers does with model_fn, input_fn, predict_fn, output_fn
and transform_fn. Run by `serving.py`, never imported by it; it knows nothing of the emulator.

Arguments: the file descriptor to announce the port on. Environment: SM_MODEL_DIR, SAGEMAKER_PROGRAM and
SAGEMAKER_SUBMIT_DIRECTORY as paths of this machine. It ends when its standard input does.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

DEFAULT_TYPE = "application/json"


class UnsupportedFormatError(Exception):
    """A content type that the default functions cannot read (415) or write (406)."""

    def __init__(self, content_type: str, status: int) -> None:
        super().__init__(f"Content type {content_type} is not supported by this framework.")
        self.status = status


def default_input_fn(body: bytes, content_type: str) -> Any:
    """Numbers as the toolkit decodes them: text/csv, application/json, application/x-npy."""
    import numpy

    kind = content_type.partition(";")[0].strip()
    if kind == "text/csv":
        return numpy.genfromtxt(io.StringIO(body.decode()), dtype=numpy.float32, delimiter=",", ndmin=2)
    if kind == "application/json":
        return numpy.array(json.loads(body))
    if kind == "application/x-npy":
        return numpy.load(io.BytesIO(body), allow_pickle=False)
    raise UnsupportedFormatError(content_type, 415)


def default_predict_fn(data: Any, model: Any) -> Any:
    """The model's own predict; an XGBoost booster wants its own matrix."""
    if type(model).__name__ == "Booster":
        import xgboost

        data = xgboost.DMatrix(data)
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> Any:
    """The prediction in the type that is asked for: application/json, text/csv or application/x-npy."""
    import numpy

    array = numpy.asarray(prediction)
    kind = accept.partition(";")[0].strip()
    if kind == "application/json":
        return json.dumps(array.tolist()), accept
    if kind == "text/csv":
        written = io.StringIO()
        rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
        csv.writer(written, lineterminator="\n").writerows(rows.tolist())
        return written.getvalue(), accept
    if kind == "application/x-npy":
        buffer = io.BytesIO()
        numpy.save(buffer, array)
        return buffer.getvalue(), accept
    raise UnsupportedFormatError(accept, 406)


class Handlers:
    """The user's functions, and the defaults for those that are not defined."""

    def __init__(self, module: Any, model_dir: str) -> None:
        if not hasattr(module, "model_fn"):
            raise NotImplementedError(f"{module.__name__}: provide a model_fn implementation")
        own = {name: getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn", "transform_fn")}
        if own["transform_fn"] and (own["input_fn"] or own["predict_fn"] or own["output_fn"]):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, output_fn"
            )
        self._input = own["input_fn"] or default_input_fn
        self._predict = own["predict_fn"] or default_predict_fn
        self._output = own["output_fn"] or default_output_fn
        self._transform = own["transform_fn"] or self._in_three_steps
        self._model = module.model_fn(model_dir)

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The response and its type. Raises whatever the user's functions raise."""
        result = self._transform(self._model, body, content_type, accept)
        content, kind = result if isinstance(result, tuple) else (result, accept)
        return content if isinstance(content, bytes) else str(content).encode(), kind

    def _in_three_steps(self, model: Any, body: bytes, content_type: str, accept: str) -> Any:
        return self._output(self._predict(self._input(body, content_type), model), accept)


def load() -> Handlers:
    """Imports the user's module and its model."""
    directory, program = os.environ["SAGEMAKER_SUBMIT_DIRECTORY"], os.environ["SAGEMAKER_PROGRAM"]
    sys.path.insert(0, directory)
    module = importlib.import_module(program.removesuffix(".py").replace("/", "."))
    return Handlers(module, os.environ["SM_MODEL_DIR"])


class Requests(BaseHTTPRequestHandler):
    """GET /ping and POST /invocations."""

    handlers: Handlers

    def do_GET(self) -> None:
        self._send(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content_type = self.headers.get("Content-Type") or DEFAULT_TYPE
        accept = self.headers.get("Accept") or "*/*"
        if accept == "*/*":
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", DEFAULT_TYPE)
        try:
            content, kind = self.handlers.answer(body, content_type, accept)
        except UnsupportedFormatError as error:
            self._send(error.status, str(error).encode(), "text/plain")
        except Exception as error:
            traceback.print_exc()
            self._send(500, f"{type(error).__name__}: {error}".encode(), "text/plain")
        else:
            self._send(200, content, kind)

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """The log is for what the user's code writes."""


def _end_with_the_parent() -> None:
    # Not sys.stdin, whose lock a thread must not hold when the interpreter ends.
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    """Loads, listens, announces the port, serves."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    Requests.handlers = load()
    server = HTTPServer(("127.0.0.1", 0), Requests)
    announce = int(sys.argv[1])
    os.write(announce, f"{server.server_port}\n".encode())
    os.close(announce)
    server.serve_forever()


if __name__ == "__main__":
    main()
