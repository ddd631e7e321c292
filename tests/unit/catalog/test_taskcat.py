"""taskcat's configuration follows from the examples."""

from __future__ import annotations

import yaml

from harness.catalog.taskcat import configuration
from tests.support.repository import TinyRepository


def test_every_example_is_a_test_with_its_parameters_as_text(tiny: TinyRepository) -> None:
    tiny.write(
        "products/demo/examples/more.yaml",
        "description: x\nparameters: {Name: other, Count: 3, Flag: true, Ids: [a, b]}\n",
    )
    document = yaml.safe_load(configuration(tiny.load()))
    assert document["project"]["regions"] == ["eu-west-1"]
    assert document["tests"] == {
        "demo-defaults": {"template": "demo.yaml", "parameters": {}},
        "demo-more": {
            "template": "demo.yaml",
            "parameters": {"Name": "other", "Count": "3", "Flag": "true", "Ids": "a,b"},
        },
    }
