"""What accounts and products promise each other, read from one file."""

from __future__ import annotations

import pytest

from harness.catalog.contract import CONTRACT, ContractParameter, read_contract
from harness.errors import KnownError
from tests.support.repository import PROJECT, TinyRepository


def test_a_parameter_says_who_writes_it(tiny: TinyRepository) -> None:
    tiny.write(CONTRACT, "- { name: /platform/a, type: String, writer: hub, description: A. }\n")
    assert read_contract(tiny.root) == (ContractParameter("/platform/a", "String", "hub", "A."),)


def test_the_projects_contract_can_be_read() -> None:
    assert "/platform/network/vpc-id" in {each.name for each in read_contract(PROJECT)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- name: /platform/a\n  type: String\n", f"{CONTRACT}: not a list of mappings"),
        ("", f"{CONTRACT}: not a list of mappings"),
        ("- one\n", f"{CONTRACT}: not a list of mappings"),
        ("- { name: /platform/a\n", f"{CONTRACT}:2: not valid YAML"),
    ],
)
def test_a_contract_that_cannot_be_read_is_told(tiny: TinyRepository, text: str, told: str) -> None:
    tiny.write(CONTRACT, text)
    with pytest.raises(KnownError) as caught:
        read_contract(tiny.root)
    assert str(caught.value).startswith(told)
