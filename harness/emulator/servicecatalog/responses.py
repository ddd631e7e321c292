"""The HTTP side of the emulated Service Catalog: JSON in, JSON out, errors in the API's shape. No rules of its own."""

from __future__ import annotations

import json
from typing import Any

from botocore.model import OperationNotFoundError
from moto.core.responses import ActionResult, BaseResponse

from harness.emulator import identity
from harness.emulator.awserror import RefusedError
from harness.emulator.servicecatalog import dispatch
from harness.emulator.servicecatalog.call import Call
from harness.emulator.servicecatalog.errors import CatalogError


class ServiceCatalogResponse(BaseResponse):  # type: ignore[misc] # moto is not typed for us
    """Answers every operation through `dispatch.perform`."""

    def __init__(self) -> None:
        super().__init__(service_name="servicecatalog")

    def call_action(self) -> Any:
        """Serve the operation that X-Amz-Target names, without moto's look-up of methods by name."""
        name = str(self._get_action())
        try:
            result: Any = dispatch.perform(name, self._call())
        except CatalogError as error:
            result = RefusedError(error.code, error.message)
        except OperationNotFoundError:
            result = RefusedError("UnknownOperationException", f"Service Catalog has no operation {name}.")
        status, headers, body = self.serialized(ActionResult(result))
        headers["Content-Type"] = "application/x-amz-json-1.1"
        headers["status"] = str(status)
        headers, body = self._enrich_response(headers, body)
        return status, headers, body

    def _call(self) -> Call:
        access_key = identity.access_key_of(self.headers, self.querystring) or ""
        who = identity.caller(access_key)
        parameters = json.loads(self.body) if self.body else {}
        return Call(who.account_id, self.region, who.arn, who.principal_arn, parameters)
