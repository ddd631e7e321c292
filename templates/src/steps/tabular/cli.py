"""The command line: one command a step, every path an argument, one sentence and exit code 1 when the data is at fault.

Decisions lie in the other modules; here files are read, they are asked, and what they said is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tabular import steps
from tabular.errors import DataError


def main(arguments: Sequence[str]) -> int:
    """Run one command. 0: done. 1: the data or a setting is at fault; stderr and the message file say how. 2: usage."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        _leave_message(options.message, str(error))
        return 1
    except Exception as error:
        # A defect of ours: the traceback goes to the log, and the job's failure reason says at least where to look.
        _leave_message(options.message, f"{options.command}: unexpected {type(error).__name__}, see the log.")
        raise
    return 0


def say(line: str) -> None:
    """What a person following the log wants to know."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _leave_message(path: Path | None, text: str) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="steps", description="The steps of a tabular machine learning pipeline.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = _command(commands, "preprocess", _preprocess, "split raw data, learn from its training part")
    _paths(command, data="folder or file of raw data", schema="schema file", output="folder to write")
    command.add_argument("--seed", type=int, default=0, help="of the split (default 0)")
    command.add_argument("--validation-fraction", type=float, default=0.15, help="share of all rows (default 0.15)")
    command.add_argument("--test-fraction", type=float, default=0.15, help="share of all rows (default 0.15)")

    command = _command(commands, "train", _train, "train XGBoost; write the model with what serves it")
    _paths(
        command,
        train="folder with data.csv",
        validation="folder with data.csv",
        preprocessing="folder with preprocessing.json and schema.json",
        hyperparameters="SageMaker's JSON file of texts",
        model="folder to write",
    )
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: object,
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--message", type=Path, help="file for the sentence of a failure")
    command.set_defaults(run=run)
    return command


def _paths(command: argparse.ArgumentParser, **helps: str) -> None:
    for name, text in helps.items():
        command.add_argument(f"--{name}", type=Path, required=True, help=text)


def _preprocess(options: argparse.Namespace) -> None:
    steps.preprocess(
        options.data,
        options.schema,
        options.output,
        seed=options.seed,
        validation=options.validation_fraction,
        test=options.test_fraction,
        say=say,
    )


def _train(options: argparse.Namespace) -> None:
    steps.train(
        options.train, options.validation, options.preprocessing, options.hyperparameters, options.model, say=say
    )
