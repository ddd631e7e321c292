"""The command line's frame: help, usage errors, known failures, bugs, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from harness.errors import ExitCode
from tests.support.repository import PROJECT, TinyRepository


def run(*arguments: str, root: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CATALOG_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_help_names_every_command() -> None:
    shown = run("--help")
    assert shown.returncode == ExitCode.DONE
    assert [name for name in COMMANDS if f"  {name} " not in shown.stdout] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_that_help_names_exists(name: str) -> None:
    shown = run(name, "--help")
    assert (shown.returncode, shown.stderr) == (ExitCode.DONE, "")
    assert f"build.py {name}" in shown.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    shown = run("publsh")
    assert shown.returncode == ExitCode.USAGE
    assert "No such command 'publsh'" in shown.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    assert run("list", "--nope").returncode == ExitCode.USAGE


def test_a_known_failure_is_told_in_three_parts_without_a_traceback(tiny: TinyRepository) -> None:
    tiny.replace("products/demo/product.yaml", "version: 1.0.0", "version: one")
    shown = run("list", root=tiny.root)
    assert shown.returncode == ExitCode.FAILED
    assert shown.stdout == ""
    assert shown.stderr == (
        "products/demo/product.yaml:2: version 'one' is not MAJOR.MINOR.PATCH\n"
        "  → write it as 1.2.3, without a v or a suffix\n"
    )


BUGGY = """
import sys, types, click
from harness import cli

@click.command("boom")
@click.option("--json", "as_json", is_flag=True)
def command(as_json):
    raise ZeroDivisionError("of ours\\nwith all that belongs to it")

sys.modules["harness.commands.boom"] = types.ModuleType("harness.commands.boom")
sys.modules["harness.commands.boom"].command = command
cli.COMMANDS["boom"] = ("boom", "A command with a bug.")
sys.exit(cli.main(["boom", *sys.argv[1:]]))
"""


def run_buggy(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CATALOG_ROOT": str(root), "PYTHONPATH": str(PROJECT), "TMPDIR": str(root)}
    command = [sys.executable, "-c", BUGGY, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_bug_is_logged_and_named_not_thrown_at_the_user(tiny: TinyRepository) -> None:
    shown = run_buggy(tiny.root)
    assert shown.returncode == ExitCode.BUG
    (log,) = (tiny.root / ".build" / "logs").glob("*.log")
    assert shown.stderr == (f"build.py: a bug: ZeroDivisionError: of ours\n  → the log is {log}; please report it\n")
    assert "with all that belongs to it" in log.read_text(encoding="utf-8")
    assert "Traceback" in log.read_text()


def test_a_bug_is_a_document_too_where_json_was_asked_for(tiny: TinyRepository) -> None:
    shown = run_buggy(tiny.root, "--json")
    assert shown.returncode == ExitCode.BUG
    (finding,) = json.loads(shown.stdout)["findings"]
    assert finding["problem"] == "a bug: ZeroDivisionError: of ours"


@pytest.mark.parametrize("taken", [".build", ".build/logs"])
def test_a_bug_in_a_repository_that_cannot_be_written_is_logged_elsewhere(tiny: TinyRepository, taken: str) -> None:
    tiny.write(taken, "a file where a folder would be made")
    shown = run_buggy(tiny.root)
    assert shown.returncode == ExitCode.BUG
    (log,) = tiny.root.glob("*.log")
    assert str(log) in shown.stderr


def test_a_folder_that_cannot_be_made_is_told_with_its_path(tiny: TinyRepository) -> None:
    tiny.write("taken", "a file")
    shown = run("render", "--out", str(tiny.root / "taken/out"), root=tiny.root)
    assert (shown.returncode, shown.stdout) == (ExitCode.FAILED, "")
    assert shown.stderr == (
        f"{tiny.root}/taken/out: Not a directory\n  → make room, or the rights to read and write there\n"
    )


def test_an_output_that_cannot_be_written_is_told(tiny: TinyRepository) -> None:
    environment = {**os.environ, "CATALOG_ROOT": str(tiny.root), "PYTHONPATH": str(PROJECT)}
    with Path("/dev/full").open("w") as full:
        shown = subprocess.run(
            [sys.executable, "-m", "harness.cli", "list"],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert shown.returncode == ExitCode.FAILED
    assert shown.stderr == (
        "standard output: No space left on device\n  → make room, or the rights to read and write there\n"
    )


def test_a_reader_that_goes_early_is_no_failure(tiny: TinyRepository) -> None:
    command = f"{sys.executable} -m harness.cli --help | head -n 1; echo ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "CATALOG_ROOT": str(tiny.root), "PYTHONPATH": str(PROJECT)}
    shown = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert (shown.stdout.splitlines()[-1], shown.stderr) == ("0", "")


def test_a_failure_is_a_document_too_where_json_was_asked_for(tiny: TinyRepository) -> None:
    shown = run("list", "nope", "--json", root=tiny.root)
    assert shown.returncode == ExitCode.FAILED
    assert json.loads(shown.stdout) == {
        "format": 1,
        "kind": "failure",
        "findings": [
            {
                "path": "products",
                "line": None,
                "rule": None,
                "problem": "no product 'nope'",
                "remedy": "there are: demo",
            }
        ],
    }


def test_a_wrong_usage_is_a_document_too_where_json_was_asked_for(tiny: TinyRepository) -> None:
    shown = run("launch", "--json", root=tiny.root)
    assert shown.returncode == ExitCode.USAGE
    (finding,) = json.loads(shown.stdout)["findings"]
    assert (finding["problem"], finding["remedy"]) == ("Missing argument 'PRODUCT'.", "`build.py launch --help`")


LAUNCH = ("launch", "demo", "--account")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            (*LAUNCH, "999999999999"),
            "catalog.yaml: account 999999999999 is no spoke of the landscape\n  → there are: 222222222221 (credit-risk "
            "dev), 222222222222 (credit-risk preprod), 222222222223 (credit-risk prod)\n",
        ),
        (
            (*LAUNCH, "222222222221", "--region", "mars"),
            "catalog.yaml: region mars is none of the catalog's\n  → there are: eu-west-1, eu-central-1\n",
        ),
        (
            (*LAUNCH, "222222222221", "--name", "two words"),
            "--name: 'two words' cannot be the name of a provisioned product\n"
            "  → begin with a letter or digit; then letters, digits and . _ - up to 128\n",
        ),
        (
            (*LAUNCH, "222222222221", "--example", "nope"),
            "products/demo/examples: no example 'nope'\n  → there are: defaults\n",
        ),
    ],
)
def test_a_launch_that_cannot_be_is_refused_before_anything_is_called(
    tiny: TinyRepository, arguments: tuple[str, ...], told: str
) -> None:
    shown = run(*arguments, root=tiny.root)
    assert (shown.returncode, shown.stdout, shown.stderr) == (ExitCode.FAILED, "", told)


@pytest.mark.parametrize(
    "options",
    [("--terminate", "--version", "1.0.0"), ("--update", "--tag", "a=b"), ("--update", "--terminate")],
)
def test_options_of_a_launch_that_would_be_ignored_are_usage_errors(options: tuple[str, ...]) -> None:
    assert run(*LAUNCH, "222222222221", *options).returncode == ExitCode.USAGE


def test_list_speaks_json_to_machines(tiny: TinyRepository) -> None:
    shown = run("list", "--json", root=tiny.root)
    document = json.loads(shown.stdout)
    assert document["format"] == 1
    assert document["products"][0]["name"] == "demo"


def test_list_is_a_plain_table_where_no_terminal_is(tiny: TinyRepository) -> None:
    assert run("list", root=tiny.root).stdout == (
        "Product\tVersion\tNewest release\tPortfolios\tSummary\ndemo\t1.0.0\tnone\ttiny\tA topic.\n"
    )


def test_render_writes_the_template_and_prints_its_path(tiny: TinyRepository) -> None:
    shown = run("render", "demo", "--out", str(tiny.root / "out"), root=tiny.root)
    assert shown.stdout == f"{tiny.root}/out/demo.yaml\n"
    assert "Demo (ml-platform/demo 1.0.0)" in (tiny.root / "out" / "demo.yaml").read_text()


def test_release_freezes_and_says_where(tiny: TinyRepository) -> None:
    assert run("release", root=tiny.root).stdout == "demo 1.0.0 → products/demo/releases/1.0.0\n"
    again = run("release", root=tiny.root)
    assert (again.returncode, again.stdout) == (ExitCode.DONE, "")
    assert again.stderr == "demo 1.0.0 is released already.\n"
