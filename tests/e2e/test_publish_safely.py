"""Plans that are reviewed, versions that leave, drift that is repaired, offers that are verified: by the commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_publish_import_launch import DEV, add_product, answer, build, client, new_version, versions
from tests.support.outage import outage
from tests.support.served import Served, copy_repository, run_build, serve

HUB = "111111111111"


@pytest.fixture(scope="module")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served landscape with one small product published and imported into the dev account."""
    root = copy_repository(tmp_path_factory.mktemp("safely"))
    add_product(root, "value", "Value")
    assert run_build(root, "release", "value").returncode == 0
    with serve(root) as served:
        for arguments in (("publish", "value"), ("import", "--account", DEV)):
            done = build(served, *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        yield served


def hub_product(served: Served, title: str) -> tuple[Any, str]:
    """A client of the hub and the product's id."""
    hub = client(served, HUB, "servicecatalog")
    views = [each["ProductViewSummary"] for each in hub.search_products_as_admin()["ProductViewDetails"]]
    return hub, next(each["ProductId"] for each in views if each["Name"] == title)


def next_version(served: Served) -> str:
    """Releases the product's next minor version, whatever other tests have made of it; gives its name."""
    (old,) = re.findall(r"(?m)^version: (.+)$", (served.root / "products/value/product.yaml").read_text())
    major, minor, _ = old.split(".")
    new = f"{major}.{int(minor) + 1}.0"
    new_version(served.root, "value", old, new)
    return new


def test_a_saved_plan_is_performed_as_it_is_and_refused_once_the_hub_has_moved(
    landscape: Served, tmp_path: Path
) -> None:
    before = versions(landscape, "Value")
    new = next_version(landscape)
    stale, fresh = tmp_path / "stale.json", tmp_path / "fresh.json"
    assert build(landscape, "plan", "value", "--out", str(stale)).returncode == 0
    hub, product_id = hub_product(landscape, "Value")
    hub.update_product(Id=product_id, Owner="Somebody else")
    refused = build(landscape, "publish", "--plan", str(stale))
    assert refused.returncode == 1
    assert "the hub has moved since the plan was made" in refused.stderr
    assert versions(landscape, "Value") == before

    assert build(landscape, "plan", "value", "--out", str(fresh)).returncode == 0
    document = json.loads(fresh.read_text())
    edited = tmp_path / "edited.json"
    edited.write_text(fresh.read_text().replace(new, "7.7.7"))
    assert "edited after it was made" in build(landscape, "publish", "--plan", str(edited)).stderr
    done = answer(landscape, "publish", "--plan", str(fresh))
    planned = [[each["kind"] for each in region["actions"]] for region in document["plan"]["regions"]]
    assert [[kind for kind, _, _ in region["done"]] for region in done["outcomes"]] == planned
    assert versions(landscape, "Value") == sorted([*before, new])
    assert build(landscape, "publish", "value").stdout == "Nothing to do.\n"


def test_what_was_changed_by_hand_is_shown_and_repaired(landscape: Served) -> None:
    hub, product_id = hub_product(landscape, "Value")
    (portfolio,) = [
        each["Id"]
        for each in hub.list_portfolios()["PortfolioDetails"]
        if each["DisplayName"] == "Machine learning platform"
    ]
    found = hub.list_constraints_for_portfolio(PortfolioId=portfolio, ProductId=product_id)["ConstraintDetails"]
    other = json.dumps({"LocalRoleName": "platform-launch-studio-domain"})
    hub.update_constraint(Id=found[0]["ConstraintId"], Parameters=other)
    hub.update_product(Id=product_id, Name="Renamed", RemoveTags=["platform:product"], AddTags=[])
    hub.update_product(Id=product_id, AddTags=[{"Key": "platform:product", "Value": "value"}])
    hub.disassociate_principal_from_portfolio(
        PortfolioId=portfolio, PrincipalARN="arn:aws:iam:::role/platform-lead", PrincipalType="IAM_PATTERN"
    )
    regions = {each["region"]: each for each in answer(landscape, "plan", "value")["plan"]["regions"]}
    kinds = {each["kind"] for each in regions["eu-west-1"]["actions"]}
    assert kinds == {"update-product", "update-launch-constraint", "associate-principal"}
    assert regions["eu-central-1"]["actions"] == []
    assert build(landscape, "publish", "value").returncode == 0
    assert build(landscape, "publish", "value").stdout == "Nothing to do.\n"


def test_a_version_leaves_step_by_step_and_not_while_somebody_is_on_it(landscape: Served, tmp_path: Path) -> None:
    old = versions(landscape, "Value")[-1]
    new = next_version(landscape)
    assert build(landscape, "publish", "value").returncode == 0
    user = {"account": DEV, "region": "eu-west-1", "product": "value", "version": old, "name": "mine"}
    inventory = tmp_path / "inventory.json"

    def record(*users: dict[str, str]) -> tuple[str, str]:
        taken = {"format": 1, "taken": "2027-01-31T18:00:00Z", "complete": True, "provisioned": users}
        inventory.write_text(json.dumps(taken))
        return ("--inventory", str(inventory))

    retire = ("retire", "value", old)
    assert answer(landscape, *retire)["versions"] == {old: "deprecated"}
    assert build(landscape, "publish", "value").returncode == 0
    refused = build(landscape, *retire, *record(user))
    assert (refused.returncode, "in use by mine in account" in refused.stderr) == (1, True)
    for state in ("inactive", "deleted"):
        assert answer(landscape, *retire, *record())["versions"] == {old: state}
        if state == "deleted":
            blocked = build(landscape, "publish", "value", *record(user))
            assert blocked.returncode == 1 and "in use by mine" in blocked.stderr
            assert {old, new} <= set(versions(landscape, "Value"))
        assert build(landscape, "publish", "value", *record()).returncode == 0
    assert old not in versions(landscape, "Value") and new in versions(landscape, "Value")
    assert build(landscape, "publish", "value").stdout == "Nothing to do.\n"


def test_a_spoke_finds_what_the_publisher_did_not_sign(landscape: Served) -> None:
    told = answer(landscape, "verify", "--account", DEV)
    found = {(each["product"], each["version"], each["verified"]) for each in told["versions"]}
    assert found == {("value", each, True) for each in versions(landscape, "Value")}
    hub, product_id = hub_product(landscape, "Value")
    listed = hub.list_provisioning_artifacts(ProductId=product_id)["ProvisioningArtifactDetails"]
    answered = hub.describe_provisioning_artifact(
        ProductId=product_id, ProvisioningArtifactId=listed[0]["Id"], Verbose=True
    )
    hub.create_provisioning_artifact(
        ProductId=product_id,
        Parameters={
            "Name": "1.1.1",
            "Type": "CLOUD_FORMATION_TEMPLATE",
            "Info": {"LoadTemplateFromURL": answered["Info"]["TemplateUrl"]},
        },
        IdempotencyToken="hand",
    )
    told = answer(landscape, "verify", "--account", DEV, "--region", "eu-west-1", code=1)
    (finding,) = told["findings"]
    assert "Value 1.1.1" in finding["path"] and "states no digest" in finding["problem"]
    plan = build(landscape, "plan", "value")
    assert "version 1.1.1" in plan.stderr and "left alone" in plan.stderr


def test_a_region_that_is_down_keeps_no_other_from_being_published_and_what_is_left_is_told(landscape: Served) -> None:
    """Down from the first writing on, then altogether, then there again."""
    new = next_version(landscape)
    down = "eu-central-1"
    with outage(landscape) as (far, state):
        state.is_cut = lambda region, method: region == down and method == "PUT"
        done = build(far, "publish", "value")
        assert done.returncode == 1, done.stderr
        assert f"Not all published to hub {HUB}, " in done.stdout
        assert re.search(rf"^Left in {down}: [1-9]\d* actions, from \w+ ", done.stdout, re.MULTILINE), done.stdout
        assert f"hub {HUB} in {down}: cannot be reached" in done.stderr
        assert new in versions(far, "Value")

        state.is_cut = lambda region, _method: region == down
        told = build(far, "publish", "value", "--markdown")
        assert told.returncode == 1
        assert f"| {down} | 0 | not known | it did not answer |" in told.stdout
        assert f"hub {HUB} in {down}: cannot be reached" in told.stdout
    whole = answer(landscape, "publish", "value")
    assert [(each["region"], bool(each["done"]), each["left"]) for each in whole["outcomes"]] == [
        ("eu-west-1", False, []),
        (down, True, []),
    ]


def test_a_program_can_follow_a_publish_and_its_failures(landscape: Served) -> None:
    """Each line on stderr is an event, the document on stdout the result, whatever comes of it."""
    next_version(landscape)
    done = build(landscape, "publish", "value", "--json")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    actions = sum(len(each["done"]) for each in json.loads(done.stdout)["outcomes"])
    told = [each for each in events if each["kind"] == "progress"]
    assert sorted(each["done"] for each in told) == list(range(1, actions + 1))
    assert {(each["total"], each["subject"].startswith("products/") or each["subject"]) for each in told} == {
        (actions, True),
        (actions, "value"),
    }
    assert {each["region"] for each in told} == {"eu-west-1", "eu-central-1"}
    failed = build(landscape, "publish", "nothing-of-ours", "--json")
    assert (failed.returncode, failed.stderr, json.loads(failed.stdout)["kind"]) == (1, "", "failure")
