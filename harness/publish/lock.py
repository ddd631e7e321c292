"""The right to publish to one region of the hub: an object in the artifact bucket that one publisher at a time holds.

S3's conditional writes decide who gets it. The holder gives signs of life; one that gives none for `seconds` is taken
to be dead and followed by the next. Time is S3's (Date against Last-Modified), so that no clock of ours matters. The
object is never deleted: letting go writes it without a holder, for nobody may delete in that bucket.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from harness.errors import KnownError, known_error
from harness.publish.aws import AGAIN, code_of, explained

KEY = "locks/publish.json"
SECONDS = 120.0
_FORMAT = 1
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
_GONE = {"NoSuchKey", "404"}
_ASK = 1.0  # seconds between two looks at a lock that somebody else holds


def awake_or_not() -> float:
    """Seconds that go on while the machine sleeps, where it can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.time()


def holder_here() -> str:
    """This process, as others are told about it."""
    return f"{getpass.getuser()} on {socket.gethostname()} (process {os.getpid()})"


@dataclass(frozen=True)
class _Found:
    """The lock as it lies in the bucket. `age`: seconds since the last sign of life."""

    etag: str
    holder: str
    id: str
    seconds: float
    age: float

    @property
    def is_free(self) -> bool:
        return not self.holder or self.age >= self.seconds


class Lock:
    """The lock of one region. `storage` is a client of s3; `seconds` without a sign of life end it.

    `now`: seconds on our side, which tell how long we have given none.
    """

    def __init__(
        self,
        storage: Any,
        bucket: str,
        place: str,
        holder: str,
        seconds: float = SECONDS,
        now: Callable[[], float] = awake_or_not,
    ) -> None:
        self._storage, self._bucket, self.place = storage, bucket, place
        self._holder, self._seconds, self._now = holder, seconds, now
        self._id = uuid.uuid4().hex
        self._etag = ""
        self._beats = 0
        self._signed = 0.0  # when the last sign of life was begun
        self._renewing = threading.Lock()
        self._lost = threading.Event()

    @contextmanager
    def held(self, wait: float, tell: Callable[[str], None], stop: threading.Event | None = None) -> Iterator[None]:
        """Holds the lock for the block. Raises KnownError with the holder's name if `wait` seconds do not get it, or
        when `stop` is set before they are over."""
        self._acquire(wait, tell, stop or threading.Event())
        over = threading.Event()
        life = threading.Thread(target=self._live, args=(over,), daemon=True, name="publish-lock")
        life.start()
        try:
            yield
        finally:
            over.set()
            life.join()
            # What cannot be told now (no network, no credentials any more) ends by itself.
            with suppress(KnownError):
                self._let_go()

    @explained
    def demand(self) -> None:
        """Raises KnownError when somebody else has taken the lock over.

        After a silence in which somebody may have (a machine that slept, a network that was away) S3 is asked first.
        """
        self._renew(after=max(self._seconds, 1.0))
        if self._lost.is_set():
            raise known_error(
                self.place, "the right to publish went to somebody else, who saw no sign of life from here", AGAIN
            )

    @explained
    def _acquire(self, wait: float, tell: Callable[[str], None], stop: threading.Event) -> None:
        deadline, told = time.monotonic() + wait, False
        while True:
            found = self._look()
            if found is None or found.is_free:
                if self._write(found.etag if found else None):
                    return
                continue
            if found.id == self._id:  # ours: the answer to our writing was lost
                self._etag = found.etag
                return
            who = f"{found.holder} is publishing there (last sign of life {found.age:.0f} s ago)"
            if time.monotonic() >= deadline or stop.is_set():
                remedy = (
                    f"wait for it (`--wait SECONDS`); a dead one's lock ends after {found.seconds:.0f} s, then {AGAIN}"
                )
                raise known_error(self.place, who, remedy)
            if not told:
                tell(f"{self.place}: {who}; waiting")
                told = True
            stop.wait(min(_ASK, max(0.0, deadline - time.monotonic())))

    def _look(self) -> _Found | None:
        try:
            answer = self._storage.get_object(Bucket=self._bucket, Key=KEY)
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age = max(0.0, (now - answer["LastModified"]).total_seconds())
        try:
            said = json.loads(answer["Body"].read())
            return _Found(answer["ETag"], str(said["holder"]), str(said["id"]), float(said["seconds"]), age)
        except (ValueError, KeyError, TypeError):  # written by hand: somebody wants publishing to stand still
            remedy = f"see who wrote s3://{self._bucket}/{KEY}; a lock of ours may replace it once it is removed"
            raise known_error(self.place, f"the lock {KEY} is not one of ours", remedy) from None

    def _write(self, etag: str | None, holder: str | None = None) -> bool:
        """Whether the lock is written; not, when it is no longer the one with that ETag (None: when there is one)."""
        self._beats += 1  # no two writings are alike, and so no two ETags
        body = {
            "format": _FORMAT,
            "holder": self._holder if holder is None else holder,
            "id": self._id,
            "seconds": self._seconds,
            "beat": self._beats,
        }
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        content, begun = json.dumps(body).encode(), self._now()
        try:
            answer = self._storage.put_object(Bucket=self._bucket, Key=KEY, Body=content, **condition)
        except ClientError as error:
            if code_of(error) in _TAKEN | _GONE:
                return False
            raise
        self._etag, self._signed = answer["ETag"], begun
        return True

    def _live(self, over: threading.Event) -> None:
        while not over.wait(max(self._seconds / 4, 1.0)):
            with suppress(Exception):  # the next beat may get through; if none does, the lock ends
                self._renew()
            if self._lost.is_set():
                return

    def _renew(self, after: float = 0.0) -> None:
        """A sign of life where the last one is `after` seconds old, unless the lock went to somebody else."""
        with self._renewing:
            if self._now() - self._signed < after or self._write(self._etag):
                return
            found = self._look()
            if found is None or found.id != self._id:
                self._lost.set()
            else:  # an answer was lost on the way; the next sign counts
                self._etag = found.etag

    @explained
    def _let_go(self) -> None:
        if not self._lost.is_set() and not self._write(self._etag, holder=""):
            found = self._look()  # an answer was lost on the way
            if found is not None and found.id == self._id and found.holder:
                self._write(found.etag, holder="")
