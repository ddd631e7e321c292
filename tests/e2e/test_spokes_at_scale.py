"""What all spokes have and use, by the commands, on the served landscape."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.repository import tiny_repository
from tests.support.served import Served, run_build


def test_the_foundation_that_every_spoke_has_needs_nothing_and_one_with_other_options_is_deployed(
    served: Served,
) -> None:
    landscape = served.build("spokes")
    assert landscape.returncode == 0, landscape.stderr
    assert landscape.stdout == "Nothing to do: 6 stacks are current.\n"
    changed = json.loads(served.build("spokes", "--parameter", "LogDays=731", "--json").stdout)
    assert changed["done"] == ["update stack set platform-spoke: parameters are set: LogDays"]
    assert {each["status"] for each in changed["stacks"]} == {"CURRENT"}
    assert served.build("spokes", "--parameter", "LogDays=400").returncode == 0


def test_the_inventory_of_spokes_that_use_nothing_is_complete_and_empty(served: Served) -> None:
    done = served.build("inventory", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["complete"], document["provisioned"]) == (True, [])
    recorded = json.loads((served.root / "inventory.json").read_text())
    assert recorded == {"format": 1, "taken": document["taken"], "complete": True, "provisioned": []}
    (served.root / "inventory.json").unlink()


def test_an_inventory_of_a_landscape_that_would_be_new_is_refused(tmp_path: Path) -> None:
    done = run_build(tiny_repository(tmp_path).root, "inventory")
    assert done.returncode == 1
    assert "no landscape is served" in done.stderr
