"""`build.py local`: the emulated landscape, served until interrupted."""

from __future__ import annotations

import gc
import signal
import threading

import click

from harness import console
from harness.catalog.load import load_repository
from harness.commands import root
from harness.emulator.landscape import lay_out, seed_organization
from harness.emulator.server import LOG_FILE, find_served, forget, label_of, record, running_server
from harness.errors import known_error

DEFAULT_PORT = 4599


@click.command("local")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one."
)
@click.option("--empty", is_flag=True, help="Serve the accounts with nothing in them.")
def command(port: int, empty: bool) -> None:
    """Serve the accounts of catalog.yaml on this machine, with the foundations deployed, until interrupted."""
    repository = load_repository(root())
    served = find_served(repository.root)
    if served is not None:
        raise known_error(served, "this repository's landscape is served there already", "use it, or stop it first")
    stopped = threading.Event()
    with running_server(port, label_of(repository.root), repository.root / LOG_FILE) as emulator:
        if empty:
            seed_organization(repository.catalog)
        else:
            lay_out(repository, emulator, console.say)
        for number in (signal.SIGINT, signal.SIGTERM):  # not before: until then an interrupt ends it at once
            signal.signal(number, lambda *_: stopped.set())
        record(repository.root, emulator)
        try:
            click.echo(f"ready {emulator.url}")
            click.echo(
                _directions(emulator.url, repository.catalog.landscape.hub.account, repository.catalog.home_region)
            )
            stopped.wait()
        finally:
            forget(repository.root)
    gc.freeze()  # the process ends: looking through a landscape's objects for garbage would take seconds


def _directions(url: str, account: str, region: str) -> str:
    return f"""
An access key id of twelve digits is that account's administrator; every other identity comes from STS or IAM.

  export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION={region}
  aws sts get-caller-identity

  boto3.client("s3")  # with the same variables set

`aws cloudformation describe-stack-resources` tells of each resource whether it is native (a service answers for it)
or schema-only. Failures of the emulator itself are told in {LOG_FILE}.
Stop with Ctrl-C."""
