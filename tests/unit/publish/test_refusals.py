"""What people mistype is told with its place and what to do, before any account is asked: exit code 1, no traceback."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from harness.catalog.release import freeze
from harness.cli import main
from tests.support.repository import TinyRepository

DEV = "222222222221"


@pytest.fixture
def released(tiny: TinyRepository) -> Path:
    repository = tiny.load()
    freeze(repository, repository.product("demo"))
    tiny.write("garbled.json", '{"kind": "plan"')
    return tiny.root


@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        ("plan --out away/p.json", "away/p.json: its folder does not exist", "`mkdir -p "),
        ("inventory --out away/i.json", "away/i.json: its folder does not exist", "`mkdir -p "),
        ("publish --plan garbled.json", "garbled.json: not a plan: it is not JSON", "`build.py plan --out FILE`"),
        ("retire demo 1.0.0 --inventory garbled.json", "not an inventory: it is not JSON", "`build.py inventory`"),
        ("retire demo 1.0.0 --force demo/7", "--force demo/7: demo has no release 7", "there are: 1.0.0"),
        ("publish --force demo/7", "--force demo/7: demo has no release 7", "there are: 1.0.0"),
        ("retire demo 2.0.0", "products/demo/product.yaml: no release 2.0.0 of demo", "there are: 1.0.0"),
        (f"verify --account {DEV} --region mars", "region mars is none of the catalog's", "there are: eu-west-1"),
        ("verify --account 999", "account 999 is no spoke of the landscape", f"there are: {DEV}"),
        ("update demo --region mars", "region mars is none of the catalog's", "there are: eu-west-1"),
        ("update demo --account 999", "account 999 is none of the landscape's", f"there are: {DEV}"),
        ("update demo", "inventory.json: nobody has recorded who uses which version", "`build.py inventory`"),
        ("import --all --portfolio x", "portfolios: no portfolio 'x'", "there are: tiny"),
        ("publish demo --inventory garbled.json", "not an inventory: it is not JSON", "`build.py inventory`"),
    ],
)
def test_a_mistake_is_told_before_any_account_is_asked(
    released: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, problem: str, remedy: str
) -> None:
    monkeypatch.setenv("CATALOG_ROOT", str(released))
    monkeypatch.chdir(released)
    with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.redirect_stdout(io.StringIO()) as stdout:
        code = main(arguments.split())
    said = stderr.getvalue()
    assert (code, stdout.getvalue()) == (1, ""), said
    assert problem in said and remedy in said
    assert "making one for this command" not in said


def test_versions_that_are_all_withdrawn_are_no_target_and_told_so(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_ROOT", str(released))
    with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.redirect_stdout(io.StringIO()):
        assert main(["retire", "demo", "1.0.0"]) == 0
        assert main(["update", "demo"]) == 1
    assert "demo has no release to move to, for each is withdrawn" in stderr.getvalue()
