"""The file of launches: what may stand in it, and the message for what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import KnownError
from harness.publish.launch import Wanted
from harness.publish.launch_file import read_launch_file
from tests.support.repository import PROJECT


def write(folder: Path, text: str) -> Path:
    path = folder / "users.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_values_are_handed_on_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, "set: team\nlaunches:\n- name: ada\n  parameters: {Size: 5, Open: true, Ids: [a, b]}\n")
    spec, wanted = read_launch_file(path)
    assert spec.set == "team"
    assert wanted == (Wanted("ada", (("Size", "5"), ("Open", "true"), ("Ids", "a,b"))),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("launches: []\n", "users.yaml:1: key 'set' is missing"),
        ("set: team\nlaunches: []\nlanches: []\n", "users.yaml:3: unknown key 'lanches'"),
        ("set: team\nlaunches:\n- name: a b\n", "users.yaml:3: "),
        ("set: team\nlaunches:\n- name: ada\n- name: ada\n", "users.yaml:4: name 'ada' stands twice"),
        ("set: team\nlaunches:\n- name: ada\n  parameters: {Size: 5\n", "not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(KnownError) as caught:
        read_launch_file(write(tmp_path, text))
    assert message in str(caught.value)


def test_the_example_in_the_documentation_is_one() -> None:
    _, wanted = read_launch_file(PROJECT / "docs/examples/users.yaml")
    assert len(wanted) > 1


def test_each_launch_knows_its_line_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "set: team\nlaunches:\n- name: ada\n- name: bob\n")
    _, wanted = read_launch_file(path)
    assert [str(each.place) for each in wanted] == ["users.yaml:3", "users.yaml:4"]
