"""The lock of a region, where only the bucket decides."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.emulator.server import running_server
from harness.errors import KnownError
from harness.publish.lock import KEY, Lock
from tests.unit.emulator.servicecatalog.accounts import REGION, fresh_account


@pytest.fixture(scope="module")
def storage() -> Iterator[Any]:
    with running_server() as emulator:
        yield fresh_account(emulator.url).client("s3")


@pytest.fixture
def bucket(storage: Any, request: pytest.FixtureRequest) -> str:
    name = f"locks-{abs(hash(request.node.name)) % 10**12}"
    storage.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def lock(storage: Any, bucket: str, holder: str, seconds: float = 60) -> Lock:
    return Lock(storage, bucket, "hub", holder, seconds)


def said(storage: Any, bucket: str) -> Any:
    return json.loads(storage.get_object(Bucket=bucket, Key=KEY)["Body"].read())


def hold(one: Lock) -> None:
    """Takes the lock and lets it go."""
    with one.held(0, print):
        one.demand()


def test_who_holds_the_lock_stands_in_it_and_then_nobody(storage: Any, bucket: str) -> None:
    ada = lock(storage, bucket, "ada")
    with ada.held(0, print):
        assert said(storage, bucket)["holder"] == "ada"
    assert said(storage, bucket)["holder"] == ""
    hold(lock(storage, bucket, "ben"))


def test_it_is_let_go_when_publishing_fails(storage: Any, bucket: str) -> None:
    with pytest.raises(ZeroDivisionError), lock(storage, bucket, "ada").held(0, print):
        _ = 1 / 0
    hold(lock(storage, bucket, "ben"))


def test_who_finds_it_held_is_told_by_whom(storage: Any, bucket: str) -> None:
    with lock(storage, bucket, "ada").held(0, print), pytest.raises(KnownError) as caught:
        hold(lock(storage, bucket, "ben"))
    assert str(caught.value).startswith("hub: ada is publishing there (last sign of life ")
    assert "`--wait SECONDS`" in str(caught.value)


def test_a_holder_gives_signs_of_life_and_keeps_the_lock(storage: Any, bucket: str) -> None:
    with lock(storage, bucket, "ada", seconds=3).held(0, print):
        with pytest.raises(KnownError, match="ada is publishing there"), lock(storage, bucket, "ben").held(4, print):
            pass
        assert said(storage, bucket)["beat"] > 2


def test_who_lost_the_lock_learns_it_and_leaves_it_to_the_other(storage: Any, bucket: str) -> None:
    """As after a machine that slept: its lock was taken over meanwhile."""
    ada, ben = lock(storage, bucket, "ada", seconds=0), lock(storage, bucket, "ben")
    with ada.held(0, print), ben.held(0, print):
        for _ in range(40):
            try:
                ada.demand()
            except KnownError as error:
                assert "went to somebody else" in str(error)
                break
            time.sleep(0.1)
        else:
            pytest.fail("ada never learned it")
        ben.demand()
        assert said(storage, bucket)["holder"] == "ben"


def test_after_a_silence_s3_is_asked_before_anything_is_done(storage: Any, bucket: str) -> None:
    """Whoever wakes up knows at once, not with the next sign of life, that somebody followed."""
    slept = 0.0
    ada = Lock(storage, bucket, "hub", "ada", 60, now=lambda: time.monotonic() + slept)
    with ada.held(0, print):
        slept += 100  # the machine, and with it whoever gives the signs
        ada.demand()
        found = said(storage, bucket)
        assert (found["holder"], found["beat"]) == ("ada", 2)
        slept += 100
        storage.put_object(Bucket=bucket, Key=KEY, Body=json.dumps({**found, "holder": "", "id": "ben's"}).encode())
        with lock(storage, bucket, "ben").held(0, print), pytest.raises(KnownError, match="went to somebody else"):
            ada.demand()


def test_who_waits_and_is_interrupted_waits_no_longer(storage: Any, bucket: str) -> None:
    stop = threading.Event()
    with lock(storage, bucket, "ada").held(0, print):
        begun = time.monotonic()
        told = lambda _line: stop.set()  # noqa: E731 - Ctrl-C, while it waits
        with pytest.raises(KnownError, match="ada"), lock(storage, bucket, "ben").held(600, told, stop):
            pass
        assert time.monotonic() - begun < 20


def test_a_lock_that_is_none_of_ours_is_respected(storage: Any, bucket: str) -> None:
    storage.put_object(Bucket=bucket, Key=KEY, Body=b"do not publish before Monday")
    with pytest.raises(KnownError, match="is not one of ours"):
        hold(lock(storage, bucket, "ada"))
