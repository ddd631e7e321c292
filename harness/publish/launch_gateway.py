"""Service Catalog as a launcher in a spoke sees it, through boto3. Decides nothing; see `launch.py`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from harness.errors import Finding, Place, known_error
from harness.publish.aws import Patience, code_of, explained, pages
from harness.publish.launch import SET_TAG, Offer, OfferedVersion, Parameter, Provisioned, Result
from harness.publish.model import CATALOG_TAG

_HOUR = 3600.0  # a domain or a cluster may take most of one


class LaunchGateway:
    """One spoke in one region, as a persona."""

    def __init__(self, catalog: Any, stacks: Any, place: str, emulated: bool) -> None:
        """`catalog` and `stacks` are boto3 clients of servicecatalog and cloudformation of the persona."""
        self._catalog, self._stacks, self.place, self._emulated = catalog, stacks, place, emulated
        self._patience = Patience(place, limit=_HOUR, longest=10.0)

    @explained
    def offer(self, catalog: str, name: str, title: str) -> Offer:
        """The product of that title, whole and exact, by a launch path of this catalog. Raises KnownError.

        A launcher sees no product tags; portfolio tags come with the launch path and tell this catalog's from others.
        """
        found = [
            (product_id, path)
            for product_id in self._products_titled(title)
            for path in self._paths(product_id)
            if {each["Key"]: each["Value"] for each in path.get("Tags", ())}.get(CATALOG_TAG, catalog) == catalog
        ]
        if not found:
            raise known_error(
                self.place,
                f"{name} ({title}) is not offered there to this role",
                "`build.py publish`, then `build.py import` for the account",
            )
        if len({product_id for product_id, _ in found}) > 1:
            ids = ", ".join(sorted({product_id for product_id, _ in found}))
            raise known_error(self.place, f"several products are called {title}: {ids}", "give one another title")
        product_id, path = min(found, key=lambda each: str(each[1].get("Name", "")))
        described = self._catalog.describe_product(Id=product_id)
        versions = tuple(
            OfferedVersion(each["Id"], each["Name"], each.get("Guidance", "DEFAULT"))
            for each in described["ProvisioningArtifacts"]
        )
        return Offer(self.place, name, product_id, path["Id"], versions)

    def _products_titled(self, title: str) -> Iterator[str]:
        for each in pages(self._catalog.search_products, "ProductViewSummaries"):
            if each["Name"] == title:
                yield each["ProductId"]

    def _paths(self, product_id: str) -> Iterator[dict[str, Any]]:
        for page in self._catalog.get_paginator("list_launch_paths").paginate(ProductId=product_id):
            yield from page["LaunchPathSummaries"]

    @explained
    def parameters(self, offer: Offer, version_id: str) -> tuple[tuple[Parameter, ...], dict[str, list[str]]]:
        """The parameters of a version, and the values of each tag option key."""
        answer = self._catalog.describe_provisioning_parameters(
            ProductId=offer.product_id, ProvisioningArtifactId=version_id, PathId=offer.path_id
        )
        parameters = tuple(
            Parameter(
                each["ParameterKey"],
                each.get("DefaultValue"),
                tuple(each.get("ParameterConstraints", {}).get("AllowedValues", ())),
            )
            for each in answer.get("ProvisioningArtifactParameters", ())
        )
        return parameters, {each["Key"]: list(each["Values"]) for each in answer.get("TagOptions", ())}

    @explained
    def provisioned(self, offer: Offer) -> tuple[Provisioned, ...]:
        """Every provisioned product of the account, those of the offered product with their parameters."""
        everyone = {"Key": "Account", "Value": "self"}
        found = pages(self._catalog.search_provisioned_products, "ProvisionedProducts", AccessLevelFilter=everyone)
        return tuple(self._provisioned(each, offer) for each in found)

    def _provisioned(self, detail: dict[str, Any], offer: Offer) -> Provisioned:
        tags = {each["Key"]: each["Value"] for each in detail.get("Tags", ())}
        mine = detail.get("ProductId") == offer.product_id
        return Provisioned(
            id=detail["Id"],
            name=detail["Name"],
            product_id=detail.get("ProductId", ""),
            version_id=detail.get("ProvisioningArtifactId", ""),
            status=detail.get("Status", ""),
            set_name=tags.get(SET_TAG, ""),
            parameters=self._stack_parameters(detail.get("PhysicalId", "")) if mine else (),
        )

    def _stack_parameters(self, stack: str) -> tuple[tuple[str, str], ...]:
        if not stack:
            return ()
        try:
            found = self._stacks.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if code_of(error) != "ValidationError":  # a launch that failed has no stack
                raise
            return ()
        return tuple((each["ParameterKey"], each["ParameterValue"]) for each in found.get("Parameters", ()))

    @explained
    def outputs(self, name: str) -> dict[str, str]:
        """The outputs of a provisioned product, by their keys."""
        answer = self._catalog.get_provisioned_product_outputs(ProvisionedProductName=name)
        return {each["OutputKey"]: each.get("OutputValue", "") for each in answer["Outputs"]}

    @explained
    def launch(
        self, offer: Offer, version_id: str, name: str, parameters: Mapping[str, str], tags: Mapping[str, str]
    ) -> Result:
        """Provision and follow the record to its end."""
        answer = self._catalog.provision_product(
            ProductId=offer.product_id,
            ProvisioningArtifactId=version_id,
            PathId=offer.path_id,
            ProvisionedProductName=name,
            ProvisioningParameters=[{"Key": key, "Value": value} for key, value in parameters.items()],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            ProvisionToken=str(uuid.uuid4()),  # the name keeps a launch from happening twice
        )
        return self._follow("launch", name, answer)

    @explained
    def update(
        self,
        offer: Offer,
        version_id: str,
        name: str,
        parameters: tuple[tuple[str, str | None], ...],
    ) -> Result:
        """Update and follow the record; a parameter of None keeps its value."""
        given = [
            {"Key": key, "UsePreviousValue": True} if value is None else {"Key": key, "Value": value}
            for key, value in parameters
        ]
        answer = self._catalog.update_provisioned_product(
            ProvisionedProductName=name,
            ProductId=offer.product_id,
            ProvisioningArtifactId=version_id,
            PathId=offer.path_id,
            ProvisioningParameters=given,
            UpdateToken=str(uuid.uuid4()),
        )
        return self._follow("update", name, answer)

    @explained
    def terminate(self, name: str) -> Result:
        """Terminate and follow the record."""
        answer = self._catalog.terminate_provisioned_product(
            ProvisionedProductName=name, TerminateToken=str(uuid.uuid4())
        )
        return self._follow("terminate", name, answer)

    def _follow(self, action: str, name: str, answer: dict[str, Any]) -> Result:
        record_id = str(answer["RecordDetail"]["RecordId"])

        def finished() -> dict[str, Any] | None:
            described: dict[str, Any] = self._catalog.describe_record(Id=record_id)
            return described if described["RecordDetail"]["Status"] in ("SUCCEEDED", "FAILED") else None

        described = self._patience.until(f"the end of {action} {name} (record {record_id})", finished)
        detail = described["RecordDetail"]
        outputs = {
            each["OutputKey"]: (each["OutputKey"], each.get("OutputValue", ""), each.get("Description", ""))
            for each in pages(self._catalog.describe_record, "RecordOutputs", Id=record_id)
        }
        _, stack, _ = outputs.pop("CloudformationStackARN", ("", "", ""))
        errors = [f"{each.get('Code', '')}: {each.get('Description', '')}" for each in detail.get("RecordErrors", ())]
        failed = detail["Status"] == "FAILED"
        return Result(
            name=name,
            action=action,
            record_id=record_id,
            outputs=tuple(outputs.values()),
            failures=tuple(self._failure(action, name, each) for each in errors or ["no reason given"])
            if failed
            else (),
            schema_only=self._schema_only(stack) if stack and not failed and action != "terminate" else (),
        )

    def _schema_only(self, stack: str) -> tuple[str, ...]:
        """The types that the emulator says it knows by their schema only, in the description of a stack's resource."""
        if not self._emulated:
            return ()
        resources = self._stacks.describe_stack_resources(StackName=stack)["StackResources"]
        return tuple(sorted({each["ResourceType"] for each in resources if each.get("Description") == "schema-only"}))

    def _failure(self, action: str, name: str, reason: str) -> Finding:
        remedies = {
            "launch": f"correct that, remove what is left (`--terminate --name {name}`) and launch again",
            "update": "correct that and update again; the stack went back to what it was",
            "terminate": "correct that and terminate again",
        }
        return Finding(Place(self.place), f"{action} of {name} failed: {reason}", remedies[action])
