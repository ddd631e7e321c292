"""The errors of the SageMaker API, by its names for them. Raised anywhere in the package, shaped by `responses.py`."""

from __future__ import annotations

from harness.emulator.awserror import RefusedError


def validation(message: str) -> RefusedError:
    """The request is wrong, or names something that is not there: most of SageMaker tells both so."""
    return RefusedError("ValidationException", message)


def not_found(message: str) -> RefusedError:
    """A resource is not there, in those operations that have an error of its own for it."""
    return RefusedError("ResourceNotFound", message)


def in_use(message: str) -> RefusedError:
    """A name is taken, or the resource is needed."""
    return RefusedError("ResourceInUse", message)


def conflict(message: str) -> RefusedError:
    """Two requests contradict each other."""
    return RefusedError("ConflictException", message)


def limit(message: str) -> RefusedError:
    """A quota is used up."""
    return RefusedError("ResourceLimitExceeded", message)


def denied(arn: str, action: str, resource: str, because: str) -> RefusedError:
    """The caller may not. `because`: what AWS ends the sentence with, e.g. "no resource-based policy allows …"."""
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource} because {because}"
    return RefusedError("AccessDeniedException", message)


def not_modelled(what: str) -> RefusedError:
    """The emulator does not know that operation, or that member of a request."""
    return RefusedError("UnsupportedOperation", f"The emulated landscape does not model {what} of sagemaker.")
