"""Work that the landscape does by itself while it is served: deliveries, invocations, timers. Knows no service.

Work with the same key is done in the order in which it was given, work with different keys side by side. All of it
belongs to the server: it begins with the first one of the process and is forgotten with the last.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from harness.emulator import defects

Work = Callable[[], object]  # what it gives is of no interest
_MOST_THREADS = 32  # enough for functions that wait for each other; threads are made when there is work
_SECONDS_TO_END = 5.0


@dataclass
class _State:
    """What is to be done. Guarded by `changed`."""

    servers: int = 0
    generation: int = 0
    keys: dict[str, deque[Work]] = field(default_factory=dict)  # a key that is here is waiting or being worked on
    ready: deque[str] = field(default_factory=deque)
    delayed: list[tuple[float, int, str, Work, bool]] = field(default_factory=list)  # a heap, by time
    awaited: int = 0  # pieces of work that `wait_until_idle` waits for
    idle_threads: int = 0
    threads: list[threading.Thread] = field(default_factory=list)
    timer: threading.Thread | None = None
    at_begin: list[Work] = field(default_factory=list)
    at_end: list[Work] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)


_state = _State()
_order = itertools.count()


def begin() -> None:
    """A server begins; called by the server."""
    with _state.changed:
        _state.servers += 1
        # What was still being answered when the last server ended may have left something behind.
        first = [*_state.at_end, *_state.at_begin] if _state.servers == 1 else []
    for each in first:
        _do(each)


def end() -> None:
    """A server ends. With the last one all work is forgotten, and what runs is given some seconds to finish."""
    with _state.changed:
        _state.servers -= 1
        if _state.servers > 0:
            return
        _state.generation += 1
        _state.keys, _state.ready, _state.delayed, _state.awaited = {}, deque(), [], 0
        threads, _state.threads, _state.idle_threads = _state.threads, [], 0
        if _state.timer is not None:
            threads.append(_state.timer)
            _state.timer = None
        _state.changed.notify_all()
        last = list(_state.at_end)
    for each in last:
        _do(each)
    deadline = time.monotonic() + _SECONDS_TO_END
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))


def when_begun(work: Work) -> None:
    """Something to do whenever the first server has begun, such as to start a timer."""
    with _state.changed:
        if work not in _state.at_begin:
            _state.at_begin.append(work)


def when_ended(work: Work) -> None:
    """Something to do whenever the last server has ended, such as to end processes, or to forget what waited for work
    that will not come. It is done again before the next one begins, and finds nothing then as a rule.
    """
    with _state.changed:
        if work not in _state.at_end:
            _state.at_end.append(work)


def is_served() -> bool:
    """Whether there is a server, so that work is done at all."""
    return _state.servers > 0


def submit(key: str, work: Work) -> None:
    """Does the work soon, after what was given under the same key. Where nothing is served, nothing happens."""
    with _state.changed:
        if _state.servers > 0:
            _state.awaited += 1
            _enqueue(key, work)


def later(seconds: float, key: str, work: Work, awaited: bool = True) -> None:
    """The same after some seconds. `awaited`: whether the landscape counts as busy until then."""
    with _state.changed:
        if _state.servers <= 0:
            return
        _state.awaited += awaited
        heapq.heappush(_state.delayed, (time.monotonic() + seconds, next(_order), key, work, awaited))
        if _state.timer is None:
            _state.timer = _thread(_watch_the_clock, "emulator-timer")
        _state.changed.notify_all()


class Slots:
    """Work of which so many pieces at most are done at a time; the rest waits, in its order."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[tuple[str, Work]] = deque()
        self._busy: set[object] = set()
        self._lock = threading.Lock()

    def submit(self, key: str, work: Work) -> None:
        """Does the work as soon as there is room. `key`: as for all work."""
        when_ended(self._forget)
        with self._lock:
            self._waiting.append((key, work))
        self._fill()

    def _fill(self) -> None:
        with self._lock:
            while self._waiting and len(self._busy) < self._most:
                key, work = self._waiting.popleft()
                slot = object()
                self._busy.add(slot)
                submit(key, partial(self._perform, work, slot))

    def _perform(self, work: Work, slot: object) -> None:
        try:
            work()
        finally:
            with self._lock:
                self._busy.discard(slot)
            self._fill()

    def _forget(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._busy.clear()


def wait_until_idle(seconds: float) -> bool:
    """Waits until nothing is left to do, at most so long. Whether it came to that."""
    with _state.changed:
        return _state.changed.wait_for(lambda: _state.awaited == 0, timeout=seconds)


def in_flight() -> int:
    """How many pieces of work are waiting or under way."""
    return _state.awaited


def _enqueue(key: str, work: Work) -> None:
    if key in _state.keys:
        _state.keys[key].append(work)
        return
    _state.keys[key] = deque([work])
    _state.ready.append(key)
    if _state.idle_threads < len(_state.ready) and len(_state.threads) < _MOST_THREADS:
        _state.threads.append(_thread(_work, "emulator-worker"))
    _state.changed.notify_all()


def _thread(target: Callable[[int], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, args=(_state.generation,), daemon=True, name=name)
    thread.start()
    return thread


def _work(generation: int) -> None:
    while True:
        with _state.changed:
            _state.idle_threads += 1
            _state.changed.wait_for(lambda: _state.ready or _state.generation != generation)
            if _state.generation != generation:
                return
            _state.idle_threads -= 1
            key = _state.ready.popleft()
            work = _state.keys[key].popleft()
        _do(work)
        with _state.changed:
            if _state.generation != generation:
                return
            _state.awaited -= 1
            if _state.keys[key]:
                _state.ready.append(key)
            else:
                del _state.keys[key]
            _state.changed.notify_all()


def _watch_the_clock(generation: int) -> None:
    while True:
        with _state.changed:
            if _state.generation != generation:
                return
            if not _state.delayed:
                _state.changed.wait()
                continue
            moment, _, key, work, awaited = _state.delayed[0]
            remaining = moment - time.monotonic()
            if remaining > 0:
                _state.changed.wait(remaining)
                continue
            heapq.heappop(_state.delayed)
            _state.awaited += not awaited
            _enqueue(key, work)


def _do(work: Work) -> None:
    try:
        work()
    except Exception as error:  # a defect of one delivery must not stop the others
        defects.note("background work", error)
