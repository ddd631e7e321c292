"""Facts about New product only; what holds for every product is tested in tests/products."""

from __future__ import annotations

import cfn_flip

from harness.catalog.load import load_repository
from harness.catalog.render import render_product
from harness.commands import root


def test_the_bucket_outlives_the_stack() -> None:
    template, _ = cfn_flip.load(render_product(load_repository(root()), "new-product").text)
    assert template["Resources"]["Bucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
