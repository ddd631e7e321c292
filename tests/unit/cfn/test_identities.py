"""What Ref and Fn::GetAtt give for every resource type that the library uses: `data/identities.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cfn.model import ResourceRequest
from harness.cfn.references import Identity, identify
from harness.cfn.registry import ResourceType, known_type
from tests.unit.cfn import library

REGION = "eu-west-1"
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "data" / "identities.yaml").read_text())


def _identity(kind: ResourceType, properties: dict[str, Any], region: str = REGION) -> Identity:
    request = ResourceRequest(
        logical_id="Thing",
        type=kind.name,
        properties=properties,
        stack_name="app",
        stack_id="arn:aws:cloudformation:eu-west-1:111111111111:stack/app/1",
        account_id="111111111111",
        region=region,
        tags={},
        suffix="ABCDEFGHIJKL",
    )
    return identify(kind, request)


def test_the_table_holds_every_type_of_the_library_and_no_other() -> None:
    assert set(TABLE) == set(library.types())


@pytest.mark.parametrize("name", TABLE)
def test_ref_and_attributes_are_those_of_the_documentation(name: str) -> None:
    kind, expected = known_type(name, REGION), TABLE[name]
    identity = _identity(kind, expected.get("properties", {}))
    assert identity.ref == expected["ref"]
    assert identity.physical_id == expected.get("physical", expected["ref"])
    made = {
        attribute: value
        for attribute, value in identity.attributes.items()
        if "." not in attribute and (kind.attributes[attribute].removeprefix("/properties/"),) in kind.read_only
    }
    assert made == expected.get("attributes", {})


@pytest.mark.parametrize(
    ("region", "host"), [("eu-west-1", "s3-website-eu-west-1"), ("eu-central-1", "s3-website.eu-central-1")]
)
def test_a_website_has_a_dash_in_old_regions_and_a_dot_in_others(region: str, host: str) -> None:
    identity = _identity(known_type("AWS::S3::Bucket", region), {"BucketName": "b"}, region)
    assert identity.attributes["WebsiteURL"] == f"http://b.{host}.amazonaws.com"
