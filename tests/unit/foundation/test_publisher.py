"""The publisher role: enough for every call that publishing makes, and bound to this catalog and its buckets."""

from __future__ import annotations

import ast
from pathlib import Path

import botocore.session
from botocore import xform_name

from tests.support.repository import PROJECT
from tests.unit.foundation import reading

GATEWAYS = ("gateway.py", "reader.py")
# Operations of S3 whose action has another name.
S3_ACTIONS = {"put_object": "s3:PutObject", "list_objects_v2": "s3:ListBucket"}


def given() -> dict[str, reading.Statement]:
    """Action → the statement that gives it to the publisher."""
    statements = [each for each in reading.statements("hub") if each.where.split()[1] == "Publisher"]
    return {action: each for each in statements if each.kind == "identity" for action in each.actions}


def operations() -> dict[str, str]:
    """Method of a client → action, for Service Catalog and the few of S3."""
    model = botocore.session.Session().get_service_model("servicecatalog")
    return {xform_name(name): f"servicecatalog:{name}" for name in model.operation_names} | S3_ACTIONS


def called() -> set[str]:
    """Actions of every operation that the gateways name, as a method or to a paginator."""
    known = operations()
    names = set()
    for each in GATEWAYS:
        path: Path = PROJECT / "harness" / "publish" / each
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
    return {known[name] for name in names if name in known}


def test_the_gateways_call_what_is_looked_for() -> None:
    assert {"servicecatalog:CreateProvisioningArtifact", "servicecatalog:ListPortfolios", "s3:PutObject"} <= called()


def test_the_publisher_may_make_every_call_of_publishing() -> None:
    assert called() - set(given()) == set()


def test_what_changes_a_portfolio_or_a_product_is_bound_to_the_tag_of_this_catalog() -> None:
    catalog = reading.repository().catalog.catalog
    for action, statement in given().items():
        details = reading.known(action)
        assert details is not None
        if action.startswith("servicecatalog:") and "Write" in details["accessLevel"] and details["resourceTypes"]:
            block = statement.data["Condition"]["StringEquals"]
            kind = "aws:RequestTag" if statement.data["Sid"] == "CreatesInThisCatalog" else "aws:ResourceTag"
            assert block == {f"{kind}/platform:catalog": catalog}, action


def test_the_publisher_removes_no_object_and_touches_no_other_bucket() -> None:
    for action, statement in given().items():
        if action.startswith("s3:"):
            assert "Delete" not in action
            assert all(":::platform-artifacts-${AWS::AccountId}-*" in each for each in statement.resources)
