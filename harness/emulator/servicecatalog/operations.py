"""Every operation that the emulated Service Catalog models, by name. What is missing here is refused by name."""

from __future__ import annotations

from harness.emulator.servicecatalog import (
    artifacts,
    catalogue,
    constraints,
    organizations,
    plans,
    portfolios,
    principals,
    products,
    provisioned,
    provisioning,
    records,
    sharing,
    tagoptions,
)
from harness.emulator.servicecatalog.call import Operation

# These wait for stacks, which may hold Service Catalog resources themselves: they take the lock where they need it.
UNLOCKED = frozenset({*provisioning.OPERATIONS, *plans.OPERATIONS})

OPERATIONS: dict[str, Operation] = {
    **artifacts.OPERATIONS,
    **catalogue.OPERATIONS,
    **constraints.OPERATIONS,
    **organizations.OPERATIONS,
    **plans.OPERATIONS,
    **portfolios.OPERATIONS,
    **principals.OPERATIONS,
    **products.OPERATIONS,
    **provisioned.OPERATIONS,
    **provisioning.OPERATIONS,
    **records.OPERATIONS,
    **sharing.OPERATIONS,
    **tagoptions.OPERATIONS,
}
