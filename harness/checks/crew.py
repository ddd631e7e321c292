"""Two worker processes that share what is costly to load: the first loads it, then becomes two by fork.

Knows nothing of the work. Each worker has a pipe of its own and is sent one job at a time, so nothing can be lost in a
queue: a worker that dies closes its pipe, and a caller that dies ends its workers the same way.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Protocol, TypeAlias

# Loads what the work needs, and returns the function that does one job. Runs in the first worker, before the fork.
Prepare: TypeAlias = Callable[[], Callable[[Any], Any]]


class Workers(Protocol):
    """What a check needs of a crew."""

    def run(self, waiting: deque[Any]) -> Iterator[tuple[Any, Any]]:
        """Do the jobs; see `Crew.run`."""
        ...


class WorkerDied(Exception):  # noqa: N818 - it says what happened
    """A worker ended without an answer, for example for want of memory."""


class Crew:
    """A context: workers start loading at once, while the caller goes on with its own preparations."""

    def __init__(self, prepare: Prepare, size: int = 2) -> None:
        self._prepare = prepare
        self._size = size
        self._ours: list[Connection] = []
        self._used = False

    def __enter__(self) -> Crew:
        context = multiprocessing.get_context("fork")
        pairs = [context.Pipe() for _ in range(self._size)]
        self._ours = [ours for ours, _ in pairs]
        theirs = [pair[1] for pair in pairs]
        sys.stdout.flush()
        sys.stderr.flush()
        self._first = os.fork()
        if self._first == 0:
            try:
                for connection in self._ours:
                    connection.close()
                _become(theirs, self._prepare)
            finally:
                os._exit(0)  # never back into the caller's code
        for connection in theirs:
            connection.close()
        return self

    def run(self, waiting: deque[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield (job, result) as they come; the caller may add jobs to `waiting` meanwhile.

        Raises WorkerDied, or RuntimeError with the worker's own traceback.
        """
        busy: dict[Connection, Any] = {}
        idle = list(self._ours)
        while waiting or busy:
            while waiting and idle:
                connection = idle.pop(0)
                busy[connection] = waiting.popleft()
                self._used = True
                try:
                    connection.send(busy[connection])
                except (BrokenPipeError, ConnectionResetError):
                    raise WorkerDied(f"a worker had ended before it did {busy[connection]!r}") from None
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                job = busy.pop(ready)
                try:
                    failed, result = ready.recv()
                except (EOFError, ConnectionResetError):
                    raise WorkerDied(f"a worker ended while it did {job!r}") from None
                if failed:
                    told = result.rstrip().rpartition("\n")[2]
                    raise RuntimeError(f"a worker failed: {told}\n{result}")
                idle.append(ready)
                yield job, result

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._ours:
            connection.close()
        # Without a job done they may still be loading, which nobody needs any more.
        if kind is not None or not self._used:
            os.kill(self._first, signal.SIGTERM)
        os.waitpid(self._first, 0)


def _become(theirs: list[Connection], prepare: Prepare) -> None:
    """What the forked process does. A fault in loading is the answer to its first job."""
    # An interrupt reaches the whole process group; the caller reports it, and workers end with their pipes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Loading makes a hundred thousand objects that stay; collecting among them costs a fifth of the time, and touching
    # them later would copy the pages that both workers share.
    gc.disable()
    try:
        handle = prepare()
    except BaseException:
        reason = traceback.format_exc()
        handle = _Broken(reason)
    gc.freeze()
    gc.enable()
    children: list[int] = []
    mine = theirs[0]
    for other in theirs[1:]:
        child = os.fork()
        if child == 0:
            mine.close()
            mine = other
            children = []
            break
        other.close()
        children.append(child)
    _serve(mine, handle)
    for child in children:
        os.waitpid(child, 0)


class _Broken:
    """Stands in for the work where loading failed."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def __call__(self, job: Any) -> Any:
        raise RuntimeError(self._reason)


def _serve(connection: Connection, handle: Callable[[Any], Any]) -> None:
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        try:
            answer = (False, handle(job))
        except BaseException:
            answer = (True, traceback.format_exc())
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return
