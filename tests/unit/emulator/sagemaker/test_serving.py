"""Model servers: what the framework container's toolkit does with the user's functions."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.emulator.sagemaker import serving
from tests.unit.emulator.sagemaker.archives import SCRIPT_MODE, adder, archive


def scripted(handlers: str) -> bytes:
    """A model that is nothing but its script."""
    return archive({"code/inference.py": handlers})


@contextlib.contextmanager
def served(model: bytes, environment: Mapping[str, str] = SCRIPT_MODE, **more: object) -> Iterator[serving.Serving]:
    running = serving.start(model, environment, **more)  # type: ignore[arg-type]
    try:
        yield running
    finally:
        running.stop()


def test_a_model_answers_through_the_users_functions() -> None:
    with served(adder(5)) as model:
        assert model.invoke(b"1,2", "text/csv") == (b"6,7", "text/csv")
        assert model.invoke(b"[10]", "application/json") == (b"15", "text/csv")


def test_the_container_tells_what_the_users_function_raised_and_goes_on() -> None:
    with served(adder(5)) as model:
        with pytest.raises(serving.ModelError) as raised:
            model.invoke(b"<x/>", "text/xml")
        assert raised.value.status == 500
        assert raised.value.message == "ValueError: cannot read text/xml"
        assert "Traceback" in model.log()
        assert model.invoke(b"1", "text/csv")[0] == b"6"


def test_functions_that_are_not_defined_have_the_toolkits_defaults() -> None:
    handlers = (
        "class Model:\n    def predict(self, rows):\n        return rows.sum(axis=1)\n"
        "def model_fn(model_dir):\n    return Model()\n"
    )
    with served(scripted(handlers)) as model:
        assert model.invoke(b"1,2\n3,4\n", "text/csv", "application/json") == (b"[3.0, 7.0]", "application/json")
        assert model.invoke(b"[[1, 2]]", "application/json", "text/csv") == (b"3\n", "text/csv")
        with pytest.raises(serving.ModelError) as unread:
            model.invoke(b"x", "text/xml")
        assert unread.value.status == 415
        with pytest.raises(serving.ModelError) as unwritten:
            model.invoke(b"[[1, 2]]", "application/json", "text/xml")
        assert unwritten.value.status == 406


def test_variables_below_opt_ml_are_paths_of_the_container() -> None:
    handlers = (
        "import json, os\n"
        "def model_fn(model_dir):\n    return model_dir\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return json.dumps([model, os.environ['WHERE'], os.environ['PLAIN'], sorted(os.environ)])\n"
    )
    variables = {**SCRIPT_MODE, "WHERE": "/opt/ml/model/extra", "PLAIN": "/tmp/x"}
    with served(scripted(handlers), variables) as model:
        folder, where, plain, names = json.loads(model.invoke(b"")[0])
    assert where == f"{folder}/extra"
    assert plain == "/tmp/x"
    assert not [name for name in names if name.startswith("AWS_")]


def test_a_separate_source_archive_is_where_the_script_is_found() -> None:
    handlers = "def model_fn(model_dir):\n    return 3\ndef transform_fn(model, body, *_):\n    return str(model)\n"
    variables = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://code/sourcedir.tar.gz"}
    with served(archive({"note.txt": "weights"}), variables, code=archive({"serve.py": handlers})) as model:
        assert model.invoke(b"")[0] == b"3"


@pytest.mark.parametrize(
    ("model", "variables", "reason"),
    [
        (b"no archive", SCRIPT_MODE, "gzip-compressed tar"),
        (archive({"code/other.py": ""}), SCRIPT_MODE, "No module named 'inference'"),
        (scripted(""), SCRIPT_MODE, "provide a model_fn implementation"),
        (
            scripted("def model_fn(model_dir):\n    raise OSError('no weights')"),
            SCRIPT_MODE,
            "no weights",
        ),
        (scripted(""), {}, "SAGEMAKER_PROGRAM"),
    ],
    ids=["no-archive", "no-program", "no-model-fn", "no-weights", "no-variables"],  # archives know when they were made
)
def test_a_container_that_does_not_come_up_says_why(model: bytes, variables: dict[str, str], reason: str) -> None:
    with pytest.raises(serving.ServingError, match=reason):
        serving.start(model, variables)


def test_a_model_that_takes_too_long_to_load_is_given_up() -> None:
    handlers = "import time\ndef model_fn(model_dir):\n    time.sleep(60)\n"
    with pytest.raises(serving.ServingError, match=r"not loaded in 0\.3 s"):
        serving.start(scripted(handlers), SCRIPT_MODE, seconds=0.3)


def test_an_archive_cannot_write_outside_its_folder() -> None:
    with pytest.raises(serving.ServingError, match="outside"):
        serving.start(archive({"../../../evil.txt": "x"}), SCRIPT_MODE)


def test_a_stopped_server_answers_no_more() -> None:
    model = serving.start(adder(1), SCRIPT_MODE)
    model.stop()
    with pytest.raises(serving.ModelError):
        model.invoke(b"1", "text/csv")


def test_a_server_that_its_own_code_ended_is_started_again() -> None:
    handlers = (
        "import os\n"
        "def model_fn(model_dir):\n    return 1\n"
        "def transform_fn(model, body, *_):\n    return os._exit(3) if body == b'die' else 'alive'\n"
    )
    with served(scripted(handlers)) as model:
        with pytest.raises(serving.ModelError, match="closed the connection"):
            model.invoke(b"die")
        assert model.invoke(b"live")[0] == b"alive"


def test_what_a_model_started_ends_with_it() -> None:
    handlers = (
        "import subprocess\n"
        "def model_fn(model_dir):\n    return subprocess.Popen(['sleep', '60']).pid\n"
        "def transform_fn(model, *_):\n    return str(model)\n"
    )
    with served(scripted(handlers)) as model:
        pid = model.invoke(b"")[0].decode()
        assert not ended(pid, seconds=0)
    assert ended(pid, seconds=5)


def ended(pid: str, seconds: float) -> bool:
    """Whether a process has ended so many seconds from now."""
    status, deadline = Path(f"/proc/{pid}/stat"), time.monotonic() + seconds
    while True:
        gone = not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"
        if gone or time.monotonic() >= deadline:
            return gone
        time.sleep(0.01)


def test_more_models_than_processes_all_answer() -> None:
    with contextlib.ExitStack() as stack:
        models = [stack.enter_context(served(adder(number))) for number in range(serving.LIMIT + 2)]
        assert sum(each.is_awake for each in models) <= serving.LIMIT
        assert [each.invoke(b"0", "text/csv")[0] for each in models[:3]] == [b"0", b"1", b"2"]
