"""The errors of the Service Catalog API, by the names in its model. `responses.py` turns them into answers."""

from __future__ import annotations


class CatalogError(Exception):
    """An error that the API answers with: `code` is the shape's name in the API model."""

    code = "InvalidParametersException"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidParameters(CatalogError):  # noqa: N818 - the API's own names
    """One or more parameters are not valid."""


class ResourceNotFound(CatalogError):  # noqa: N818
    """The resource does not exist, or the caller may not see it."""

    code = "ResourceNotFoundException"


class DuplicateResource(CatalogError):  # noqa: N818
    """The resource exists already."""

    code = "DuplicateResourceException"


class ResourceInUse(CatalogError):  # noqa: N818
    """Something still depends on the resource."""

    code = "ResourceInUseException"


class LimitExceeded(CatalogError):  # noqa: N818
    """A quota is used up."""

    code = "LimitExceededException"


class InvalidState(CatalogError):  # noqa: N818
    """The resource is not in a state that allows this."""

    code = "InvalidStateException"


class OperationNotSupported(CatalogError):  # noqa: N818
    """The operation is not possible for this account, or the emulator does not model it."""

    code = "OperationNotSupportedException"
