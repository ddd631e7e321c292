"""Whose credentials a client uses."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import KnownError
from harness.publish.session import Identity, Session
from tests.support.repository import TinyRepository

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


def test_on_the_local_target_the_account_number_is_the_access_key(tiny: TinyRepository) -> None:
    session = Session("local", tiny.load().catalog, NOBODY)
    client = session.client(session.hub(), "servicecatalog", "eu-west-1")
    assert client._get_credentials().access_key == "111111111111"
    assert client.meta.endpoint_url == NOBODY


def test_on_the_local_target_this_machines_configuration_is_of_no_concern(
    tiny: TinyRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-does-not-exist")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    session = Session("local", tiny.load().catalog, NOBODY)
    client = session.client(Identity("222222222221"), "s3", "eu-west-1")
    assert client._get_credentials().access_key == "222222222221"


def test_a_client_is_made_once(tiny: TinyRepository) -> None:
    session = Session("local", tiny.load().catalog, NOBODY)
    assert session.client(session.hub(), "s3", "eu-west-1") is session.client(session.hub(), "s3", "eu-west-1")


def test_the_clients_of_a_spoke_are_let_go_when_many_others_were_visited_since(tiny: TinyRepository) -> None:
    """Hundreds of spokes take the room of those that are at work."""
    session = Session("local", tiny.load().catalog, NOBODY)
    first = weakref.ref(session.client(Identity("300000000000"), "ssm", "eu-west-1"))
    for number in range(1, 60):
        session.client(Identity(f"{300000000000 + number}"), "ssm", "eu-west-1")
    gc.collect()
    assert first() is None


def test_one_identity_that_is_waited_for_holds_up_no_other(tiny: TinyRepository) -> None:
    """A role is assumed for each spoke: one after the other, hundreds would take minutes."""
    session = Session("local", tiny.load().catalog, NOBODY)
    slow = Identity("222222222221")
    with ThreadPoolExecutor(1) as pool, session._visit(slow).lock:
        waits = pool.submit(session.client, slow, "s3", "eu-west-1")
        assert session.client(Identity("222222222222"), "s3", "eu-west-1") is not None
        assert not waits.done()
    assert waits.result() is session.client(slow, "s3", "eu-west-1")


def test_a_landscape_that_has_gone_cannot_be_reached(tiny: TinyRepository) -> None:
    session = Session("local", tiny.load().catalog, NOBODY)
    with pytest.raises(KnownError) as caught:
        session.client(session.persona("222222222221", "lead"), "servicecatalog", "eu-west-1")
    assert str(caught.value) == (
        "target local: account 222222222221 as platform-lead: cannot be reached "
        f'(Could not connect to the endpoint URL: "{NOBODY}/")\n'
        "  → serve the landscape again (`build.py local`), then run the same command again; it goes on where it stopped"
    )


def test_a_hub_that_cannot_be_reached_is_told(tiny: TinyRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("ENDPOINT_URL", "http://hub.invalid")):
        monkeypatch.setenv(f"AWS_{name}", value)
    session = Session("aws", tiny.load().catalog)
    with pytest.raises(KnownError) as caught:
        session.client(session.hub(), "servicecatalog", "eu-west-1")
    assert str(caught.value) == (
        'target aws: cannot be reached (Could not connect to the endpoint URL: "http://hub.invalid/")\n'
        "  → check the network, the proxy and the region, then run the same command again; it goes on where it stopped"
    )


def test_without_credentials_the_target_aws_says_so(tiny: TinyRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = Session("aws", tiny.load().catalog)
    with pytest.raises(KnownError) as caught:
        session.client(session.hub(), "servicecatalog", "eu-west-1")
    assert str(caught.value) == (
        "target aws: no AWS credentials were found\n"
        "  → sign in (`aws sso login`), set AWS_PROFILE or targets.aws.profile in catalog.yaml; "
        "`--target local` needs none"
    )


def test_only_the_local_target_has_an_endpoint(tiny: TinyRepository) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        Session("aws", tiny.load().catalog, NOBODY)
