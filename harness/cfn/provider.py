"""The pure provider: every resource gets plausible ids and attributes from its schema, and nothing stands behind it."""

from __future__ import annotations

from harness.cfn.model import Provisioned, ResourceRequest, ResourceState
from harness.cfn.references import identify
from harness.cfn.registry import known_type


class SchemaProvider:
    """Makes schema-only resources. Never fails: what a schema can tell is told before a provider is asked."""

    def create(self, request: ResourceRequest) -> Provisioned:
        """The identity that the resource would have."""
        made = identify(known_type(request.type, request.region), request)
        return Provisioned(physical_id=made.physical_id, attributes=made.attributes, ref=made.ref, native=False)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        """The same identity, with attributes that follow the new properties."""
        made = identify(known_type(request.type, request.region), request)
        return Provisioned(current.physical_id, made.attributes, current.ref, native=False)

    def adopt(self, request: ResourceRequest) -> Provisioned:
        """The identity that the resource has by its identifier; whether it exists nobody can tell."""
        return self.create(request)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        """Nothing stands behind the resource, so nothing is to be undone."""
