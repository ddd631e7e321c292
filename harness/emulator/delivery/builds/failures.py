"""How a build fails: the status code and message that a phase's context shows."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError


class PhaseError(Exception):
    """A phase failed. `code`: as CodeBuild names it, such as YAML_FILE_ERROR; `status`: what the build becomes."""

    def __init__(self, code: str, message: str, status: str = "FAILED") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def of_client(error: ClientError | BotoCoreError, doing: str) -> PhaseError:
    """The failure that a refused call of an AWS API is. `doing`: what the call was for."""
    if isinstance(error, ClientError):
        code = str(error.response["Error"]["Code"])
        denied = "AccessDenied" in code or code in ("403", "KMS.DisabledException")
        return PhaseError("ACCESS_DENIED" if denied else "CLIENT_ERROR", f"{doing}: {error}")
    return PhaseError("CLIENT_ERROR", f"{doing}: {error}")
