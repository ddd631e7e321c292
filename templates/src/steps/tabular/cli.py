"""The command line: one command a step, every path an argument, one sentence and exit code 1 when the data is at fault.

What the commands do lies in `steps/`, a module each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tabular.errors import DataError


def main(arguments: Sequence[str]) -> int:
    """Run one command. 0: done. 1: the data or a setting is at fault; stderr and the message file say how. 2: usage."""
    options = _parser().parse_args(arguments)
    try:
        say(options.run(options))
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

    command = _command(commands, "evaluate", _evaluate, "judge a model on rows that it never saw")
    _paths(command, model="folder with model.tar.gz", test="folder with raw.csv", output="folder to write")
    command.add_argument("--groups", default="", help="columns whose groups are compared, with commas between")

    command = _command(commands, "baseline", _baseline, "describe training data, in the monitor's formats")
    _paths(command, data="folder or file of raw data", schema="schema file", output="folder to write")

    command = _command(commands, "prepare", _prepare, "check new data and write it as records for batch inference")
    _paths(command, data="folder or file of raw data", schema="schema file", output="folder to write")

    command = _command(commands, "check-drift", _check_drift, "hold new data against a baseline; needs no label")
    _paths(
        command,
        data="folder or file of raw data (CSV, JSON lines, captured requests)",
        statistics="baseline's statistics.json",
        constraints="baseline's constraints.json",
        output="folder to write",
    )
    command.add_argument(
        "--psi", type=float, help="greatest population stability index (default: the constraints', 0.2)"
    )
    command.add_argument("--ks", type=float, help="greatest distance of distributions (default: the constraints', 0.1)")
    command.add_argument("--significance", type=float, help="chance of a false alarm in the whole check (default 0.01)")
    command.add_argument("--minimum-rows", type=int, help="fewer, and distributions are not judged (default 30)")

    command = _command(commands, "predict", _predict, "predict the rows of a table, by hand")
    _paths(command, model="folder of a model", data="CSV or JSON lines file", output="CSV file to write")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], str],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--message", type=Path, help="file for the sentence of a failure")
    command.set_defaults(run=run)
    return command


def _paths(command: argparse.ArgumentParser, **helps: str) -> None:
    for name, text in helps.items():
        command.add_argument(f"--{name}", type=Path, required=True, help=text)


# Each command imports its own module only: a drift check should not wait for what trains models.


def _preprocess(options: argparse.Namespace) -> str:
    from tabular.steps import preprocess

    fractions = options.validation_fraction, options.test_fraction
    return preprocess.run(options.data, options.schema, options.output, options.seed, *fractions)


def _train(options: argparse.Namespace) -> str:
    from tabular.steps import train

    folders = options.train, options.validation, options.preprocessing
    return train.run(*folders, options.hyperparameters, options.model, say)


def _evaluate(options: argparse.Namespace) -> str:
    from tabular.steps import evaluate

    groups = [name.strip() for name in options.groups.split(",") if name.strip()]
    return evaluate.run(options.model, options.test, options.output, groups)


def _baseline(options: argparse.Namespace) -> str:
    from tabular.steps import baseline

    return baseline.run(options.data, options.schema, options.output)


def _prepare(options: argparse.Namespace) -> str:
    from tabular.steps import prepare

    return prepare.run(options.data, options.schema, options.output)


def _check_drift(options: argparse.Namespace) -> str:
    from tabular.steps import check_drift

    limits = {name: getattr(options, name) for name in ("psi", "ks", "significance", "minimum_rows")}
    return check_drift.run(options.data, options.statistics, options.constraints, options.output, limits)


def _predict(options: argparse.Namespace) -> str:
    from tabular.steps import predict

    return predict.run(options.model, options.data, options.output)
