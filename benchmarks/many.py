"""What the benchmarks of publishing publish: so many products with so many versions each, in one portfolio."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from harness.publish.model import Desired, Product, StoredObject, Version, described
from tests.unit.publish.hubs import attestation, desired, product

REGIONS = ("eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1")
TEMPLATE = b"Resources: {Topic: {Type: AWS::SNS::Topic}}"


def some_product(number: int, minors: Iterable[int]) -> Product:
    """A product with a version for each of `minors`."""
    name = f"product-{number:02}"
    return product(name, *(some_version(name, minor) for minor in minors))


def some_version(name: str, minor: int) -> Version:
    digest = hashlib.sha256(f"{name} {minor}".encode()).hexdigest()
    key = f"templates/{name}/1.{minor}.0/{digest}.yaml"
    return Version(f"1.{minor}.0", described("Better.", digest), digest, key)


def wanted_of(region: str, products: tuple[Product, ...]) -> Desired:
    """All of it, with a manifest beside each template, as releases have."""
    whole = desired(*products, region=region)
    objects = [replace(each, size=len(TEMPLATE)) for each in whole.objects]
    manifests = [replace(each, key=each.key.replace("templates/", "manifests/")) for each in objects]
    stored: list[StoredObject] = sorted([*objects, *manifests])
    return replace(whole, objects=tuple(stored))


def one_more(before: tuple[Desired, ...], minor: int) -> tuple[Desired, ...]:
    """The first product has one version more."""
    products = list(before[0].products)
    more = some_version(products[0].name, minor)
    old = products[0]
    products[0] = replace(
        old, versions=(*old.versions, more), attestations=(*old.attestations, attestation(old.name, more))
    )
    return tuple(
        replace(wanted_of(each.region, tuple(products)), bucket=each.bucket, portfolios=each.portfolios)
        for each in before
    )
