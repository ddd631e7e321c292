"""Source repositories behind connections: a git repository or a plain folder of this machine. Reads, and never writes.

Which folder stands for which repository is said through the control path (`connections.py`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.emulator.arns import Arn, NotAnArnError
from harness.emulator.delivery import archives
from harness.emulator.delivery.store import store_of

_SECONDS = 60
_FOLDER_BRANCH = "main"  # what a folder that is no git repository counts as
_FORMAT = "%H%x00%an%x00%aI%x00%s"


class RepositoryError(Exception):
    """The repository, or what is asked of it, is not there; the message says what."""


@dataclass(frozen=True)
class Repository:
    """A repository: `id` as its provider names it (owner/name), and where it lies."""

    id: str
    path: Path

    @property
    def is_git(self) -> bool:
        """Whether git knows it, bare or with a working tree."""
        return (self.path / "HEAD").is_file() or (self.path / ".git").exists()


@dataclass(frozen=True)
class Commit:
    """One commit."""

    id: str
    author: str
    date: datetime
    message: str


def find(connection_arn: str, repository_id: str) -> Repository:
    """The repository that a connection reaches under that id. Raises RepositoryError."""
    try:
        arn = Arn.parse(connection_arn)
    except NotAnArnError:
        raise RepositoryError(f"{connection_arn or 'nothing'} is not the ARN of a connection") from None
    connection = store_of(arn.account, arn.region).connections.get(arn.resource)
    if connection is None:
        raise RepositoryError(f"Connection {connection_arn} not found")
    if connection.status != "AVAILABLE":
        raise RepositoryError(f"Connection {connection_arn} is not available")
    found = connection.repositories.get(repository_id)
    if found is None:
        raise RepositoryError(f"[{connection.provider}] No repository {repository_id} found through {connection_arn}")
    return found


def branches(repository: Repository) -> Mapping[str, str]:
    """Branch → id of its newest commit. Raises RepositoryError."""
    if not repository.is_git:
        return {_FOLDER_BRANCH: _digest(repository.path)}
    lines = _git(repository, "for-each-ref", "--format=%(refname:strip=2) %(objectname)", "refs/heads").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines)


def resolve(repository: Repository, revision: str) -> Commit:
    """The commit that a branch, tag or commit id names. Raises RepositoryError."""
    if not repository.is_git:
        digest = _digest(repository.path)
        if revision not in (digest, _FOLDER_BRANCH, "HEAD"):
            raise RepositoryError(f"Branch or commit {revision} not found in {repository.id}: a folder has only main")
        return Commit(digest, "", datetime.now(UTC), f"contents of {repository.path.name}")
    try:
        shown = _git(repository, "log", "-1", f"--format={_FORMAT}", f"{revision}^{{commit}}", "--")
    except RepositoryError:
        raise RepositoryError(f"Branch or commit {revision} not found in {repository.id}") from None
    identifier, author, date, message = shown.rstrip("\n").split("\0", 3)
    return Commit(identifier, author, datetime.fromisoformat(date), message)


def changed(repository: Repository, before: str, after: str) -> list[str]:
    """The paths that differ between two commits; before: "" is the empty repository. Raises RepositoryError."""
    if not repository.is_git:
        return [name for name, _ in _files(repository.path)]
    if not before:
        return _git(repository, "ls-tree", "-r", "--name-only", after).splitlines()
    return _git(repository, "diff", "--name-only", before, after).splitlines()


def archive(repository: Repository, commit: str) -> bytes:
    """The files of a commit as a zip archive, the same bytes each time. Raises RepositoryError."""
    if not repository.is_git:
        with _readable(repository.path):
            return archives.packed(_files(repository.path))
    return _run(repository, "archive", "--format=zip", commit)


def _files(folder: Path) -> list[tuple[str, Path]]:
    return [(each.relative_to(folder).as_posix(), each) for each in sorted(folder.rglob("*")) if each.is_file()]


def _digest(folder: Path) -> str:
    total = hashlib.sha1(usedforsecurity=False)  # as long as a commit id
    with _readable(folder):
        for name, path in _files(folder):
            total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Files come and go while somebody works there. Raises RepositoryError."""
    try:
        yield
    except OSError as error:
        raise RepositoryError(f"the folder {folder} cannot be read: {error}") from None


def _git(repository: Repository, *arguments: str) -> str:
    return _run(repository, *arguments).decode(errors="replace")


def _run(repository: Repository, *arguments: str) -> bytes:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
    }
    command = ["git", "-c", f"safe.directory={repository.path}", "-C", str(repository.path), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RepositoryError(f"git cannot be run on {repository.path}: {error}") from None
    if done.returncode != 0:
        raise RepositoryError(f"{repository.id}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
