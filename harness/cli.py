"""The command line: finds the command, and turns whatever happens into an exit code. Imports nothing heavy."""

from __future__ import annotations

import datetime
import errno
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from harness.commands import root
from harness.errors import ExitCode, Finding, KnownError, Place

# Command → (module, help line). The help is here so that `--help` imports no command.
COMMANDS = {
    "list": ("list_", "Show the products, their versions and portfolios."),
    "new": ("new", "Scaffold a product that passes every check."),
    "roles": ("roles", "Write the launch roles that the templates ask for."),
    "render": ("render", "Write the rendered templates."),
    "check": ("check", "Lint, rehearse and prove products."),
    "diff": ("diff", "Show what changes between two versions, for launchers and for their stacks."),
    "release": ("release", "Freeze the versions that product.yaml states."),
    "plan": ("plan", "Show what publish would do."),
    "publish": ("publish", "Bring the hub's portfolios to what is released."),
    "retire": ("retire", "Withdraw versions: deprecated, inactive, deleted."),
    "spokes": ("spokes", "Deploy the foundation of the spokes by a stack set."),
    "import": ("import_", "Bring spoke accounts to what a launch needs."),
    "inventory": ("inventory", "Record what is provisioned in every spoke."),
    "launch": ("launch", "Launch, update or terminate a product as a lead."),
    "update": ("update", "Move what is provisioned to a version, the impact shown first."),
    "verify": ("verify", "Hold what a spoke is offered against what the hub signed."),
    "run": ("run", "Run the pipeline of a product on this machine."),
    "local": ("local", "Serve the emulated landscape on this machine."),
    "test": ("test", "Run every test and check of the project."),
}


# What a disk, a permission or a full table can say; anything else from the operating system is a bug of ours.
_TOLD_BY_THE_SYSTEM = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.ENOENT,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EMFILE,
    errno.ENFILE,
    errno.EIO,
}


class _Commands(click.Group):
    """Loads a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"harness.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Check, release and publish the catalog of Service Catalog products.

    Exit codes: 0 done, 1 findings or a known failure, 2 usage, 3 a bug, 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code; a command returns its own, or None for done."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if sys.stdout is None:  # closed by the caller
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    try:
        result = cli.main(arguments, prog_name="build.py", standalone_mode=False)
        return int(result) if isinstance(result, int) else ExitCode.DONE
    except click.UsageError as error:
        if "--json" not in arguments:
            error.show()
            return ExitCode.USAGE
        remedy = f"`{error.ctx.command_path if error.ctx else 'build.py'} --help`"
        return _told((Finding(Place("command line"), error.format_message(), remedy),), arguments, ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.FAILED
    except KnownError as error:
        return _told(error.findings, arguments)
    except BrokenPipeError:
        _let_go_of_stdout()
        return ExitCode.DONE
    except OSError as error:
        if error.errno not in _TOLD_BY_THE_SYSTEM:
            return _bug(arguments)
        if error.filename is None:  # no file of ours: what we print cannot be written
            _let_go_of_stdout()
        place = Place(str(error.filename or "standard output"))
        remedy = "make room, or the rights to read and write there"
        return _told((Finding(place, f"{error.strerror}", remedy),), arguments)
    except Exception:
        return _bug(arguments)


def _told(findings: Sequence[Finding], arguments: Sequence[str], code: ExitCode = ExitCode.FAILED) -> int:
    """What went wrong, on stderr; where the result was to be JSON, as a document instead."""
    if "--json" in arguments:
        from harness import console

        console.emit_json("failure", {"findings": [console.finding_json(each) for each in findings]})
        return code
    for finding in findings:
        click.echo(str(finding), err=True)
    return code


def _let_go_of_stdout() -> None:
    # The reader of a pipe has gone, or a disk is full: stdout must not be flushed again at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug(arguments: Sequence[str]) -> int:
    text = f"{sys.argv}\n{traceback.format_exc()}"
    name = f"{datetime.datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    log = root() / ".build" / "logs" / name
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    except OSError:  # a repository that cannot be written
        log = Path(tempfile.gettempdir()) / name
        log.write_text(text, encoding="utf-8")
    error = sys.exc_info()[1]
    told = str(error).partition("\n")[0][:200]  # the log has all of it
    bug = Finding(Place("build.py"), f"a bug: {type(error).__name__}: {told}", f"the log is {log}; please report it")
    return _told((bug,), arguments, ExitCode.BUG)


if __name__ == "__main__":
    sys.exit(main())
